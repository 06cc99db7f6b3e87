"""What a write needs beside the document: masters it may name, goods it may take, and what of it must come back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from erplink.model.documents import Document, Entity, Return, Shipment, Stock
from erplink.testing.contract.case import Lab
from erplink.testing.contract.specimens import kept, specimen

_INSTANTS = ("created_at", "approved_at", "shipped_at", "returned_at", "received_at", "paid_at")
_GIVEN_BY_THE_SYSTEM = frozenset({"number", "status", *_INSTANTS})
_GOODS = ("P-1", "P-2")


def prepare(lab: Lab) -> None:
    """Put the customer and the goods that specimens name into the system, and plenty of each."""
    offered = {one.entity for one in lab.subject.offers}
    if "customers" in offered:
        lab.system.plant([specimen("customers", "C-1")])
    if "products" in offered:
        lab.system.plant([specimen("products", sku) for sku in _GOODS])
    if "stock" in offered:
        lab.system.stock([Stock(sku, "W-1", Decimal(1000), Decimal(1000)) for sku in _GOODS])


def wanted(entity: Entity, number: str = "", **drafted: Any) -> Document:  # noqa: ANN401 - what a Draft holds
    """A document to be created now, for the customer that is there, and of no other document.

    Without a number, the adapter gives it one.
    """
    document = specimen(entity, number, status="draft", **drafted)
    given: Mapping[str, object] = {**dict.fromkeys(_INSTANTS), "customer": "C-1", "order": "", "active": True}
    named = {name: value for name, value in given.items() if hasattr(document, name)}
    if isinstance(document, Shipment | Return):
        named["lines"] = tuple(msgspec.structs.replace(line, order="", order_line="") for line in document.lines)
    return msgspec.structs.replace(document, **named)


def content(lab: Lab, entity: Entity, document: Document) -> Mapping[str, Any]:
    """What of a document must come back from a system that created it."""
    found = kept(document, lab.shape(entity))
    return {name: value for name, value in found.items() if name not in _GIVEN_BY_THE_SYSTEM}


def to_be_changed(lab: Lab, entity: Entity) -> Document:
    """A document in a status in which it may be changed: draft, where there is such a status."""
    statuses = lab.shape(entity).statuses
    return specimen(entity, "N0001", status="draft" if statuses is None or "draft" in statuses else "approved")
