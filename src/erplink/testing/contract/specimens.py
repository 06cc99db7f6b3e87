"""Documents to try a system with, and what of them must come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from attrs import frozen

from erplink.model.documents import (
    Customer,
    Document,
    Entity,
    Order,
    OrderLine,
    PriceLine,
    PriceList,
    Product,
    Receipt,
    Receivable,
    Refund,
    Return,
    ReturnLine,
    Shipment,
    ShipmentLine,
)
from erplink.testing.contract.subject import Shape

WHEN = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
"""When the documents were made, shipped or paid."""
_OWN = frozenset({"id", "version", "raw_status", "lines.id", "custom"})
"""What a system decides by itself, and what is named by the settings alone."""


@frozen
class Draft:
    """What a specimen is to hold where its entity has such a thing."""

    number: str
    text: str = "普通"
    amount: Decimal = Decimal("19.90")
    status: str = "approved"
    raw_status: str = ""
    lines: int = 2
    id: str = ""


def specimen(entity: Entity, number: str, **wanted: Any) -> Document:  # noqa: ANN401 - what a Draft holds
    """A document of that entity with a number. ``wanted`` is what ``Draft`` holds.

    >>> specimen("receipts", "R1", amount=Decimal(3)).amount
    Decimal('3')
    """
    return _MAKERS[entity](Draft(number, **wanted))


def crowd(entity: Entity, count: int, prefix: str = "N", **wanted: Any) -> list[Document]:  # noqa: ANN401
    """Many of them, numbered."""
    return [specimen(entity, f"{prefix}{place:04d}", **wanted) for place in range(1, count + 1)]


def numbers(documents: list[Document]) -> list[str]:
    """Their numbers, sorted."""
    return sorted(document.number for document in documents)


def kept(document: Document, shape: Shape) -> Mapping[str, Any]:
    """What of a document a system must give back: without what it decides by itself and what it does not keep."""
    left_out = _OWN | shape.silent
    found = {name: value for name, value in msgspec.structs.asdict(document).items() if name not in left_out}
    if "lines" in found:
        rows = [msgspec.structs.asdict(line) for line in found["lines"]]
        found["lines"] = [{name: cell for name, cell in row.items() if f"lines.{name}" not in left_out} for row in rows]
    return found


def text_of(document: Document) -> str:
    """The text of a specimen."""
    if isinstance(document, Order):
        return document.note
    return document.name if isinstance(document, Customer | Product | PriceList) else document.customer


def amount_of(document: Document) -> Decimal:
    """The figure of a specimen: an amount, or a price, or a quantity where there are none."""
    if isinstance(document, Receipt | Receivable | Refund):
        return document.amount
    if isinstance(document, Order | Return):
        return document.lines[0].amount
    if isinstance(document, Shipment):
        return document.lines[0].qty
    if isinstance(document, PriceList):
        return document.lines[0].price
    raise TypeError(document)


def _order(draft: Draft) -> Order:
    lines = [
        OrderLine(line=n, sku=f"P-{n}", qty=Decimal(n), amount=draft.amount, unit_price=Decimal("9.95"))
        for n in range(1, draft.lines + 1)
    ]
    if len(lines) > 1:
        gift = msgspec.structs.replace(lines[-1], amount=Decimal(0), unit_price=Decimal(0), free=True)
        lines = [*lines[:-1], gift]
    return Order(
        id=draft.id,
        number=draft.number,
        customer="C-1",
        status=draft.status,  # type: ignore[arg-type]
        currency="CNY",
        created_at=WHEN,
        version="",
        lines=tuple(lines),
        approved_at=WHEN,
        note=draft.text,
        raw_status=draft.raw_status,
    )


def _shipment(draft: Draft) -> Shipment:
    lines = tuple(
        ShipmentLine(line=n, sku=f"P-{n}", qty=draft.amount, order="SO-1", order_line=f"{4710 + n}")
        for n in range(1, draft.lines + 1)
    )
    return Shipment(
        id=draft.id,
        number=draft.number,
        customer=draft.text,
        status=draft.status,  # type: ignore[arg-type]
        shipped_at=WHEN,
        version="",
        lines=lines,
        raw_status=draft.raw_status,
    )


def _return(draft: Draft) -> Return:
    lines = tuple(
        ReturnLine(line=n, sku=f"P-{n}", qty=Decimal(n), amount=draft.amount, order="SO-1", order_line=f"{4710 + n}")
        for n in range(1, draft.lines + 1)
    )
    return Return(
        id=draft.id,
        number=draft.number,
        customer=draft.text,
        status=draft.status,  # type: ignore[arg-type]
        currency="CNY",
        returned_at=WHEN,
        version="",
        lines=lines,
        raw_status=draft.raw_status,
    )


def _receipt(draft: Draft) -> Receipt:
    return Receipt(
        id=draft.id,
        number=draft.number,
        customer=draft.text,
        status=draft.status,  # type: ignore[arg-type]
        currency="USD",
        amount=draft.amount,
        received_at=WHEN,
        version="",
        order="SO-1",
        raw_status=draft.raw_status,
    )


def _refund(draft: Draft) -> Refund:
    return Refund(
        id=draft.id,
        number=draft.number,
        customer=draft.text,
        status=draft.status,  # type: ignore[arg-type]
        currency="USD",
        amount=draft.amount,
        paid_at=WHEN,
        version="",
        order="SO-1",
        raw_status=draft.raw_status,
    )


def _receivable(draft: Draft) -> Receivable:
    return Receivable(
        id=draft.id,
        number=draft.number,
        customer=draft.text,
        status=draft.status,  # type: ignore[arg-type]
        currency="USD",
        amount=draft.amount,
        dated_at=WHEN,
        version="",
        due_at=WHEN + timedelta(days=30),
        origin="SH-1",
        raw_status=draft.raw_status,
    )


def _customer(draft: Draft) -> Customer:
    return Customer(
        id=draft.id,
        number=draft.number,
        name=draft.text,
        status=draft.status,  # type: ignore[arg-type]
        version="",
        phone="13900001111",
        unionid="oCONTRACT-1",
        active=False,
        raw_status=draft.raw_status,
    )


def _product(draft: Draft) -> Product:
    return Product(
        id=draft.id,
        number=draft.number,
        name=draft.text,
        status=draft.status,  # type: ignore[arg-type]
        version="",
        category="茶叶",
        active=False,
        raw_status=draft.raw_status,
    )


def _prices(draft: Draft) -> PriceList:
    lines = tuple(
        PriceLine(line=n, sku=f"P-{n}", price=draft.amount, from_qty=Decimal(n), to_qty=Decimal(10 * n))
        for n in range(1, draft.lines + 1)
    )
    return PriceList(
        id=draft.id,
        number=draft.number,
        name=draft.text,
        status=draft.status,  # type: ignore[arg-type]
        currency="USD",
        version="",
        lines=lines,
        effective_at=WHEN,
        expires_at=WHEN + timedelta(days=365),
        active=False,
        raw_status=draft.raw_status,
    )


_MAKERS: Mapping[Entity, Callable[[Draft], Document]] = {
    "orders": _order,
    "shipments": _shipment,
    "returns": _return,
    "receipts": _receipt,
    "customers": _customer,
    "products": _product,
    "refunds": _refund,
    "receivables": _receivable,
    "prices": _prices,
}
