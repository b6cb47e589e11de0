"""Service: calls, chats, tickets and surveys.

What comes in: a person, a moment, a reason and perhaps an order. What goes out: interactions of the support systems.
"""

from collections.abc import Callable
from typing import Final

from pipeline.local.demo.catalogue import COMPLAINTS, PRAISE, QUESTIONS, Json
from pipeline.local.demo.order import Order
from pipeline.local.demo.people import Shopper
from pipeline.local.demo.script import DAY, HOUR, MINUTE, SECOND, Script

_CALLS: Final = "contact-centre"
_DESK: Final = "helpdesk"


def about(order: Order | None) -> Json:
    """Give the order's id where there is an order."""
    return {"order_id": order.id} if order else {}


def call(
    script: Script,
    shopper: Shopper,
    at: int,
    reason: str,
    order: Order | None = None,
    *,
    known: float = 0.6,
) -> tuple[Json, int]:
    """Call and talk to an agent, or hang up in the queue; gives the contact and when the agent answered, else 0.

    `known` is how probably the caller says who they are.
    """
    contact = {"contact_id": f"CC{script.number('call'):05}"}
    who = {"phone": shopper.phone, **(shopper.known() if script.chance(known) else {})}

    def tell(type_: str, after: int, data: Json) -> None:
        script.tell(_CALLS, type_, at + after * SECOND, "phone", who, {**contact, **data})

    tell("contact_initiated", 0, {"method": "inbound", "reason_code": reason, **about(order)})
    tell("contact_queued", 20, {"queue": "orders"})
    wait = script.between(20, 500)
    if script.chance(0.12):
        tell("contact_disconnected", 20 + wait, {"reason": "customer_left_queue"})
        return contact, 0
    _talk(script, tell, 20 + wait)
    return contact, at + (20 + wait) * SECOND


def _talk(script: Script, tell: Callable[[str, int, Json], None], answered: int) -> None:
    agent = {"agent_id": f"agent-{script.between(1, 30)}"}
    tell("contact_connected_to_agent", answered, agent)
    talk = script.between(60, 900)
    if script.chance(0.1):
        tell("contact_transferred", answered + talk // 2, {"to_queue": "second-level"})
    tell("contact_disconnected", answered + talk, {"reason": "customer_hung_up"})
    times = {"talk_s": talk, "hold_s": script.between(0, 90), "after_call_s": script.between(5, 120)}
    tell("contact_completed", answered + talk + 180, {**times, **agent})


def chat(
    script: Script,
    shopper: Shopper,
    at: int,
    reason: str,
    order: Order | None = None,
    *,
    known: float = 0.7,
) -> int:
    """Chat with a bot, then an agent; gives the end."""
    talk = {"conversation_id": f"V{script.number('chat'):05}"}
    who = {"anonymous_id": shopper.browser, **(shopper.known() if script.chance(known) else {})}
    words = QUESTIONS[shopper.country.language]

    def tell(type_: str, data: Json) -> None:
        script.tell(_DESK, type_, at, "chat", who, {**talk, **data})

    tell("conversation_started", {"reason_code": reason, **about(order)})
    tell("message_sent", {"author": "customer", "text": script.rng.choice(words)})
    at += 4 * SECOND
    tell("message_sent", {"author": "bot", "text": "🤖 …"})
    for _ in range(script.between(1, 3)):
        at += script.between(15, 260) * SECOND
        tell("message_sent", {"author": "agent", "agent_id": "agent-7", "text": "🙂"})
        at += script.between(10, 120) * SECOND
        tell("message_sent", {"author": "customer", "text": script.rng.choice(words)})
    at += 30 * SECOND
    tell("conversation_ended", {"reason": "solved"})
    return at


def write_ticket(script: Script, shopper: Shopper, at: int, reason: str, order: Order | None = None) -> int:
    """Write a ticket that is answered, solved and sometimes reopened; gives the end."""
    ticket = {"ticket_id": f"D{script.number('ticket'):05}"}
    who = {"email": shopper.email, **({"customer_id": shopper.customer} if shopper.customer else {})}
    words = COMPLAINTS[shopper.country.language]

    def tell(type_: str, data: Json) -> None:
        script.tell(_DESK, type_, at, "email", who, {**ticket, **data})

    tell(
        "ticket_created",
        {"reason_code": reason, "via": "email", "subject": script.rng.choice(words), **about(order)},
    )
    at += script.between(2, 40) * MINUTE
    tell("ticket_assigned", {"agent_id": f"agent-{script.between(1, 30)}"})
    at += script.between(1, 40) * HOUR
    tell("ticket_comment_added", {"author": "agent", "text": "🙏"})
    if script.chance(0.5):
        at += script.between(1, 20) * HOUR
        tell("ticket_comment_added", {"author": "customer", "text": script.rng.choice(words)})
    at += script.between(1, 20) * HOUR
    tell("ticket_solved", {})
    if script.chance(0.12):
        at += script.between(2, 60) * HOUR
        tell("ticket_reopened", {"reason": "not_solved"})
        at += DAY
        tell("ticket_solved", {})
    return at


def survey(script: Script, shopper: Shopper, at: int, subject: tuple[str, str], *, happy: bool) -> None:
    """Ask how it was; half of them answer. `subject` is the type and id of what it is about."""
    asked = {"survey_id": f"Q{script.number('survey'):06}", "questionnaire_id": f"after-{subject[0]}"}
    who = shopper.known()
    script.tell("survey", "survey_shown", at, "survey", who, asked)
    at += script.between(1, 300) * MINUTE
    if not script.chance(0.5):
        if script.chance(0.3):
            script.tell("survey", "survey_dismissed", at, "survey", who, asked)
        return
    answer = {**asked, **_score(script, happy=happy), "about_type": subject[0], "about_id": subject[1]}
    if script.chance(0.4):
        words = PRAISE if happy else COMPLAINTS
        answer["text"] = script.rng.choice(words[shopper.country.language])
    script.tell("survey", "survey_answered", at, "survey", who, answer)


def _score(script: Script, *, happy: bool) -> Json:
    kind = script.rng.choices(("nps", "csat", "ces"), (5, 4, 2))[0]
    low, high = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}[kind]
    middle = (low + high) // 2
    score = script.between(high - 2, high) if happy else script.between(low, middle)
    polarity = "higher_is_better"
    if kind == "ces":  # the effort that it took: little is good
        score, polarity = low + high - score, "lower_is_better"
    return {"kind": kind, "score": score, "scale_min": low, "scale_max": high, "polarity": polarity}
