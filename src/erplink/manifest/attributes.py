"""What the attributes of our documents are, so that a manifest need not say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from attrs import frozen

from erplink.manifest.words import Type
from erplink.model import documents
from erplink.model.documents import Entity, Stock

DOCUMENTS: Mapping[Entity, type[msgspec.Struct]] = {
    "orders": documents.Order,
    "shipments": documents.Shipment,
    "returns": documents.Return,
    "receipts": documents.Receipt,
    "refunds": documents.Refund,
    "receivables": documents.Receivable,
    "customers": documents.Customer,
    "products": documents.Product,
    "prices": documents.PriceList,
    "stock": Stock,
}
LINES: Mapping[Entity, type[msgspec.Struct]] = {
    "orders": documents.OrderLine,
    "shipments": documents.ShipmentLine,
    "returns": documents.ReturnLine,
    "prices": documents.PriceLine,
}
_SET_BY_US = frozenset({"lines", "custom", "raw_status"})
_TYPES: Mapping[object, Type] = {Decimal: "number", int: "whole", bool: "flag", str: "text", datetime: "time"}


@frozen
class Attribute:
    """One attribute: its type, the only words it may hold (empty: any), and whether a document cannot be without."""

    type: Type
    words: tuple[str, ...] = ()
    required: bool = False
    default: Any = None


def attributes(made: type[msgspec.Struct]) -> Mapping[str, Attribute]:
    """The attributes of a document or line that a manifest may map.

    >>> attributes(documents.OrderLine)["qty"]
    Attribute(type='number', words=(), required=True, default=None)
    """
    hints = get_type_hints(made)
    return {
        one.name: _attribute(hints[one.name], one) for one in msgspec.structs.fields(made) if one.name not in _SET_BY_US
    }


def _attribute(hint: Any, one: msgspec.structs.FieldInfo) -> Attribute:
    required = one.default is msgspec.NODEFAULT and one.default_factory is msgspec.NODEFAULT
    default = None if one.default is msgspec.NODEFAULT else one.default
    if get_origin(hint) is Literal:
        return Attribute("text", get_args(hint), required, default)
    kinds = [each for each in (*get_args(hint), hint) if each in _TYPES]
    kind = datetime if datetime in kinds else kinds[0]
    return Attribute(_TYPES[kind], (), required, default)
