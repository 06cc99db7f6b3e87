"""Dates as people and spreadsheets write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from erplink.erp.files.texts import Unfit, pattern
from erplink.mapping.times import time_codec

_TEXT = re.compile(
    r"""(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?
        (?:[T\s]*(?P<half>上午|下午|[AaPp][Mm])?\s*
           (?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})\s*(?:[:分]\s*(?P<second>\d{1,2})(?P<part>\.\d+)?)?\s*[分秒]?
           \s*(?P<late>[AaPp][Mm])?
        )?\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?""",
    re.VERBOSE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?")
_DAY_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(\s.*)?")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_SERIALS = range(10_000, 110_000)
"""Days since the last day of 1899 that are taken for dates: 1927 to 2201."""
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - wall time
_NOON = 12
_WHOLE_SECOND = timedelta(milliseconds=1)


def moment(cell: object, zone: ZoneInfo, form: str = "") -> datetime | None:
    """The instant (UTC) that a cell means; None for an empty one. What names no offset is wall time of the zone.

    ``form`` is a way to write that a manifest names; without one, any usual way that begins with the year is read.
    Raises ``Unfit``.

    >>> shanghai = ZoneInfo("Asia/Shanghai")
    >>> moment("2026年11月1日", shanghai).isoformat(), moment(46327.5, shanghai).isoformat()
    ('2026-10-31T16:00:00+00:00', '2026-11-01T04:00:00+00:00')
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    found = _formed(cell, zone, form) if form and not isinstance(cell, date) else _wall(cell)
    try:
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone, fold=0)).astimezone(UTC)
    except OverflowError:
        raise Unfit("time", pattern(cell)) from None


def _formed(cell: object, zone: ZoneInfo, form: str) -> datetime:
    codec = time_codec(form, zone)
    whole = int(cell) if isinstance(cell, float) and cell.is_integer() else cell
    if codec.parse is not None:
        try:
            found: datetime | None = codec.parse(codec.coerce(whole))
        except ValueError:
            found = None
        if found is not None:
            return found
    if "%" not in form:
        raise Unfit("time", pattern(cell))
    return _wall(cell)


def _wall(cell: object) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - wall time
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return _serial(cell)
    if isinstance(cell, str):
        return _read(cell.strip())
    raise Unfit("time", pattern(cell))


def _serial(days: float | Decimal) -> datetime:
    if not _SERIALS.start <= days < _SERIALS.stop:
        compact = _COMPACT.fullmatch(str(int(days))) if days == int(days) else None
        if compact is None:
            raise Unfit("time", pattern(days))
        return _made(*compact.groups())
    found = _SERIAL_ZERO + timedelta(days=float(days))
    whole = (found + timedelta(milliseconds=500)).replace(microsecond=0)
    return whole if abs(whole - found) < _WHOLE_SECOND else found


def _read(text: str) -> datetime:
    found = _TEXT.fullmatch(text)
    if found is not None:
        return _of_parts(text, found)
    compact = _COMPACT.fullmatch(text)
    if compact is not None:
        return _made(*compact.groups())
    if _SERIAL.fullmatch(text):
        return _serial(Decimal(text))
    raise Unfit("day_or_month" if _DAY_FIRST.fullmatch(text) else "time", pattern(text))


def _of_parts(text: str, found: re.Match[str]) -> datetime:
    half = (found["half"] or found["late"] or "").lower()
    hour = int(found["hour"] or 0)
    if half in {"下午", "pm"} and hour < _NOON:
        hour += _NOON
    elif half in {"上午", "am"} and hour == _NOON:
        hour = 0
    wall = _made(found["year"], found["month"], found["day"], str(hour), found["minute"], found["second"])
    if found["part"]:
        wall += timedelta(seconds=float(found["part"]))
    offset = found["offset"]
    if not offset:
        return wall
    try:
        return datetime.fromisoformat(f"{wall.isoformat()}{offset}")
    except ValueError:
        raise Unfit("time", pattern(text)) from None


def _made(*parts: str | None) -> datetime:
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in parts)
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - wall time
    except ValueError:
        raise Unfit("time", pattern("-".join(part for part in parts if part))) from None
