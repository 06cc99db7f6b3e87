"""The forms of a 苍穹, key by key: a reference's number is one key (``customer_number``), lines lie in ``billentry``.

Keys are those of the vendor's own examples and data dictionaries. The query API gives what its page lists as return
parameters, so a missing key is told by name, and is added there.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve

from erplink.erp.kingdee.cosmic.settings import WHERE, Cosmic
from erplink.erp.kingdee.custom import customised
from erplink.erp.kingdee.platform.cells import ELSEWHERE, ENABLED
from erplink.errors import ConfigInvalid
from erplink.mapping import cells
from erplink.mapping.codecs import AMOUNT, FLAG, ID, TEXT, WHOLE, Codec
from erplink.mapping.fields import DocumentMapping, Field, Lines, Rule
from erplink.mapping.times import time_codec
from erplink.model.documents import (
    Customer,
    DocumentStatus,
    Entity,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Return,
    ReturnLine,
    Shipment,
    ShipmentLine,
)

LINES = "billentry"
_LIFE: Mapping[str, DocumentStatus] = {"A": "draft", "B": "pending", "C": "approved"}
_NOTE = evolve(TEXT, optional=True)


def document_status(status: str | None) -> DocumentStatus:
    """``billstatus`` or ``status`` (A 暂存, B 已提交, C 已审核) → the canonical status.

    >>> document_status("B"), document_status("D")
    ('pending', 'unknown')
    """
    return _LIFE.get((status or "").strip(), "unknown")


def order_status(status: str | None, closed: str | None, cancelled: str | None) -> OrderStatus:
    """As ``document_status``; ``cancelstatus`` B is cancelled, an approved order whose ``closestatus`` is B is closed.

    >>> order_status("C", "B", "A"), order_status("C", "A", "B"), order_status("A", "A", "A")
    ('closed', 'cancelled', 'draft')
    """
    if (cancelled or "").strip() == "B":
        return "cancelled"
    found = document_status(status)
    return "closed" if found == "approved" and (closed or "").strip() == "B" else found


def mappings(settings: Cosmic) -> Mapping[Entity, DocumentMapping]:
    """Every entity's mapping under these settings. Raises ``ConfigInvalid`` for custom fields of an unknown entity."""
    all_of_them = [_orders(settings), _shipments(settings), _customers(), _products()]
    if "returns" in settings.forms:
        all_of_them.insert(2, _returns(settings))
    known: dict[Entity, DocumentMapping] = {mapping.entity: mapping for mapping in all_of_them}
    for name in (*settings.custom, *settings.save):
        if name not in known:
            step = f"use one of {', '.join(known)}"
            raise ConfigInvalid(f"custom or save names {name!r}", where=WHERE, next_step=step)
    return {entity: customised(mapping, settings.custom.get(entity, {})) for entity, mapping in known.items()}


def _orders(settings: Cosmic) -> DocumentMapping:
    stamp = time_codec("local", settings.tz)
    return DocumentMapping(
        entity="orders",
        source=settings.form("orders").path,
        document=Order,
        key="id",
        number="billno",
        modified="modifytime",
        fields=(
            *_BILL,
            Field("settlecurrency_number", "currency", _currency(settings.currency), save="settlecurrency_number"),
            Field("createtime", "created_at", stamp),
            Field("auditdate", "approved_at", stamp),
            Field("comment", "note", _NOTE, save="comment"),
        ),
        rules=(Rule(("billstatus", "closestatus", "cancelstatus"), "status", order_status),),
        lines=Lines(
            entry=LINES,
            line=OrderLine,
            fields=(
                Field("id", "id", ID),
                Field("seq", "line", WHOLE),
                Field("material_masterid_number", "sku", save="material_number"),
                Field("qty", "qty", AMOUNT, save="qty"),
                Field("amountandtax", "amount", AMOUNT, save="amountandtax"),
                Field("priceandtax", "unit_price", AMOUNT, save="priceandtax"),
                Field("ispresent", "free", FLAG, save="ispresent"),
            ),
        ),
    )


def _shipments(settings: Cosmic) -> DocumentMapping:
    """An outbound bill names the order it serves as its core bill (核心单据)."""
    return DocumentMapping(
        entity="shipments",
        source=settings.form("shipments").path,
        document=Shipment,
        key="id",
        number="billno",
        modified="modifytime",
        fields=(*_BILL, Field("auditdate", "shipped_at", time_codec("local", settings.tz))),
        rules=(Rule(("billstatus",), "status", document_status),),
        lines=Lines(
            entry=LINES,
            line=ShipmentLine,
            fields=(
                Field("seq", "line", WHOLE),
                Field("material_masterid_number", "sku"),
                Field("qty", "qty", AMOUNT),
                Field("mainbillnumber", "order"),
                Field("mainbillentryid", "order_line", ELSEWHERE),
            ),
        ),
    )


def _returns(settings: Cosmic) -> DocumentMapping:
    """By the keys of an outbound bill. Its API has to give returns alone, with figures above zero."""
    return DocumentMapping(
        entity="returns",
        source=settings.form("returns").path,
        document=Return,
        key="id",
        number="billno",
        modified="modifytime",
        fields=(
            *_BILL,
            Field("settlecurrency_number", "currency", _currency(settings.currency)),
            Field("auditdate", "returned_at", time_codec("local", settings.tz)),
        ),
        rules=(Rule(("billstatus",), "status", document_status),),
        lines=Lines(
            entry=LINES,
            line=ReturnLine,
            fields=(
                Field("seq", "line", WHOLE),
                Field("material_masterid_number", "sku"),
                Field("qty", "qty", _RETURNED),
                Field("amountandtax", "amount", AMOUNT),
                Field("ispresent", "free", FLAG),
                Field("mainbillnumber", "order"),
                Field("mainbillentryid", "order_line", ELSEWHERE),
            ),
        ),
    )


def _customers() -> DocumentMapping:
    return DocumentMapping(
        entity="customers",
        source="bd_customer",
        document=Customer,
        key="id",
        number="number",
        modified="modifytime",
        fields=_MASTER,
        rules=(Rule(("status",), "status", document_status),),
    )


def _products() -> DocumentMapping:
    return DocumentMapping(
        entity="products",
        source="bd_material",
        document=Product,
        key="id",
        number="number",
        modified="modifytime",
        fields=_MASTER,
        rules=(Rule(("status",), "status", document_status),),
    )


def _returned(cell: object) -> Decimal:
    """Where returns are red bills (红字), counting them as they are would add what is to be taken away."""
    found = cells.number(cell)
    if found < 0:
        message = "a quantity above zero; have the API turn the sign of red bills"
        raise ValueError(message)
    return found


_RETURNED = Codec("quantity returned", Decimal, _returned)
_BILL = (
    Field("id", "id", ID),
    Field("billno", "number", save="billno"),
    Field("modifytime", "version"),
    Field("billstatus", "raw_status"),
    Field("customer_number", "customer", save="customer_number"),
)
_MASTER = (
    Field("id", "id", ID),
    Field("number", "number", save="number"),
    Field("name", "name", save="name"),
    Field("modifytime", "version"),
    Field("status", "raw_status"),
    Field("enable", "active", ENABLED),
)


def _currency(local: str) -> Codec:
    """A settlement currency; nothing is the local one."""
    return Codec("currency", str | None, cells.words, lambda cell: cells.strip(cell) or local)
