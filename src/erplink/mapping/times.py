"""How systems write an instant: ISO text, wall time without a zone, seconds since 1970, and a few vendors' own ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from erplink.mapping import cells
from erplink.mapping.codecs import Codec, wall

FORMS = ("iso", "utc", "local", "date", "epoch", "epoch_ms", "dotnet", "typed")
"""``local`` is wall time of the system's zone; ``dotnet`` is ``/Date(ms)/``; ``typed`` an object with ``__class__``."""

_DOTNET = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = "0000-00-00"
"""How MySQL writes a date that is none."""
_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def is_form(form: str) -> bool:
    """Whether it is one of ``FORMS`` or a pattern such as ``%Y/%m/%d %H:%M``."""
    return form in FORMS or "%" in form


def time_codec(form: str, zone: ZoneInfo, *, optional: bool = False) -> Codec:
    """Instants in one form. Null and empty are None; text without an offset is wall time of the zone.

    >>> codec = time_codec("local", ZoneInfo("Asia/Shanghai"))
    >>> codec.parse("2026-11-01 08:00:00").isoformat(), codec.build(datetime(2026, 11, 1, tzinfo=UTC))
    ('2026-11-01T00:00:00+00:00', '2026-11-01 08:00:00')
    """
    parse: Callable[[Any], datetime] = _READ.get(form, _read_text)
    build = _BUILD.get(form)

    def read(cell: Any) -> datetime | None:
        if cell is None or cell == "":
            return None
        try:
            if isinstance(cell, date):
                found = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001
            else:
                found = datetime.strptime(str(cell), form) if "%" in form else parse(cell)  # noqa: DTZ007 - zoned below
            assumed = UTC if form == "typed" else zone
            return (found if found.tzinfo is not None else found.replace(tzinfo=assumed, fold=0)).astimezone(UTC)
        except (ValueError, TypeError, ArithmeticError):
            raise ValueError(f"a time ({form})") from None

    def write(value: datetime | None) -> object:
        if value is None:
            return None
        return build(value, zone) if build is not None else value.astimezone(zone).strftime(form)

    return Codec(f"time ({form})", Any, _cell, read, write, optional=optional, bulk=_stripped)


def _cell(cell: object) -> object:
    """A hashable cell: what a typed object says, else text or number as it is."""
    cell = cells.untyped(cell)
    if cell is None or (isinstance(cell, int | Decimal | date) and not isinstance(cell, bool)):
        return cell
    if isinstance(cell, str):
        text = cell.strip()
        return None if text.startswith(_NEVER) else text
    message = "a time"
    raise ValueError(message)


def _stripped(column: list[Any], kinds: frozenset[type]) -> list[Any] | None:
    return list(map(str.strip, column)) if kinds == frozenset({str}) else None


def _read_text(cell: str) -> datetime:
    return datetime.fromisoformat(cell)


def _at(cell: object, unit: timedelta) -> datetime:
    micros = Decimal(str(cell)) * (unit // timedelta(microseconds=1))
    return _EPOCH + timedelta(microseconds=int(micros))


def _dotnet(cell: str) -> datetime:
    found = _DOTNET.fullmatch(cell)
    if found is None:
        raise ValueError(cell)
    return _EPOCH + timedelta(milliseconds=int(found[1]))


def _iso(value: datetime, zone: ZoneInfo) -> str:
    return value.astimezone(zone).isoformat()


def _utc(value: datetime, _: ZoneInfo) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _date(value: datetime, zone: ZoneInfo) -> str:
    return value.astimezone(zone).date().isoformat()


def _epoch(value: datetime, _: ZoneInfo) -> int:
    return int((value - _EPOCH) // timedelta(seconds=1))


def _millis(value: datetime, _: ZoneInfo) -> int:
    return int((value - _EPOCH) // timedelta(milliseconds=1))


def _as_dotnet(value: datetime, zone: ZoneInfo) -> str:
    return f"/Date({_millis(value, zone)})/"


def _typed(value: datetime, _: ZoneInfo) -> Mapping[str, object]:
    moment = value.astimezone(UTC)
    return {"__class__": "datetime", **{part: getattr(moment, part) for part in _PARTS}}


_READ: Mapping[str, Callable[[Any], datetime]] = {
    "epoch": lambda cell: _at(cell, timedelta(seconds=1)),
    "epoch_ms": lambda cell: _at(cell, timedelta(milliseconds=1)),
    "dotnet": _dotnet,
}
_BUILD: Mapping[str, Callable[[datetime, ZoneInfo], object]] = {
    "iso": _iso,
    "utc": _utc,
    "local": wall,
    "date": _date,
    "epoch": _epoch,
    "epoch_ms": _millis,
    "dotnet": _as_dotnet,
    "typed": _typed,
}
