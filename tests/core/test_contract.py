"""What admission makes of a record: identifiers, clock, consent, passive, pseudonyms, reasons in their order."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, get_args

import msgspec
import pytest

from pipeline.contract import Rules
from pipeline.core.identifiers import phone_digits
from pipeline.core.interaction import KINDS, Interaction, Reason
from pipeline.core.pseudonym import pseudonyms
from pipeline.core.steps import STEPS
from tests.helpers.records import KEY, RECEIVED, accepted, contract_with, example, judge, record, refused

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def ids(**members: Any) -> tuple[str, ...]:
    return accepted(record("page_viewed", customer=None, **members)).identifiers


def test_identifiers_are_persons_machines_things_each_strongest_first() -> None:
    values = {
        kind if kind in {"email", "phone"} else f"{kind}_id": f"x{n}"
        for n, kind in enumerate(reversed(KINDS))
    }
    values["phone"] = "+49 30 1"
    kinds = [identifier.partition(":")[0] for identifier in ids(**values)]
    assert kinds == list(KINDS)


def test_the_shorthand_comes_before_the_list_and_the_top_level_before_data() -> None:
    found = ids(
        customer_id="b",
        identifiers=[
            {"type": "customer", "value": "a"},
            {"type": "order", "value": "O-2"},
            {"type": "customer", "value": "b"},
        ],
        order_id="O-3",
        data={"path": "/", "order_id": "O-1", "cart_id": "C-1"},
    )
    assert found == ("customer:b", "customer:a", "order:O-3", "order:O-2", "order:O-1", "cart:C-1")


@pytest.mark.parametrize(
    "blocked", ["", " ", "0", "-1", "NULL", "none", "undefined", "[Object object]", "000-00", "--", " Guest "]
)
def test_a_blocked_value_is_dropped_and_stays_in_data(blocked: str) -> None:
    made = accepted(
        record("page_viewed", customer=blocked, anonymous_id="a", data={"path": "/", "order_id": blocked})
    )
    assert made.identifiers == ("anonymous:a",)
    assert made.data["order_id"] == blocked


def test_a_sound_required_id_at_the_top_level_makes_up_for_none_in_data() -> None:
    assert accepted(record("cart_viewed", cart_id="C-1", data={})).identifiers == ("customer:42", "cart:C-1")
    assert refused(record("cart_viewed", cart_id="null", data={})).reason == "invalid_data"
    assert (
        refused(record("payment_failed", data={"reason": "no"})).detail
        == "data must have order_id or checkout_id."
    )
    assert (
        accepted(record("payment_failed", checkout_id="CH-1", data={"reason": "no"})).identifiers[-1]
        == "checkout:CH-1"
    )


def test_only_email_and_phone_are_hashed_and_equal_people_have_equal_hashes() -> None:
    first = ids(email=" Ada@Example.com", phone="0049 (30) 12-34", customer_id=" 42 ")
    again = ids(email="ada@example.com", phone="+49301234", customer_id="42")
    arabic = ids(email="ADA@example.com", phone="+٤٩٣٠١٢٣٤", customer_id="42")
    assert first == again == arabic
    assert first[0] == "customer:42"
    for identifier in first[1:]:
        kind, key_id, digest = identifier.split(":")
        assert kind in {"email", "phone"}
        assert key_id == "k1"
        assert len(bytes.fromhex(digest)) == 16


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" +49 (30) 1234", "+49301234"),
        ("\uff0b49301234", "+49301234"),
        ("0049301234", "+49301234"),
        ("030 1234", "0301234"),
        ("1002", "1002"),
    ],
)
def test_a_phone_number_is_its_digits_and_a_leading_plus_or_00(written: str, meant: str) -> None:
    assert phone_digits(written) == meant


def test_the_hash_depends_on_the_key() -> None:
    from pipeline.contract import load  # noqa: PLC0415 - only here

    value = msgspec.json.encode(record("page_viewed", email="ada@example.com"))
    other = load(key=b"another key", key_id="k2").admit(value, (), RECEIVED)
    assert isinstance(other, Interaction)
    assert other.identifiers[1].startswith("email:k2:")
    assert other.identifiers[1][9:] != accepted(value).identifiers[1][9:]


def test_personal_fields_are_hashed_wherever_they_stand() -> None:
    made = accepted(
        record(
            "page_viewed",
            context={"form": {"email": "Ada@example.com"}},
            data={
                "path": "/",
                "email": "ada@example.com",
                "people": [{"phone": 4930, "email": ["ada@example.com", None]}, {"email": {"a": "ada@x"}}],
            },
        )
    )
    long = accepted(record("page_viewed", data={"path": "/", "email": "ada@example.com" * 100})).data["email"]
    assert long.startswith("email:k1:")
    [hashed] = {made.data["email"], made.data["people"][0]["email"][0], made.context["form"]["email"]}
    assert hashed.startswith("email:k1:")
    assert made.data["people"][0]["phone"].startswith("phone:k1:")
    assert "ada" not in repr(made)


@pytest.mark.parametrize("value", [None, True, "null", ""])
def test_what_is_no_secret_stays_as_it_is(value: object) -> None:
    assert accepted(record("page_viewed", data={"path": "/", "email": value})).data["email"] == value


def test_numbers_that_differ_have_other_hashes_and_so_have_long_texts() -> None:
    def phone(value: object) -> str:
        return str(accepted(record("page_viewed", data={"path": "/", "phone": value})).data["phone"])

    values = [4930, 4931, "x" * 257, "y" * 257, {"a": 1}]
    assert len({phone(value) for value in values}) == len(values)
    assert all(phone(value).startswith("phone:k1:") for value in values)
    pseudonym = pseudonyms(KEY, "k1")
    assert phone(4930) == pseudonym("phone:4930")
    assert phone("y" * 257) == pseudonym(f"phone:{sha256(b'y' * 257).hexdigest()}")


def test_a_value_of_a_link_may_hold_colons() -> None:
    made = accepted(record("identity_linked", data={"from": "customer:a:b", "to": "cart:c:d"}))
    assert made.identifiers == ("customer:a:b", "cart:c:d")


def test_a_link_by_hand_has_two_identifiers_the_stronger_first_and_hashed() -> None:
    pair = {"from": "customer:42", "to": {"type": "email", "value": "Ada@example.com"}}
    made = accepted(record("identity_linked", customer="7", order_id="O-1", data=pair))
    assert [each.partition(":")[0] for each in made.identifiers] == ["customer", "email"]
    assert made.data["to"] == made.identifiers[1]
    assert made.data["from"] == made.identifiers[0]
    assert "ada" not in repr(made).lower()
    equals = accepted(record("identity_linked", data={"from": "customer:1", "to": "customer:2"}))
    assert equals.identifiers == ("customer:2", "customer:1")
    one = accepted(
        record(
            "identity_unlinked",
            data=example("identity_unlinked")["data"] | {"from": "cart:1", "to": "cart:1"},
        )
    )
    assert one.identifiers == ("cart:1",)


@pytest.mark.parametrize(
    "wrong",
    ["passport:1", "customer", "customer:", "email:guest", {"type": "customer"}, 5, None, "customer:\x00"],
)
def test_a_link_to_an_unknown_or_blocked_identifier_is_invalid_data(wrong: Any) -> None:
    assert (
        refused(record("identity_linked", data={"from": wrong, "to": "customer:42"})).reason == "invalid_data"
    )


def test_the_clock_of_the_sender_is_corrected() -> None:
    slow = accepted(record(time=RECEIVED - 10 * MINUTE, sent_at=RECEIVED - 9 * MINUTE))
    assert slow.time == RECEIVED - MINUTE
    assert slow.sent_time == RECEIVED - 10 * MINUTE
    fast = accepted(record(time=RECEIVED + DAY, sent_at=RECEIVED + DAY + 5))
    assert fast.time == RECEIVED - 5
    late = accepted(record(time=RECEIVED + DAY, sent_at=RECEIVED))
    assert late.time == RECEIVED


def test_bounds_pass_themselves_and_none_lets_all_pass() -> None:
    assert accepted(record(time=RECEIVED + 5 * MINUTE)).time == RECEIVED + 5 * MINUTE
    assert refused(record(time=RECEIVED + 5 * MINUTE + 1)).reason == "future"
    assert accepted(record(time=RECEIVED - 90 * DAY)).time == RECEIVED - 90 * DAY
    assert refused(record(time=RECEIVED - 90 * DAY - 1)).reason == "too_old"
    free = Rules(max_bytes=None, future=None, horizon=None)
    assert accepted(record(time=0), rules=free).time == 0
    assert accepted(record(time=RECEIVED + 900 * DAY), rules=free)
    value = msgspec.json.encode(record())
    assert accepted(value, rules=Rules(max_bytes=len(value)))
    assert refused(value, rules=Rules(max_bytes=len(value) - 1)).reason == "too_large"


def test_attempts_to_send_do_not_change_the_hash() -> None:
    first = accepted(record(sent_at=RECEIVED - 5000))
    again = accepted(record(sent_at=RECEIVED + 1000), received=RECEIVED + 1500)
    assert first.hash == again.hash != accepted(record(time=RECEIVED)).hash


@pytest.mark.parametrize(
    ("kind", "changes", "passive"),
    [
        ("page_viewed", {}, False),
        ("page_viewed", {"channel": "system"}, True),
        ("message_delivered", {}, True),
        ("message_sent", {"data": {"conversation_id": "C", "author": "customer"}}, False),
        ("message_sent", {"data": {"conversation_id": "C", "author": "agent"}}, True),
        ("ticket_comment_added", {"data": {"ticket_id": "T", "author": "bot"}}, True),
        ("payment_succeeded", {"channel": "web"}, True),
        (
            "payment_succeeded",
            {"channel": "web", "data": {"order_id": "O", "total": {"amount": 1, "currency": "EUR"}}},
            False,
        ),
        (
            "payment_succeeded",
            {"channel": "web", "invoice_id": "I", "data": {"total": {"amount": 1, "currency": "EUR"}}},
            True,
        ),
    ],
)
def test_passive_is_what_the_customer_did_not_do(kind: str, changes: dict[str, Any], passive: bool) -> None:  # noqa: FBT001
    assert accepted(record(kind, **changes)).passive is passive


def test_consent_is_needed_where_it_is_given() -> None:
    assert accepted(record()).consent is None
    assert accepted(record(consent=["functional", "analytics", "analytics"])).consent == (
        "analytics",
        "functional",
    )
    assert refused(record(consent=["functional"])).reason == "no_consent"
    for kind in ("consent_changed", "erasure_requested", "identity_linked", "source_heartbeat"):
        assert accepted(record(kind, consent=[])).consent == ()


def test_a_higher_addition_is_accepted_with_its_unknown_fields_and_another_model_is_not() -> None:
    made = accepted(
        record(schema="product_viewed/1-3-7", data={"product_id": "P", "new": [1.0, {"b": 2, "a": 1}]})
    )
    assert made.schema == "product_viewed/1-3-7"
    assert made.data_json == '{"new":[1,{"a":1,"b":2}],"product_id":"P"}'
    for name in ("product_viewed/2-0-0", "page_viewed/1-0-0", "1-0-0", "", "product_viewed/1-0"):
        assert refused(record(schema=name)).reason == "unknown_schema", name


def test_text_of_any_script_survives_unchanged() -> None:
    text = "سلام دنیا می‌خواهم مرحبا สวัสดี 👩🏽‍🚀 \u0000 naïve"
    made = accepted(record("page_viewed", data={"path": "/", "title": text}))
    assert made.data["title"] == text
    assert msgspec.json.decode(made.data_json)["title"] == text


def test_of_duplicate_keys_the_last_counts() -> None:
    value = msgspec.json.encode(record()).replace(b'"customer_id"', b'"customer_id":"7","customer_id"')
    assert accepted(value).identifiers[0] == "customer:42"


FAULTS: dict[Reason, Callable[[dict[str, Any]], Any]] = {
    "missing_field": lambda made: made.pop("channel"),
    "invalid_field": lambda made: made.update(id=5),
    "unknown_type": lambda made: made.update(type="cart_looked_at"),
    "unknown_schema": lambda made: made.update(schema="cart_viewed/9-0-0"),
    "bad_time": lambda made: made.update(time="soon"),
    "invalid_data": lambda made: made.update(data={"cart_id": 5}),
    "invalid_identifiers": lambda made: made.update(anonymous_id=5),
    "no_identifier": lambda made: made.update(customer_id="guest"),
    "no_consent": lambda made: made.update(consent=[]),
    "future": lambda made: made.update(time=RECEIVED + DAY),
    "too_old": lambda made: made.update(time=RECEIVED - 400 * DAY),
}
PAIRS = [
    (first, second)
    for first in FAULTS
    for second in FAULTS
    if list(FAULTS).index(first) < list(FAULTS).index(second)
    and not {first, second} <= {"bad_time", "future", "too_old"}
    and (first, second) not in {("invalid_data", "no_identifier"), ("unknown_type", "unknown_schema")}
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_faults_the_first_reason_wins(first: Reason, second: Reason) -> None:
    made = record("cart_viewed")
    FAULTS[second](made)
    FAULTS[first](made)
    if "no_identifier" in {first, second}:
        made = {**made, "type": "page_viewed", "data": {"path": "/"}} if first == "no_identifier" else made
    assert refused(made).reason == first


def test_reasons_are_tried_in_the_order_of_the_closed_list() -> None:
    assert list(FAULTS) == list(get_args(Reason))[2:]


def test_the_steps_read_as_a_list_of_verbs() -> None:
    names = [step.__name__ for step in STEPS]
    assert len(set(names)) == len(names)
    assert {name.partition("_")[0] for name in names} <= {"drop", "decode", "validate", "put"}


def test_a_refusal_names_the_record_but_no_value() -> None:
    rejection = refused(record(email="ada@example.com\x00", data={"product_id": "P"}))
    assert (rejection.source, rejection.type, rejection.id) == (
        "storefront-web",
        "product_viewed",
        "product_viewed@10:00",
    )
    assert rejection.path == "$.email"
    assert "ada" not in repr(rejection)


def test_a_tombstone_is_never_an_interaction() -> None:
    assert refused(None).reason == "unreadable"
    assert "tombstone" in refused(b"").detail


def test_a_type_with_a_reverse_dns_prefix_is_the_same_type() -> None:
    plain = accepted(record())
    assert accepted(record(type="com.example.shop.product_viewed")) == plain


def test_a_contract_is_safe_to_use_again_and_again() -> None:
    made = record(email="ada@example.com")
    assert judge(made) == judge(made)
    assert contract_with() is contract_with()
