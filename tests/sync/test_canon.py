"""A canonical document from elsewhere fits everything that comes after it, or is refused with the field named."""

# ruff: noqa: ANN401 - documents of any shape

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.errors import ShapeChanged
from erplink.model.documents import Entity, Order
from erplink.sync.canon import document_of

ORDER: dict[str, Any] = {
    "id": "1",
    "number": "SO1",
    "customer": "C1",
    "status": "approved",
    "currency": "CNY",
    "created_at": "2026-06-18T08:00:00+08:00",
    "version": "1",
    "lines": [{"line": 1, "sku": "茶", "qty": 2, "amount": 19.90}],
}
ENTITIES: tuple[Entity, ...] = ("orders", "shipments", "returns", "receipts", "customers", "products")


def order(**changed: Any) -> str:
    return json.dumps(ORDER | changed, ensure_ascii=False)


def line(**changed: Any) -> list[dict[str, Any]]:
    return [ORDER["lines"][0] | changed]


def test_figures_are_exact_and_unknown_fields_are_left_alone() -> None:
    found = document_of("orders", order(custom={"rate": 0.1}, new_field={"of": ["a", "later", "version"]}))
    assert isinstance(found, Order)
    assert found.paid == Decimal("19.90")
    assert found.custom == {"rate": Decimal("0.1")}


def test_what_an_application_encodes_is_what_arrives() -> None:
    mine = document_of("orders", order(lines=line(kind="service", amount="-3.50", qty=1)))
    assert document_of("orders", msgspec.json.encode(mine).decode()) == mine


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"id": ""}, "id does not fit"),
        ({"number": "x" * 121}, "number does not fit: a text of at most 120"),
        ({"customer": ""}, "customer does not fit"),
        ({"customer": "a\0b"}, "customer does not fit"),
        ({"version": "v" * 41}, "version does not fit: a text of at most 40"),
        ({"status": "paid"}, "status does not fit: Invalid enum value 'paid'"),
        ({"created_at": "2026-06-18T08:00:00"}, "created_at does not fit: a time with its offset"),
        ({"created_at": "9999-01-01T00:00:00Z"}, "created_at does not fit"),
        ({"created_at": "18.6.2026"}, "created_at does not fit"),
        ({"lines": line(amount="NaN")}, "lines[0].amount does not fit"),
        ({"lines": line(amount="Infinity")}, "lines[0].amount does not fit"),
        ({"lines": line(amount="1e99999")}, "lines[0].amount does not fit"),
        ({"lines": line(qty="0.0000000000001")}, "lines[0].qty does not fit"),
        ({"lines": line(amount=-1)}, "lines[0].amount does not fit: a number not below 0"),
        ({"lines": line(qty=-1)}, "lines[0].qty does not fit"),
        ({"lines": line(line=10**12)}, "lines[0].line does not fit"),
        ({"lines": [{}]}, "lines[0] does not fit: Object missing required field `line`"),
        ({"custom": {"a": [1]}}, "custom.a does not fit: a single value"),
        ({"custom": {"a": {"b": 1}}}, "custom.a does not fit: a single value"),
        ({"custom": {"a": 10**15}}, "custom.a does not fit"),
    ],
    ids=str,
)
def test_a_field_that_does_not_fit_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(ShapeChanged) as refused:
        document_of("orders", order(**changed))
    assert field in str(refused.value)
    assert "orders.changed" in str(refused.value)


@pytest.mark.parametrize("payload", ["", "null", "7", "{}", "[" * 50_000, '{"id": "1"', order()[:-9]])
@pytest.mark.parametrize("entity", ENTITIES)
def test_what_is_no_document_is_refused(entity: Entity, payload: str) -> None:
    with pytest.raises(ShapeChanged, match="does not fit"):
        document_of(entity, payload)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=130) | st.decimals().map(str)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))


@given(st.sampled_from(sorted(ORDER)), VALUES)
def test_whatever_stands_in_a_field_it_fits_or_is_refused(name: str, value: Any) -> None:
    try:
        found = document_of("orders", json.dumps(ORDER | {name: value}))
    except ShapeChanged:
        return
    assert document_of("orders", msgspec.json.encode(found).decode()) == found
