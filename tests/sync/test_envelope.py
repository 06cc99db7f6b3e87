"""Whatever comes as a message is an event under a key of its own, or is said to be none."""

# ruff: noqa: ANN401 - events of any shape

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.errors import ShapeChanged
from erplink.store.queue import Message
from erplink.sync.envelope import BYTES, Arrival, letter_of_clash, letter_of_misfit, message_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
SINGLE = st.none() | st.booleans() | st.integers() | TEXTS
JSON = st.recursive(SINGLE, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner))


def arrival(event: Any, name: str = "ORDERS.7") -> Arrival:
    return Arrival(name, json.dumps(event, ensure_ascii=False).encode())


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()), TEXTS)
def test_any_bytes_are_an_event_or_a_dead_letter(body: bytes, name: str) -> None:
    came = Arrival(name, body)
    try:
        message = message_of("shop", came)
    except ShapeChanged as error:
        letter = letter_of_misfit("shop", came, error)
        assert 0 < len(letter.key) <= 200
        assert "\0" not in letter.payload
    else:
        assert 0 < len(message.key) <= 200
        assert len(message.subject) <= 200
        assert json.loads(message.payload) == json.loads(body)["data"]


@given(
    st.lists(st.tuples(TEXTS.filter(bool), TEXTS, TEXTS.filter(bool)), unique=True, min_size=2, max_size=6),
)
def test_events_have_one_key_only_when_system_source_and_id_are_the_same(names: list[tuple[str, str, str]]) -> None:
    keys = [
        message_of(system, arrival({"id": name, "source": source, "type": "x", "data": 1})).key
        for system, source, name in names
    ]
    assert len(set(keys)) == len(names)


@pytest.mark.parametrize(
    ("event", "operation", "subject"),
    [
        ({"id": "1", "type": "orders.changed", "data": {"id": "SO1"}}, "orders.changed", "orders:SO1"),
        ({"id": "1", "type": "com.shop.orders.changed", "data": {"id": "订单1"}}, "orders.changed", "orders:订单1"),
        ({"id": "1", "type": "orders.changed", "subject": "C1", "data": {"id": "SO1"}}, "orders.changed", "orders:SO1"),
        ({"id": "1", "type": "orders.changed", "data": {"id": 7}}, "orders.changed", ""),
        ({"id": "1", "type": "coupons.issued", "subject": "C1", "data": None}, "coupons.issued", "C1"),
        ({"id": "1", "type": "coupons.issued", "data": []}, "coupons.issued", ""),
    ],
)
def test_order_is_kept_per_document_and_elsewhere_per_subject(event: Any, operation: str, subject: str) -> None:
    message = message_of("shop", arrival(event))
    assert (message.operation, message.subject) == (operation, subject)
    assert message.system == ("shop" if operation == "orders.changed" else "host")


def test_an_event_without_an_id_has_the_brokers() -> None:
    event = {"type": "orders.changed", "data": {"id": "SO1"}}
    first = message_of("shop", arrival(event, "ORDERS.7"))
    assert first.key == message_of("shop", arrival(event | {"id": None}, "ORDERS.7")).key
    assert first.key != message_of("shop", arrival(event, "ORDERS.8")).key
    assert first.key != message_of("shop", arrival(event | {"id": "ORDERS.7"})).key


def test_what_changes_from_one_delivery_to_the_next_makes_no_other_event() -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/till", "type": "orders.changed", "data": {"id": "SO1"}}
    first = message_of("shop", arrival(event | {"time": "2026-06-18T00:00:00Z"}))
    again = message_of("shop", arrival(event | {"time": "2026-06-18T00:00:09Z", "traceparent": "00-ab-cd-01"}, "X.9"))
    assert first == again


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"\xff", "no text in UTF-8 (byte 0)"),
        (b"[" * 100_000, "no event"),
        (b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "no event"),
        (b'{"type": "x"}', "required field `data`"),
        (b'{"type": "", "data": 1}', "type should hold 1 to 120 characters"),
        (b'{"type": "a\\u0000b", "data": 1}', "type should hold"),
        (b'{"type": "x", "id": "a\\u0000b", "data": 1}', "hold a NUL"),
        (b'{"type": "x", "id": 7, "data": 1}', "Expected `str | null`, got `int` - at `$.id`"),
        (b'{"type": "x", "data": "' + b"y" * BYTES + b'"}', "1,048,576 are allowed"),
    ],
    ids=range(9),
)
def test_what_is_no_event_is_told_why(body: bytes, why: str) -> None:
    with pytest.raises(ShapeChanged) as refused:
        message_of("shop", Arrival("ORDERS.7", body))
    assert why in str(refused.value)
    assert "message ORDERS.7" in str(refused.value)


def test_long_names_are_cut_to_what_a_key_may_hold_and_stay_apart() -> None:
    def message(name: str, data: int) -> Message:
        return message_of("shop", arrival({"id": name, "type": "t", "data": data}))

    first, second = "x" * 500 + "a", "x" * 500 + "b"
    assert message(first, 1).key == message(first, 2).key != message(second, 1).key
    clashes = [letter_of_clash(message(first, data)).key for data in (2, 3)]
    keys = {message(first, 1).key, message(second, 1).key, *clashes}
    assert [len(key) for key in keys] == [200] * 4
