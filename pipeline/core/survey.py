"""Survey answers: whether a score is on its scale, and which box it falls into (domain.md, sections 6 and 7).

Net promoter score: Reichheld, "The One Number You Need to Grow", 2003. Boxes of csat and ces are counted after
turning the score (min + max - score) where lower is better.
"""

from typing import Final, NamedTuple

from pipeline.core.message import Observed

_NPS: Final = (0, 10)
_PROMOTER: Final = 9
_DETRACTOR: Final = 6
_TWO_BOXES_FROM: Final = 4
_TWO_BOTTOM_BOXES_FROM: Final = 5


class Answer(NamedTuple):
    """A score on its scale, turned so that higher is better."""

    kind: str
    score: float
    low: float
    high: float

    @property
    def points(self) -> float:
        """Number of points of the scale."""
        return self.high - self.low + 1

    @property
    def is_promoter(self) -> bool:
        """9 or 10 on the 0-10 scale."""
        return self.score >= _PROMOTER

    @property
    def is_detractor(self) -> bool:
        """0 to 6 on the 0-10 scale."""
        return self.score <= _DETRACTOR

    @property
    def is_top(self) -> bool:
        """Top two boxes; on fewer than four points only the top one."""
        return self.score >= self.high - (1 if self.points >= _TWO_BOXES_FROM else 0)

    @property
    def is_bottom(self) -> bool:
        """Lowest box; the lowest two on scales of five or more points."""
        return self.score <= self.low + (1 if self.points >= _TWO_BOTTOM_BOXES_FROM else 0)


def answer_of(observed: Observed) -> Answer | None:
    """Give the answer, or None if the score is off its scale (or an nps not on 0-10)."""
    facts = observed.facts
    score, low, high = facts.get("score"), facts.get("scale_min"), facts.get("scale_max")
    if not (
        isinstance(score, int | float) and isinstance(low, int | float) and isinstance(high, int | float)
    ):
        return None
    kind = str(facts.get("kind"))
    if not low <= score <= high or (kind == "nps" and (low, high) != _NPS):
        return None
    if kind != "nps" and facts.get("polarity") == "lower_is_better":
        score = low + high - score
    return Answer(kind, score, low, high)


def is_bottom_box(observed: Observed) -> bool:
    """Whether the answer is a friction: nps 0-6, csat and ces in the bottom box."""
    answer = answer_of(observed)
    if answer is None:
        return False
    return answer.is_detractor if answer.kind == "nps" else answer.is_bottom


def is_top_box(observed: Observed) -> bool:
    """Whether the answer is a good experience: a promoter, or csat and ces in the top two boxes."""
    answer = answer_of(observed)
    if answer is None:
        return False
    return answer.is_promoter if answer.kind == "nps" else answer.is_top
