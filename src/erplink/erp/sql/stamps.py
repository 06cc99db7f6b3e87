"""The stamps of a column as it keeps them: dates, instants, texts, numbers; and how a window is cut by them.

Stamps are only ever compared with whole grains of our own (a second, a minute, a day). What a driver gives back is
never compared with: some cut off or round the last digits of what the database keeps, and a row would be passed over
or come for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.mapping.native import native
from erplink.mapping.times import time_codec

_SECOND = timedelta(seconds=1)
_GRAINS = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
_TURN = timedelta(hours=3)
"""Within so long a clock that is set back has passed the same hour twice."""
_NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
_STEPS = (1, 59, 3_600, 86_400, 27 * 86_400, 330 * 86_400)
"""Seconds between instants that tell whether a way of writing them sorts by time."""
_PATTERNS = {
    "0000-00-00 00:00:00": '"%Y-%m-%d %H:%M:%S"',
    "0000-00-00T00:00:00": '"%Y-%m-%dT%H:%M:%S"',
    "0000-00-00T00:00:00Z": '"utc"',
    "0000-00-00": '"date"',
    "0000/00/00 00:00:00": '"%Y/%m/%d %H:%M:%S"',
    "0000/00/00": '"%Y/%m/%d"',
    "00000000": '"%Y%m%d"',
    "00000000000000": '"%Y%m%d%H%M%S"',
}
_MILLIS = 10**11
"""Seconds since 1970 are fewer for another thousand years."""


@frozen
class Stamps:
    """The stamps of one column: what an instant is there, and how far apart two stamps are at least."""

    value: Callable[[datetime], Any]
    at: Callable[[Any], datetime | None]
    grain: timedelta
    zone: ZoneInfo

    def low(self, since: datetime) -> Any:
        """What stamps from an instant on are not below. A stamp stands for its whole grain, so it begins with that."""
        # While a clock is set back, what is written later may have the earlier wall time.
        turned = since.astimezone(self.zone).utcoffset() or timedelta()
        back = turned - ((since + _TURN).astimezone(self.zone).utcoffset() or timedelta())
        return self.value(self.floor(since - max(back, timedelta())))

    def high(self, until: datetime) -> Any:
        """What stamps before an instant are below; of a grain longer than a second all that has begun counts."""
        whole = self.floor(until)
        begun = self.grain > _SECOND and whole < until
        return self.value(whole + self.grain if begun else whole)

    def floor(self, at: datetime) -> datetime:
        """The beginning of the grain in which an instant lies, by the wall clock of the zone."""
        wall = at.astimezone(self.zone).replace(microsecond=0)
        if self.grain >= _GRAINS[0]:
            wall = wall.replace(second=0)
        if self.grain >= _GRAINS[1]:
            wall = wall.replace(minute=0)
        if self.grain >= _GRAINS[2]:
            wall = wall.replace(hour=0)
        return wall.astimezone(UTC)


def is_stamp(cell: object) -> bool:
    """Whether a cell says anything: MySQL writes a date that is none as zeros."""
    return cell is not None and not (isinstance(cell, str) and not cell.strip(" 0-:.T"))


def stamps_of(sample: object, form: str, zone: ZoneInfo) -> Stamps:
    """How a column keeps stamps, told by one of them. ``form`` is how texts and numbers are written.

    Raises ValueError, saying what to write in the manifest, for a column whose stamps cannot be read or do not sort.
    """
    value = _native(sample, zone) or _written(sample, form, zone)
    codec = time_codec(form, zone)

    def at(cell: Any) -> datetime | None:
        found: datetime | None = codec.parse(codec.coerce(native(cell))) if codec.parse is not None else None
        return found

    if isinstance(sample, str):
        _check_shape(sample, str(value(_NOON)), form)
    _check_order(value, form)
    at(sample)
    return Stamps(value, at, _grain(value, zone), zone)


def _native(sample: object, zone: ZoneInfo) -> Callable[[datetime], Any] | None:
    """For columns whose stamps are dates or instants themselves."""
    if isinstance(sample, datetime):
        if sample.tzinfo is not None:
            return lambda at: at.astimezone(UTC)
        return lambda at: at.astimezone(zone).replace(tzinfo=None)
    if isinstance(sample, date):
        return lambda at: at.astimezone(zone).date()
    return None


def _written(sample: object, form: str, zone: ZoneInfo) -> Callable[[datetime], Any]:
    """For columns of texts or numbers."""
    codec = time_codec(form, zone)
    if isinstance(sample, str):
        return lambda at: str(codec.build(at))
    number = sample if isinstance(sample, int | float | Decimal) and not isinstance(sample, bool) else None
    if number is None:
        raise ValueError(f"the stamps are {type(sample).__name__} values; name a column of dates, texts or numbers")
    if form not in {"epoch", "epoch_ms"} and "%" not in form:
        guess = '"epoch_ms"' if number > _MILLIS else '"epoch"'
        raise ValueError(f"the stamps are numbers; write time = {guess}, or a pattern such as %Y%m%d, for modified")
    return lambda at: int(str(codec.build(at)))


def _check_shape(sample: str, written: str, form: str) -> None:
    found, ours = _shape(sample), _shape(written)
    if found != ours:
        pattern = _PATTERNS.get(found, "a pattern such as %Y-%m-%d %H:%M:%S")
        raise ValueError(f"the stamps are texts like {found}, and {form!r} is {ours}; write time = {pattern}")


def _shape(text: str) -> str:
    return re.sub(r"\d", "0", re.sub(r"\.\d+", "", text.strip()))


def _check_order(value: Callable[[datetime], Any], form: str) -> None:
    last = _NOON
    for seconds in _STEPS:
        next_ = last + timedelta(seconds=seconds)
        if value(next_) < value(last):
            raise ValueError(f"stamps written like {form} do not sort by time; make a view with a column of dates")
        last = next_


def _grain(value: Callable[[datetime], Any], zone: ZoneInfo) -> timedelta:
    midnight = datetime(2026, 1, 31, tzinfo=zone)
    found = _SECOND
    for grain in _GRAINS:
        if value(midnight) != value(midnight + grain - _SECOND):
            break
        found = grain
    return found
