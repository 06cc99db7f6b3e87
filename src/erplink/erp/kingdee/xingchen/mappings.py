"""The documents of 云星辰, key by key, as the details of the vendor's own SDK have them.

Bills have two statuses: C is audited, Z is not. Customers and products have none. Phones are encrypted in every reply
(敏感数据), so a customer's is read only from a field of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from erplink.erp.kingdee.custom import customised
from erplink.erp.kingdee.platform.cells import ELSEWHERE, ENABLED
from erplink.erp.kingdee.xingchen.settings import WHERE, Xingchen
from erplink.errors import ConfigInvalid
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

_LIFE: Mapping[str, DocumentStatus] = {"Z": "draft", "C": "approved"}
_CLOSED = frozenset({"S", "H"})
_OWN = "custom_field."
_MAYBE = evolve(TEXT, optional=True)


def bill_status(status: str | None) -> DocumentStatus:
    """``bill_status`` (C 已审核, Z 未审核) → the canonical status.

    >>> bill_status("Z"), bill_status("X")
    ('draft', 'unknown')
    """
    return _LIFE.get((status or "").strip(), "unknown")


def order_status(status: str | None, closed: str | None) -> OrderStatus:
    """As ``bill_status``; an audited order whose ``bill_close_state`` is S (by the system) or H (by hand) is closed.

    >>> order_status("C", "S"), order_status("C", "C"), order_status("Z", None)
    ('closed', 'approved', 'draft')
    """
    found = bill_status(status)
    return "closed" if found == "approved" and (closed or "").strip() in _CLOSED else found


def mappings(settings: Xingchen) -> Mapping[Entity, DocumentMapping]:
    """Every entity's mapping under these settings. Raises ``ConfigInvalid`` for custom fields of an unknown entity."""
    stamp = time_codec("local", settings.tz)
    bare = (_orders(settings, stamp), _shipments(stamp), _returns(settings, stamp), _customers(), _products())
    known: dict[Entity, DocumentMapping] = {mapping.entity: mapping for mapping in bare}
    for name in settings.custom:
        if name not in known:
            step = f"use one of {', '.join(known)}"
            raise ConfigInvalid(f"custom names {name!r}", where=WHERE, next_step=step)
    return {entity: _lenient(customised(mapping, settings.custom.get(entity, {}))) for entity, mapping in known.items()}


def _lenient(mapping: DocumentMapping) -> DocumentMapping:
    """A mapping whose own fields (自定义字段) may be missing: a reply has only those that somebody filled in."""

    def eased(one: Field) -> Field:
        return evolve(one, codec=evolve(one.codec, optional=True)) if one.key.startswith(_OWN) else one

    fields, custom = (tuple(eased(one) for one in those) for those in (mapping.fields, mapping.custom))
    return evolve(mapping, fields=fields, custom=custom)


def _orders(settings: Xingchen, stamp: Codec) -> DocumentMapping:
    return DocumentMapping(
        entity="orders",
        source="sal_order",
        document=Order,
        key="id",
        number="bill_no",
        modified="modify_time",
        fields=(
            *_BILL,
            Field("create_time", "created_at", stamp),
            Field("audit_time", "approved_at", evolve(stamp, optional=True)),
            Field("remark", "note", _MAYBE),
        ),
        rules=(Rule(("bill_status", "bill_close_state"), "status", order_status, _MAYBE),),
        fixed={"currency": settings.currency},
        lines=Lines(
            entry="material_entity",
            line=OrderLine,
            fields=(
                Field("id", "id", ID),
                *_LINE,
                Field("all_amount", "amount", AMOUNT),
                Field("tax_price", "unit_price", AMOUNT),
                Field("is_free", "free", _GIFT),
            ),
        ),
    )


def _shipments(stamp: Codec) -> DocumentMapping:
    """An outbound bill names the order it was made of as its source (源单)."""
    return DocumentMapping(
        entity="shipments",
        source="sal_out_bound",
        document=Shipment,
        key="id",
        number="bill_no",
        modified="modify_time",
        fields=(*_BILL, Field("audit_time", "shipped_at", evolve(stamp, optional=True))),
        rules=(Rule(("bill_status",), "status", bill_status),),
        lines=Lines(
            entry="material_entity",
            line=ShipmentLine,
            fields=(
                *_LINE,
                Field("src_bill_no", "order", _MAYBE),
                Field("src_entry_id", "order_line", _ELSEWHERE),
            ),
        ),
    )


def _returns(settings: Xingchen, stamp: Codec) -> DocumentMapping:
    """A return's source may be an order or an outbound bill, and nothing known tells which; so it names none."""
    return DocumentMapping(
        entity="returns",
        source="sal_in_bound",
        document=Return,
        key="id",
        number="bill_no",
        modified="modify_time",
        fields=(*_BILL, Field("audit_time", "returned_at", evolve(stamp, optional=True))),
        rules=(Rule(("bill_status",), "status", bill_status),),
        fixed={"currency": settings.currency},
        lines=Lines(
            entry="material_entity",
            line=ReturnLine,
            fields=(*_LINE, Field("all_amount", "amount", AMOUNT), Field("is_free", "free", _GIFT)),
        ),
    )


def _customers() -> DocumentMapping:
    return DocumentMapping(
        entity="customers",
        source="customer",
        document=Customer,
        key="id",
        number="number",
        modified="modify_time",
        fields=_MASTER,
        fixed={"status": "approved"},
    )


def _products() -> DocumentMapping:
    return DocumentMapping(
        entity="products",
        source="material",
        document=Product,
        key="id",
        number="number",
        modified="modify_time",
        fields=(*_MASTER, Field("parent_number", "category", _MAYBE)),
        fixed={"status": "approved"},
    )


_GIFT = evolve(FLAG, optional=True)
_ELSEWHERE = evolve(ELSEWHERE, optional=True)
_BILL = (
    Field("id", "id", ID),
    Field("bill_no", "number"),
    Field("modify_time", "version"),
    Field("bill_status", "raw_status"),
    Field("customer_number", "customer"),
)
_LINE = (
    Field("seq", "line", WHOLE),
    Field("material_number", "sku"),
    Field("qty", "qty", AMOUNT),
)
_MASTER = (
    Field("id", "id", ID),
    Field("number", "number"),
    Field("name", "name"),
    Field("modify_time", "version", _MAYBE),
    Field("enable", "active", ENABLED),
)
