"""Topics and partition keys."""

import pytest

from pipeline.emit.key import key_of, topic_of


@pytest.mark.parametrize(
    ("source", "topic"),
    [
        ("storefront-web", "interactions.web"),
        ("storefront-app", "interactions.web"),
        ("helpdesk", "interactions.support"),
        ("contact-centre", "interactions.support"),
        ("survey", "interactions.support"),
        ("pos", "interactions.backoffice"),
        ("fulfilment", "interactions.backoffice"),
        ("a source of tomorrow", "interactions.backoffice"),
    ],
)
def test_each_source_has_a_topic(source: str, topic: str) -> None:
    assert topic_of(source) == topic


def test_where_a_topic_is_not_declared_the_first_takes_its_records() -> None:
    assert topic_of("pos", ["all"]) == "all"


@pytest.mark.parametrize(
    ("envelope", "key"),
    [
        ({"anonymous_id": "a", "customer_id": "42", "loyalty_id": "L"}, b"customer:42"),
        ({"anonymous_id": "a", "device_id": "d", "data": {"order_id": "O"}}, b"device:d"),
        ({"cart_id": "K", "data": {"order_id": "O", "cart_id": "K2"}}, b"order:O"),
        ({"identifiers": [{"type": "cart", "value": "K"}, {"type": "ticket", "value": "T"}]}, b"ticket:T"),
        ({"specversion": "1.0", "customerid": "สมชาย"}, "customer:สมชาย".encode()),
        ({"source": "pos", "data": {}}, b"pos"),
        ({"source": "pos", "identifiers": "broken", "data": [1]}, b"pos"),
        ({"customer_id": 42, "anonymous_id": "a"}, b"anonymous:a"),
    ],
)
def test_the_key_is_the_strongest_identifier_else_the_source(envelope: dict[str, object], key: bytes) -> None:
    assert key_of(envelope) == key


def test_an_email_is_the_same_key_however_it_is_written_and_never_readable() -> None:
    keys = {key_of({"email": email}) for email in ("ada@example.org", " Ada@Example.ORG ")}
    assert len(keys) == 1
    assert b"ada" not in keys.pop().lower()


def test_an_email_within_data_is_no_identifier() -> None:
    assert key_of({"anonymous_id": "a", "data": {"email": "ada@example.org"}}) == b"anonymous:a"
