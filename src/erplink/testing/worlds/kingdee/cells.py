"""One cell of a document: how a value sent by a client, a literal of a filter or a journal entry becomes one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from erplink.testing.worlds.kingdee.forms import Cell, Field

_WALL = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?")
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0", ""})


def wall(moment: datetime) -> str:
    """A moment as the ERP writes it: server-local wall time, second grain, no offset.

    >>> wall(datetime(2026, 11, 1, 8, 30))
    '2026-11-01T08:30:00'
    """
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def wall_text(text: str) -> str:
    """A date or date-time text in the ERP's own form.

    Raises ValueError when it is neither.

    >>> wall_text("2026-11-1 8:30")
    '2026-11-01T08:30:00'
    """
    found = _WALL.fullmatch(text.strip())
    if found is None:
        message = f"{text!r} is not a date"
        raise ValueError(message)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second).isoformat()  # noqa: DTZ001 - the ERP has no offsets


def switch(value: Any) -> bool:
    """A vendor's boolean, which may be a boolean, a number or the text "true" / "false".

    Raises ValueError for anything else.
    """
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE or value is None:
        return False
    message = f"{value!r} is not a boolean"
    raise ValueError(message)


def decimal(value: Any) -> Decimal:
    """An exact, finite number. Raises ValueError for anything else."""
    try:
        number = Decimal(str(value).strip()) if not isinstance(value, Decimal) else value
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or isinstance(value, bool):
        message = f"{value!r} is not a number"
        raise ValueError(message)
    return number


def reference(value: Any) -> str:
    """The number inside ``{"FNumber": …}``, whatever the case of that key; a bare text is ignored, as by the vendor."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if str(key).lower() in {"fnumber", "fuserid", "fcontactnumber", "fstaffnumber"}:
                return str(inner or "").strip()
    return ""


def cell(field: Field, value: Any) -> Cell:
    """What is stored for a value sent in a save. Raises ValueError when it does not fit the field."""
    match field.kind:
        case "ref":
            return reference(value)
        case "decimal":
            return decimal(value if value not in (None, "") else 0)
        case "int" | "id":
            return int(decimal(value if value not in (None, "") else 0))
        case "bool":
            return switch(value)
        case "date":
            return wall_text(str(value)) if value else None
        case "custom":
            return value if isinstance(value, str | int | Decimal | bool | None) else str(value)
        case "name":
            return name(value)
        case "text":
            return "" if value is None else str(value)


def name(value: Any) -> str:
    """A multi-language text: plain, or the simplified Chinese one of a list of ``{"Key": 2052, "Value": …}``."""
    if isinstance(value, list):
        texts = {str(item.get("Key")): str(item.get("Value") or "") for item in value if isinstance(item, Mapping)}
        return texts.get("2052") or next(iter(texts.values()), "")
    return "" if value is None else str(value)


def restored(field: Field, value: Any) -> Cell:
    """The cell a journal entry was written from."""
    if field.kind == "decimal" and value is not None:
        return decimal(value)
    result: Cell = value
    return result


def literal(field: Field, value: str | Decimal) -> Cell:
    """A literal of a filter in the kind of the field it is compared with. Raises ValueError when it cannot be."""
    match field.kind:
        case "decimal" | "int" | "id" | "ref":
            return decimal(value)
        case "bool":
            return switch(value)
        case "date":
            return wall_text(str(value))
        case _:
            return str(value)


def day(text: str | None, otherwise: date) -> str:
    """Midnight of a stored date, or of the given day when there is none."""
    return text or f"{otherwise.isoformat()}T00:00:00"
