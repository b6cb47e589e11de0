"""Sessions (domain.md, section 5, "Session"; cuts: decision 8).

What comes in: a customer's interactions in order. What goes out: sessions, and which one each interaction lies in.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed, Ref
from pipeline.core.oracle.history import History
from pipeline.core.row import SessionRow
from pipeline.core.step import short_id


class Session:
    """Non-passive interactions in order, and the passive ones that lie between."""

    def __init__(self, customer: str, first: Observed) -> None:
        self.id = short_id(customer, first.time)
        self.interactions = [first]
        self.passive: list[Observed] = []

    @property
    def first(self) -> Observed:
        """The interaction that opened it."""
        return self.interactions[0]

    @property
    def started(self) -> int:
        """Time of the first one."""
        return self.interactions[0].time

    @property
    def ended(self) -> int:
        """Time of the last non-passive one."""
        return self.interactions[-1].time

    def orders(self, history: History) -> int:
        """How many orders lie in it."""
        return sum(history.is_order(o) for o in [*self.interactions, *self.passive])


def sessions_of(history: History, meaning: Meaning) -> tuple[list[Session], dict[Ref, Session]]:
    """Cut the non-passive interactions, then lay the passive ones into what was cut."""
    sessions: list[Session] = []
    session_of: dict[Ref, Session] = {}
    for observed in history.interactions:
        if observed.passive:
            continue
        if not sessions or _is_cut(sessions[-1], observed, meaning):
            sessions.append(Session(history.customer, observed))
        else:
            sessions[-1].interactions.append(observed)
        session_of[observed.ref] = sessions[-1]
    at = 0
    for observed in history.interactions:
        if observed.passive:
            while at + 1 < len(sessions) and sessions[at + 1].started <= observed.time:
                at += 1
            if sessions and sessions[at].started <= observed.time <= sessions[at].ended:
                sessions[at].passive.append(observed)
                session_of[observed.ref] = sessions[at]
    return sessions, session_of


def _is_cut(session: Session, observed: Observed, meaning: Meaning) -> bool:
    """Gap > 30 min, or t - start > 24 h; a new campaign and midnight where they are settings."""
    return (
        observed.time - session.ended > meaning.session_gap
        or observed.time - session.started > meaning.session_length
        or (meaning.campaign_cuts and _is_new_campaign(session, observed))
        or (
            meaning.midnight_zone != ""
            and _day(observed.time, meaning.midnight_zone) != _day(session.started, meaning.midnight_zone)
        )
    )


def _is_new_campaign(session: Session, observed: Observed) -> bool:
    """A cut lies between two moments: at the time of the last interaction there is none."""
    campaigns = [c for o in session.interactions if (c := o.campaign)]
    campaign = observed.campaign if observed.time > session.ended else None
    return bool(campaign) and campaign != (campaigns[-1] if campaigns else None)


def _day(time: int, zone: str) -> date:
    return datetime.fromtimestamp(time / 1000, UTC).astimezone(ZoneInfo(zone)).date()


def session_row(history: History, session: Session, friction_of: dict[Ref, str]) -> SessionRow:
    """Give its row; `friction_of` names what an interaction shows."""
    inside = [*session.interactions, *session.passive]
    return SessionRow(
        customer=history.customer,
        started=session.started,
        session_id=session.id,
        ended=session.ended,
        interactions=len(session.interactions),
        channels=tuple(dict.fromkeys(o.channel for o in session.interactions)),
        channel=session.first.channel,
        source=session.first.ref[0],
        orders=session.orders(history),
        frictions=sum(o.ref in friction_of for o in inside),
        version=0,
        is_deleted=0,
    )
