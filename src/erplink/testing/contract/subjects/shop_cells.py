"""Canonical documents in the fields of the shop that stands behind the REST and SOAP worlds, written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from erplink.model.documents import (
    Customer,
    Document,
    Entity,
    Order,
    OrderLine,
    Product,
    Receipt,
    Return,
    ReturnLine,
    Shipment,
    ShipmentLine,
    Stock,
)

SPOILT: Mapping[Entity, str] = {
    "orders": "remark",
    "shipments": "customer_code",
    "returns": "customer_code",
    "receipts": "amount",
    "customers": "mobile",
    "products": "name",
}
"""A field of each that holds one value only."""
_STATUSES = {"draft": "草稿", "pending": "待审核", "approved": "已审核", "closed": "已完成", "cancelled": "已作废"}
Cells = dict[str, Any]


def planted(document: Document, modified: datetime | None) -> Cells:
    """What the control door takes of a document: head and lines."""
    entity, head, lines = _CELLS[type(document)](document)
    own: Cells = {"number": document.number, "status": document.raw_status or _STATUSES[document.status]}
    if document.id:
        own["id"] = int(document.id)
    if modified is not None:
        own["updated_at"] = modified.isoformat()
    return {"entity": entity, "head": {**head, **own}, **({"lines": lines} if lines is not None else {})}


def stock_rows(levels: Sequence[Stock]) -> list[Cells]:
    """Levels; what is not available is locked."""
    return [
        {
            "sku": one.sku,
            "warehouse": one.warehouse,
            "on_hand": str(one.on_hand),
            "locked": str(one.on_hand - one.available),
        }
        for one in levels
    ]


def _order(one: Order) -> tuple[Entity, Cells, list[Cells]]:
    head = {
        "customer_code": one.customer,
        "currency": one.currency,
        "created_at": _at(one.created_at),
        "approved_at": _at(one.approved_at),
        "remark": one.note,
    }
    return "orders", head, [_priced(line) for line in one.lines]


def _shipment(one: Shipment) -> tuple[Entity, Cells, list[Cells]]:
    head = {"customer_code": one.customer, "shipped_at": _at(one.shipped_at)}
    return "shipments", head, [{**_goods(line), **_source(line)} for line in one.lines]


def _return(one: Return) -> tuple[Entity, Cells, list[Cells]]:
    head = {"customer_code": one.customer, "currency": one.currency, "returned_at": _at(one.returned_at)}
    return "returns", head, [{**_priced(line), **_source(line)} for line in one.lines]


def _receipt(one: Receipt) -> tuple[Entity, Cells, None]:
    head = {
        "customer_code": one.customer,
        "currency": one.currency,
        "amount": str(one.amount),
        "received_at": _at(one.received_at),
        "order_no": one.order,
    }
    return "receipts", head, None


def _customer(one: Customer) -> tuple[Entity, Cells, None]:
    return (
        "customers",
        {"name": one.name, "mobile": one.phone, "unionid": one.unionid, "disabled": not one.active},
        None,
    )


def _product(one: Product) -> tuple[Entity, Cells, None]:
    return "products", {"name": one.name, "category": one.category, "disabled": not one.active}, None


def _goods(line: OrderLine | ShipmentLine | ReturnLine) -> Cells:
    return {"line_no": line.line, "sku": line.sku, "quantity": str(line.qty)}


def _priced(line: OrderLine | ReturnLine) -> Cells:
    price = line.unit_price if isinstance(line, OrderLine) else Decimal(0)
    return {
        **_goods(line),
        "unit_price": str(price),
        "amount": str(line.amount),
        "is_service": line.kind == "service",
        "is_gift": line.free,
    }


def _source(line: ShipmentLine | ReturnLine) -> Cells:
    return {"order_no": line.order, "order_line_id": int(line.order_line or 0)}


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


_CELLS: Mapping[type, Callable[[Any], tuple[Entity, Cells, list[Cells] | None]]] = {
    Order: _order,
    Shipment: _shipment,
    Return: _return,
    Receipt: _receipt,
    Customer: _customer,
    Product: _product,
}
