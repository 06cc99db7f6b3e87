"""How one cell of a reply becomes a value, and how the value is written back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.mapping import cells


def _same(value: Any) -> Any:
    return value


@frozen
class Codec:
    """``wire`` is the type a cell is decoded to, ``parse`` makes the value (None: the cell is the value).

    ``coerce`` brings a cell of another type to ``wire`` where nothing is lost (raises ValueError where it cannot);
    ``build`` makes what is written of a value. For every value: ``parse(build(value)) == value``. ``optional``: a reply
    may lack it altogether, which is then like null.
    """

    name: str
    wire: Any
    coerce: Callable[[object], object]
    parse: Callable[[Any], Any] | None = None
    build: Callable[[Any], object] = _same
    optional: bool = False


ID = Codec("id", int, cells.whole, str, int)
"""An internal id; text on our side."""
ENTRY = Codec("entry id", int | None, cells.entry, str)
"""The id of an entry row; none where a document has no rows."""
TEXT = Codec("text", str | None, cells.words, cells.strip)
"""Text; null and the single blank an ERP may store for nothing are both empty."""
WHOLE = Codec("whole", int, cells.whole)
"""A whole number."""
AMOUNT = Codec("amount", Decimal, cells.number)
"""An exact decimal, from the very digits of the reply."""
FLAG = Codec("flag", bool, cells.switch)
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
