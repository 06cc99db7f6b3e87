"""How one cell of a reply becomes a value, and how the value is written back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.mapping import cells


def _same(value: Any) -> Any:
    return value


Bulk = Callable[[list[Any], frozenset[type]], list[Any] | None]
"""A column and the types of its cells → the column as ``coerce`` would make it, or None."""


@frozen
class Codec:
    """``wire`` is the type a cell is decoded to, ``parse`` makes the value (None: the cell is the value).

    ``coerce`` brings a cell of another type to ``wire`` where nothing is lost (raises ValueError where it cannot);
    ``build`` makes what is written of a value. For every value: ``parse(build(value)) == value``. ``optional``: a reply
    may lack it altogether, which is then like null. ``bulk`` coerces a whole column by the types that occur in it, and
    gives None where each cell has to be looked at.
    """

    name: str
    wire: Any
    coerce: Callable[[object], object]
    parse: Callable[[Any], Any] | None = None
    build: Callable[[Any], object] = _same
    optional: bool = False
    bulk: Bulk | None = None


def _texts(column: list[Any], kinds: frozenset[type]) -> list[Any] | None:
    if kinds <= _TEXTS:
        return column
    return list(map(str, column)) if kinds == _INTS else None


def _wholes(column: list[Any], kinds: frozenset[type]) -> list[Any] | None:
    return column if kinds == _INTS else None


def _numbers(column: list[Any], kinds: frozenset[type]) -> list[Any] | None:
    if kinds <= _NUMBERS:
        return column if kinds == _DECIMALS else list(map(Decimal, column))
    if kinds != _STRINGS:
        return None
    try:
        found = list(map(Decimal, column))
    except InvalidOperation:
        return None
    return found if all(map(Decimal.is_finite, found)) else None


def _flags(column: list[Any], kinds: frozenset[type]) -> list[Any] | None:
    return column if kinds == _BOOLS else None


_STRINGS, _INTS, _DECIMALS, _BOOLS = (frozenset({kind}) for kind in (str, int, Decimal, bool))
_NUMBERS, _TEXTS = _INTS | _DECIMALS, _STRINGS | {type(None)}

ID = Codec("id", int, cells.whole, str, int)
"""An internal id; text on our side."""
ENTRY = Codec("entry id", int | None, cells.entry, str)
"""The id of an entry row; none where a document has no rows."""
TEXT = Codec("text", str | None, cells.words, cells.strip, bulk=_texts)
"""Text; null and the single blank an ERP may store for nothing are both empty."""
WHOLE = Codec("whole", int, cells.whole, bulk=_wholes)
"""A whole number."""
AMOUNT = Codec("amount", Decimal, cells.number, bulk=_numbers)
"""An exact decimal, from the very digits of the reply."""
FLAG = Codec("flag", bool, cells.switch, bulk=_flags)
"""True or false."""
SCALAR = Codec("scalar", Any, cells.scalar)
"""A custom field: whatever single value the tenant keeps there."""


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

    return Codec("instant", str | None, cells.words, parse, build)


def wall(moment: datetime, zone: ZoneInfo) -> str:
    """An aware moment as the server's clock shows it, to the second, without an offset.

    >>> wall(datetime(2026, 11, 1, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    '2026-11-01 08:00:00'
    """
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat(" ")
