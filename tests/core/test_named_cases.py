"""Named cases of identity, whose each interaction is by hand, told in every order and against the oracle.

Identifiers: a, b machines; c customers; e e-mail; p phone; o order; k cart. Times are on one day unless they say more.
"""

from collections.abc import Mapping
from itertools import chain, permutations
from math import factorial
from types import MappingProxyType
from typing import NamedTuple

import pytest

from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.oracle import answer
from pipeline.core.row import FrictionRow, IdentityRow, JourneyRow, SessionRow, TouchpointRow
from tests.core.build import interaction
from tests.core.stream import Stream


class Case(NamedTuple):
    name: str
    told: dict[str, str]
    """When → identifiers; a page is viewed unless `types` says more."""
    customers: dict[str, str]
    """When → whose it is."""
    types: Mapping[str, str] = MappingProxyType({})
    """When → what else happened."""
    links: tuple[str, ...] = ()
    """From > to, and what became of it: live, or the reason why it was refused or removed."""

    def interactions(self) -> list[Interaction]:
        types = {at: self.types.get(at, "page_viewed") for at in self.told}
        return [interaction(types[at], at=at, ids=ids, id=at) for at, ids in self.told.items()]


def everyone(told: dict[str, str], customer: str) -> dict[str, str]:
    return dict.fromkeys(told, customer)


CHAIN = {
    "10:00": "cart:k",
    "10:01": "cart:k anonymous:a",
    "10:02": "anonymous:a email:e",
    "10:03": "email:e customer:1",
}
LONG = {
    "10:00": "survey:s",
    "10:01": "survey:s ticket:t",
    "10:02": "ticket:t order:o",
    "10:03": "order:o phone:p",
    "10:04": "phone:p loyalty:l",
    "10:05": "loyalty:l customer:1",
}
DIAMOND = {
    "10:00": "anonymous:a",
    "10:01": "anonymous:a email:e",
    "10:02": "anonymous:a phone:p",
    "10:03": "email:e customer:1",
    "10:04": "phone:p customer:1",
}
FAN_IN = {
    "10:00": "anonymous:a",
    "10:01": "anonymous:b",
    "10:02": "anonymous:a customer:1",
    "10:03": "anonymous:b customer:1",
}
BACKWARDS = dict(zip(CHAIN, reversed(CHAIN.values()), strict=True))
LENT = {"10:00": "order:o email:e", "10:01": "order:o anonymous:a", "10:02": "anonymous:a"}

CASES = (
    # a ·····> a─c1
    Case(
        "simple",
        {"10:00": "anonymous:a", "10:01": "anonymous:a customer:1"},
        {"10:00": "customer:1", "10:01": "customer:1"},
        links=("anonymous:a > customer:1 live",),
    ),
    # k─>a─>e─>c1
    Case(
        "chain",
        CHAIN,
        everyone(CHAIN, "customer:1"),
        links=(
            "anonymous:a > email:e live",
            "cart:k > anonymous:a live",
            "email:e > customer:1 live",
        ),
    ),
    # c1<─e<─a<─k: the same links, the strongest first in time
    Case(
        "reverse chain",
        BACKWARDS,
        everyone(BACKWARDS, "customer:1"),
        links=(
            "anonymous:a > email:e live",
            "cart:k > anonymous:a live",
            "email:e > customer:1 live",
        ),
    ),
    # s─>t─>o─>p─>l─>c1
    Case(
        "long chain",
        LONG,
        everyone(LONG, "customer:1"),
        links=(
            "loyalty:l > customer:1 live",
            "order:o > phone:p live",
            "phone:p > loyalty:l live",
            "survey:s > ticket:t live",
            "ticket:t > order:o live",
        ),
    ),
    # a─>c1<─b
    Case(
        "fan-in",
        FAN_IN,
        everyone(FAN_IN, "customer:1"),
        links=(
            "anonymous:a > customer:1 live",
            "anonymous:b > customer:1 live",
        ),
    ),
    # a─e─c1 and a─p─c1: of a machine's sightings the strongest kind counts, and both end at c1
    Case(
        "diamond",
        DIAMOND,
        everyone(DIAMOND, "customer:1"),
        links=(
            "anonymous:a > email:e live",
            "anonymous:a > phone:p live",
            "email:e > customer:1 live",
            "phone:p > customer:1 live",
        ),
    ),
    # c1─a──a·····a·····a──a─c2: shared; each to the person of its device session, between them nobody's
    Case(
        "fan-out",
        {
            "10:00": "anonymous:a customer:1",
            "10:10": "anonymous:a",
            "11:00": "anonymous:a",
            "11:50": "anonymous:a",
            "12:00": "anonymous:a customer:2",
        },
        {
            "10:00": "customer:1",
            "10:10": "customer:1",
            "11:00": "anonymous:a",
            "11:50": "customer:2",
            "12:00": "customer:2",
        },
        links=(
            "anonymous:a > customer:1 live",
            "anonymous:a > customer:2 live",
        ),
    ),
    # a─c1   b─c2
    Case(
        "disjoint",
        {
            "10:00": "anonymous:a",
            "10:01": "anonymous:b",
            "10:02": "anonymous:a customer:1",
            "10:03": "anonymous:b customer:2",
        },
        {"10:00": "customer:1", "10:01": "customer:2", "10:02": "customer:1", "10:03": "customer:2"},
        links=(
            "anonymous:a > customer:1 live",
            "anonymous:b > customer:2 live",
        ),
    ),
    # a ··· 90 days ··· a─c1
    Case(
        "late",
        {"10:00": "anonymous:a", "90d 10:00": "anonymous:a customer:1"},
        {"10:00": "customer:1", "90d 10:00": "customer:1"},
        links=("anonymous:a > customer:1 live",),
    ),
    # a─c1 again and again
    Case(
        "re-observe",
        {"10:00": "anonymous:a", "10:01": "anonymous:a customer:1", "10:02": "anonymous:a customer:1"},
        {"10:00": "customer:1", "10:01": "customer:1", "10:02": "customer:1"},
        links=("anonymous:a > customer:1 live",),
    ),
    # a ═by hand═> c1
    Case(
        "merge only",
        {"10:00": "anonymous:a", "10:01": "customer:1 anonymous:a", "10:02": "anonymous:a"},
        {"10:00": "customer:1", "10:01": "customer:1", "10:02": "customer:1"},
        {"10:01": "identity_linked"},
        links=("anonymous:a > customer:1 live",),
    ),
    # a─c1, cut at 10:20, a─c2: what itself carries c1 stays c1's
    Case(
        "remap",
        {
            "10:00": "anonymous:a customer:1",
            "10:10": "anonymous:a",
            "10:20": "customer:1 anonymous:a",
            "10:30": "anonymous:a customer:2",
            "10:40": "anonymous:a",
        },
        {
            "10:00": "customer:1",
            "10:10": "customer:2",
            "10:20": "customer:1",
            "10:30": "customer:2",
            "10:40": "customer:2",
        },
        {"10:20": "identity_unlinked"},
        links=(
            "anonymous:a > customer:1 unlinked",
            "anonymous:a > customer:2 live",
        ),
    ),
    # c1 and c2 in one: the first counts, they are never joined
    Case(
        "customer conflict",
        {"10:00": "customer:1 customer:2", "10:01": "customer:1", "10:02": "customer:2"},
        {"10:00": "customer:1", "10:01": "customer:1", "10:02": "customer:2"},
        links=("customer:2 > customer:1 two_customers",),
    ),
    # c1─e─c2: e is over its limit of one, and is its own
    Case(
        "shared identifier collision",
        {"10:00": "customer:1 email:e", "10:01": "customer:2 email:e", "10:02": "email:e"},
        {"10:00": "customer:1", "10:01": "customer:2", "10:02": "email:e"},
        links=(
            "email:e > customer:1 limit",
            "email:e > customer:2 limit",
        ),
    ),
    # e─o─a: the order lends its e-mail to the browser
    Case(
        "guest order lent to its browser",
        LENT,
        everyone(LENT, "email:e"),
        links=(
            "anonymous:a > email:e live",
            "order:o > anonymous:a outranked",
            "order:o > email:e live",
        ),
    ),
    # c1─o─c2: the first in time
    Case(
        "thing with two people",
        {"10:00": "order:o", "10:01": "order:o customer:1", "10:02": "order:o customer:2"},
        {"10:00": "customer:1", "10:01": "customer:1", "10:02": "customer:2"},
        links=(
            "order:o > customer:1 live",
            "order:o > customer:2 belongs_to_another",
        ),
    ),
    # c1─a ··· more than 90 days ··· a ··· 90 days ··· a─c2
    Case(
        "expiry and reappearance",
        {
            "0d 10:00": "anonymous:a customer:1",
            "90d 10:01": "anonymous:a",
            "180d 10:02": "anonymous:a",
            "200d 10:00": "anonymous:a customer:2",
        },
        {
            "0d 10:00": "customer:1",
            "90d 10:01": "anonymous:a",
            "180d 10:02": "customer:2",
            "200d 10:00": "customer:2",
        },
        links=(
            "anonymous:a > customer:1 live",
            "anonymous:a > customer:2 live",
        ),
    ),
    # linked, cut at 10:20, linked again: the new evidence covers only what is after the cut
    Case(
        "rapid re-merge",
        {
            "10:00": "customer:1 anonymous:a",
            "10:10": "anonymous:a",
            "10:20": "customer:1 anonymous:a",
            "10:21": "customer:1 anonymous:a",
            "10:30": "anonymous:a",
        },
        {
            "10:00": "customer:1",
            "10:10": "anonymous:a",
            "10:20": "customer:1",
            "10:21": "customer:1",
            "10:30": "customer:1",
        },
        {"10:00": "identity_linked", "10:20": "identity_unlinked", "10:21": "identity_linked"},
        links=("anonymous:a > customer:1 live",),
    ),
    # the same of an e-mail and of an order: what is not after the cut is covered by nothing
    Case(
        "rapid re-merge of a person and a thing",
        {
            "10:10": "email:e",
            "10:11": "order:o",
            "10:20": "customer:1 email:e",
            "10:21": "customer:1 order:o",
            "10:30": "customer:1 email:e order:o",
            "10:40": "email:e",
            "10:41": "order:o",
        },
        {
            "10:10": "email:e",
            "10:11": "order:o",
            "10:20": "customer:1",
            "10:21": "customer:1",
            "10:30": "customer:1",
            "10:40": "customer:1",
            "10:41": "customer:1",
        },
        {"10:20": "identity_unlinked", "10:21": "identity_unlinked"},
        links=("email:e > customer:1 live", "order:o > customer:1 live"),
    ),
    # o─c1, o─c2, cut of c1, o─c1 again: the first whose evidence is not cut
    Case(
        "a thing after a cut",
        {
            "09:00": "order:o",
            "10:00": "order:o customer:1",
            "10:30": "order:o customer:2",
            "11:00": "customer:1 order:o",
            "12:00": "order:o customer:1",
            "13:00": "order:o",
        },
        {
            "09:00": "customer:2",
            "10:00": "customer:1",
            "10:30": "customer:2",
            "11:00": "customer:1",
            "12:00": "customer:1",
            "13:00": "customer:2",
        },
        {"11:00": "identity_unlinked"},
        links=("order:o > customer:1 belongs_to_another", "order:o > customer:2 live"),
    ),
    # two e-mails and two machines unlinked: recorded both ways, and the machines were seen
    Case(
        "unlink of equals",
        {
            "10:00": "device:d customer:1",
            "10:50": "device:d",
            "11:00": "device:d anonymous:a",
            "11:01": "email:e email:f",
            "11:10": "device:d",
            "11:20": "device:d customer:2",
        },
        {
            "10:00": "customer:1",
            "10:50": "customer:2",
            "11:00": "customer:2",
            "11:01": "email:e",
            "11:10": "customer:2",
            "11:20": "customer:2",
        },
        {"11:00": "identity_unlinked", "11:01": "identity_unlinked"},
        links=(
            "anonymous:a > device:d no_such_link",
            "device:d > anonymous:a no_such_link",
            "device:d > customer:1 live",
            "device:d > customer:2 live",
            "email:e > email:f no_such_link",
            "email:f > email:e no_such_link",
        ),
    ),
    # c2─a ··· c1─a ·20 min· invoice ·11 min· a: 31 minutes between the sightings; the invoice reaches c1 from where it lies
    Case(
        "passive between two device sessions",
        {
            "10:00": "anonymous:a customer:2",
            "11:00": "anonymous:a customer:1",
            "11:20": "anonymous:a",
            "11:31": "anonymous:a",
        },
        {"10:00": "customer:2", "11:00": "customer:1", "11:20": "customer:1", "11:31": "anonymous:a"},
        {"11:20": "invoice_issued"},
        links=("anonymous:a > customer:1 live", "anonymous:a > customer:2 live"),
    ),
    # c1─e, c2─e, c3─e and a─e: e is over its limit and its own; a was seen with e
    Case(
        "three-way bridge",
        {
            "10:00": "customer:1 email:e",
            "10:01": "customer:2 email:e",
            "10:02": "customer:3 email:e",
            "10:03": "email:e anonymous:a",
            "10:04": "anonymous:a",
        },
        {
            "10:00": "customer:1",
            "10:01": "customer:2",
            "10:02": "customer:3",
            "10:03": "email:e",
            "10:04": "email:e",
        },
        links=(
            "anonymous:a > email:e live",
            "email:e > customer:1 limit",
            "email:e > customer:2 limit",
            "email:e > customer:3 limit",
        ),
    ),
    # a─e first, then e ═by hand═> c1: the past of both moves
    Case(
        "merge then customer",
        {
            "10:00": "anonymous:a",
            "10:01": "anonymous:a email:e",
            "10:02": "customer:1 email:e",
            "10:03": "email:e",
        },
        {"10:00": "customer:1", "10:01": "customer:1", "10:02": "customer:1", "10:03": "customer:1"},
        {"10:02": "identity_linked"},
        links=(
            "anonymous:a > email:e live",
            "email:e > customer:1 live",
        ),
    ),
    # o ═> e and o ═> c1: the link to the stronger kind counts, the other is outranked
    Case(
        "alternate chain",
        {"10:00": "order:o email:e", "10:01": "order:o customer:1", "10:02": "order:o", "10:03": "email:e"},
        {"10:00": "email:e", "10:01": "customer:1", "10:02": "customer:1", "10:03": "email:e"},
        links=(
            "order:o > customer:1 live",
            "order:o > email:e outranked",
        ),
    ),
    # a to c1 and b to c2 in turns: nothing crosses over
    Case(
        "interleaved merge",
        {
            "10:00": "anonymous:a",
            "10:01": "anonymous:b",
            "10:02": "customer:1 anonymous:a",
            "10:03": "customer:2 anonymous:b",
            "10:04": "anonymous:a",
            "10:05": "anonymous:b",
        },
        {
            "10:00": "customer:1",
            "10:01": "customer:2",
            "10:02": "customer:1",
            "10:03": "customer:2",
            "10:04": "customer:1",
            "10:05": "customer:2",
        },
        {"10:02": "identity_linked", "10:03": "identity_linked"},
        links=(
            "anonymous:a > customer:1 live",
            "anonymous:b > customer:2 live",
        ),
    ),
    # a meets itself in one record: no link, nothing changes
    Case(
        "self bridge",
        {"10:00": "anonymous:a", "10:01": "anonymous:a anonymous:a", "10:02": "anonymous:a customer:1"},
        {"10:00": "customer:1", "10:01": "customer:1", "10:02": "customer:1"},
        links=(
            "anonymous:a > anonymous:a same_strength",
            "anonymous:a > customer:1 live",
        ),
    ),
    # a─e ··· 200 days ··· e─c1: a link between persons has no reach, the machine's sighting with e is near
    Case(
        "late merge",
        {"0d 10:00": "anonymous:a", "0d 10:01": "anonymous:a email:e", "200d 10:00": "email:e customer:1"},
        {"0d 10:00": "customer:1", "0d 10:01": "customer:1", "200d 10:00": "customer:1"},
        links=(
            "anonymous:a > email:e live",
            "email:e > customer:1 live",
        ),
    ),
    # a tablet with four people, apart by more than a device session: each keeps what carries them
    Case(
        "limit reached",
        {
            "10:00": "device:a customer:1",
            "11:00": "device:a customer:2",
            "12:00": "device:a customer:3",
            "13:00": "device:a customer:4",
            "13:10": "device:a",
            "14:00": "device:a",
        },
        {
            "10:00": "customer:1",
            "11:00": "customer:2",
            "12:00": "customer:3",
            "13:00": "customer:4",
            "13:10": "customer:4",
            "14:00": "device:a",
        },
        links=(
            "device:a > customer:1 limit",
            "device:a > customer:2 limit",
            "device:a > customer:3 limit",
            "device:a > customer:4 limit",
        ),
    ),
)
SEVEN = 7
KINDS = (TouchpointRow, SessionRow, JourneyRow, FrictionRow, IdentityRow)


def shown(row: IdentityRow) -> str:
    return f"{row.from_identifier} > {row.to_identifier} {row.reason or row.state}"


def orders(case: Case) -> int:
    return factorial(len(case.told))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}, {orders(case)} orders")
def test_in_every_order_each_interaction_is_whose_it_is_by_hand(case: Case) -> None:
    made = case.interactions()
    says = answer(made, Meaning())
    assert {row.id: row.customer for row in says.touchpoints} == case.customers
    assert sorted(shown(row) for row in says.identity) == list(case.links)
    expected = says.touchpoints | says.sessions | says.journeys | says.frictions | says.identity
    assert len(made) <= SEVEN, "above that, 500 random orders"
    for order in permutations(made):
        stream = Stream().tell([*order, *order[:2]])
        assert set(chain.from_iterable(stream.rows(kind) for kind in KINDS)) == expected


def test_every_case_of_the_list_is_told() -> None:
    listed = (
        "simple, chain, fan-in, fan-out, diamond, disjoint, long chain, alternate chain, merge only, remap, "
        "customer conflict, late, late merge, re-observe, self bridge, rapid re-merge, three-way bridge, "
        "shared identifier collision, reverse chain, merge then customer, interleaved merge, limit reached, "
        "expiry and reappearance, guest order lent to its browser, thing with two people"
    )
    assert {case.name for case in CASES} >= set(listed.split(", "))
    print(f"{len(CASES)} cases, {sum(map(orders, CASES)):,} orders")  # noqa: T201 - shown with -rP
