"""How one cell of a query reply becomes a value, and how the value is written back in a Save."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0", ""})
_SERVICE = "Service"


def _same(value: Any) -> Any:
    return value


@frozen
class Codec:
    """``wire`` is the type a cell is decoded to, ``parse`` makes the value (None: the cell is the value).

    ``coerce`` brings a cell of another type to ``wire`` where nothing is lost (raises ValueError where it cannot);
    ``build`` writes a value for Save. For every value: ``parse(build(value)) == value``.
    """

    name: str
    wire: Any
    coerce: Callable[[object], object]
    parse: Callable[[Any], Any] | None = None
    build: Callable[[Any], object] = _same


def _whole(cell: object) -> int:
    try:
        number = Decimal(str(cell).strip())
        if number == number.to_integral_value() and not isinstance(cell, bool):
            return int(number)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    message = "a whole number"
    raise ValueError(message)


def _number(cell: object) -> Decimal:
    try:
        number = Decimal(str(cell).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(cell, bool) or not number.is_finite():
        message = "a number"
        raise ValueError(message)
    return number


def _words(cell: object) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, int | Decimal):
        return str(cell)
    message = "a text"
    raise ValueError(message)


def _switch(cell: object) -> bool:
    text = str(cell).strip().lower()
    if text in _TRUE or text in _FALSE or cell is None:
        return text in _TRUE
    message = "true or false"
    raise ValueError(message)


def _entry(cell: object) -> int | None:
    return None if cell is None or str(cell).strip() in {"", "0"} else _whole(cell)


def _scalar(cell: object) -> object:
    if cell is None or isinstance(cell, str | int | Decimal | bool):
        return cell
    message = "a single value"
    raise ValueError(message)


def _strip(cell: str | None) -> str:
    return cell.strip() if cell else ""


def _blank_zero(cell: int | None) -> str:
    return str(cell) if cell else ""


def _kind(cell: str | None) -> str:
    return "service" if cell is not None and cell.strip() == _SERVICE else "goods"


def _row_type(value: str) -> str:
    return _SERVICE if value == "service" else "Standard"


def _enabled(cell: str | None) -> bool:
    return cell is None or cell.strip() != "B"


ID = Codec("id", int, _whole, str, int)
"""An internal id; text on our side."""
ENTRY = Codec("entry id", int | None, _entry, str)
"""The id of an entry row; none where a document has no rows."""
REFERENCE = Codec("reference", int | None, _entry, _blank_zero)
"""The id of a row elsewhere; 0 and null mean none."""
TEXT = Codec("text", str | None, _words, _strip)
"""Text; null and the single blank the ERP stores for nothing are both empty."""
WHOLE = Codec("whole", int, _whole)
"""A whole number."""
AMOUNT = Codec("amount", Decimal, _number)
"""An exact decimal, from the very digits of the reply."""
FLAG = Codec("flag", bool, _switch)
"""True or false."""
SCALAR = Codec("scalar", Any, _scalar)
"""A custom field: whatever single value the tenant keeps there."""
KIND = Codec("kind", str | None, _words, _kind, _row_type)
"""FRowType of a line: Service or goods."""
ENABLED = Codec("enabled", str | None, _words, _enabled)
"""FForbidStatus: B means forbidden."""


def instant(zone: ZoneInfo) -> Codec:
    """A wall-clock stamp of the server: aware, UTC. Null is None. In a repeated hour the first is meant.

    >>> instant(ZoneInfo("Asia/Shanghai")).parse("2026-11-01T08:00:00").isoformat()
    '2026-11-01T00:00:00+00:00'
    """

    def parse(cell: str | None) -> datetime | None:
        if cell is None or not cell.strip():
            return None
        return datetime.fromisoformat(cell.strip()).replace(tzinfo=zone, fold=0).astimezone(UTC)

    def build(value: datetime | None) -> str | None:
        return None if value is None else wall(value, zone)

    return Codec("instant", str | None, _words, parse, build)


def wall(moment: datetime, zone: ZoneInfo) -> str:
    """An aware moment as the server's clock shows it, to the second, without an offset.

    >>> wall(datetime(2026, 11, 1, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    '2026-11-01 08:00:00'
    """
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat(" ")


def currency(local: str) -> Codec:
    """A settlement currency: PRE001 and nothing are the local one, any other keeps the ERP's code."""

    def parse(cell: str | None) -> str:
        code = _strip(cell)
        return local if code in {"", "PRE001"} else code

    def build(value: str) -> str:
        return "PRE001" if value == local else value

    return Codec("currency", str | None, _words, parse, build)
