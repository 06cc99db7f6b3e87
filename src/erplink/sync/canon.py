"""Canonical documents from JSON that others wrote: decoded, and looked over, so that nothing behind has to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import msgspec

from erplink.errors import ShapeChanged
from erplink.model.documents import Customer, Document, Entity, Order, Product, Receipt, Return, Shipment

_TYPES: Mapping[str, Any] = {
    "orders": Order,
    "shipments": Shipment,
    "returns": Return,
    "receipts": Receipt,
    "customers": Customer,
    "products": Product,
}
_DECODERS: Mapping[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(kind, float_hook=Decimal) for name, kind in _TYPES.items()
}
_CELL = "a custom field"
_LENGTHS = {"version": 40, "note": 4000, "name": 4000, _CELL: 4000}
_LENGTH = 120
_DIGITS, _PLACES = 12, 12
_YEARS = range(1900, 2200)

_Fault = tuple[str, str]
"""Where in a document something would not fit later on, and what fits."""


def document_of(entity: Entity, payload: str) -> Document:
    """The canonical document that a JSON text is. Raises ``ShapeChanged`` naming the field that does not fit.

    >>> document_of(
    ...     "products", '{"id": "1", "number": "M1", "name": "茶", "status": "approved", "version": "1"}'
    ... ).number
    'M1'
    """
    try:
        document = cast("Document", _DECODERS[entity].decode(payload))
    except (msgspec.DecodeError, RecursionError) as error:
        what, _, path = str(error).partition(" - at `$")
        raise _misfit(entity, path.rstrip("`").lstrip("."), what) from error
    fault = _unnamed(document) or _fault(document, "")
    if fault is not None:
        raise _misfit(entity, fault[0].lstrip("."), fault[1])
    return document


def _unnamed(document: Document) -> _Fault | None:
    for name in ("id", "number", "customer"):
        if getattr(document, name, name) == "":
            return name, "a text that is not empty"
    return None


def _fault(value: object, name: str) -> _Fault | None:
    """The first fault of a value of a document. Its path is put together on the way back, when there is one."""
    if isinstance(value, str):
        longest = _LENGTHS.get(name, _LENGTH)
        fits = len(value) <= longest and "\0" not in value
        return None if fits else ("", f"a text of at most {longest} characters, without NUL")
    if isinstance(value, Decimal):
        return None if _is_plain(value) else ("", f"a number of at most {_DIGITS} digits and {_PLACES} decimal places")
    if value is None or isinstance(value, int):
        return None if value is None or abs(value) < 10**_DIGITS else ("", f"a number of at most {_DIGITS} digits")
    if isinstance(value, datetime):
        fits = value.tzinfo is not None and value.year in _YEARS
        return None if fits else ("", f"a time with its offset, between {_YEARS.start} and {_YEARS.stop}")
    if isinstance(value, tuple):
        return _first((f"[{place}]", _fault(each, name)) for place, each in enumerate(value))
    if isinstance(value, Mapping) and name != _CELL:
        return _first((f".{key}", _fault(key, _CELL) or _fault(each, _CELL)) for key, each in value.items())
    if isinstance(value, msgspec.Struct):
        inner = _first((f".{each}", _fault(getattr(value, each), each)) for each in value.__struct_fields__)
        return inner or _negative(value)
    return "", "a single value"


def _first(parts: Iterable[tuple[str, _Fault | None]]) -> _Fault | None:
    return next(((path + fault[0], fault[1]) for path, fault in parts if fault is not None), None)


def _negative(part: msgspec.Struct) -> _Fault | None:
    """Goods are bought, and come back, in figures that are not negative; a discount may be a service line below 0."""
    if getattr(part, "kind", "") == "goods":
        for name in ("qty", "amount"):
            if getattr(part, name) < 0:
                return f".{name}", "a number not below 0, as the line is of goods"
    return None


def _is_plain(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_PLACES and number.adjusted() < _DIGITS


def _misfit(entity: str, path: str, what: str) -> ShapeChanged:
    return ShapeChanged(
        f"{path or 'the document'} does not fit: {what}",
        where=f"{entity}.changed",
        next_step="have its sender publish it as the event format of the reference says",
    )
