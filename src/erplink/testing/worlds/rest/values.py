"""How a house writes a number and an instant, and how it reads what a client sends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from erplink.testing.worlds.rest.settings import Decimals, Times

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DOTNET = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def written_number(form: Decimals, value: Decimal) -> Any:
    """A decimal with all its digits."""
    if form == "number":
        return value
    text = format(value, "f")
    return text if form == "string" else {"__class__": "Decimal", "decimal": text}


def written_time(form: Times, zone: ZoneInfo) -> Callable[[datetime], Any]:
    """How instants are written in this form."""
    ways: Mapping[Times, Callable[[datetime], Any]] = {
        "iso": lambda moment: moment.astimezone(zone).isoformat(),
        "utc": lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "local": lambda moment: moment.astimezone(zone).replace(tzinfo=None).isoformat(" "),
        "epoch": _seconds,
        "epoch_ms": lambda moment: (moment - _EPOCH) // timedelta(milliseconds=1),
        "dotnet": lambda moment: f"/Date({(moment - _EPOCH) // timedelta(milliseconds=1)})/",
        "typed": _typed,
    }
    return ways[form]


def read_number(cell: object) -> Decimal:
    """A decimal as any client may write it. Raises ValueError."""
    if isinstance(cell, Mapping):
        cell = cell.get("decimal")
    if isinstance(cell, bool) or not isinstance(cell, int | str | Decimal):
        raise ValueError(cell)  # noqa: TRY004 - the cell is wrong, whatever it is
    try:
        number = Decimal(cell)
    except InvalidOperation:
        raise ValueError(cell) from None
    if not number.is_finite():
        raise ValueError(cell)
    return number


def read_time(cell: object, zone: ZoneInfo) -> datetime:
    """An instant as any client may write it; without an offset it is the shop's wall time. Raises ValueError."""
    if isinstance(cell, str) and cell.startswith("{"):
        cell = json.loads(cell)
    if isinstance(cell, Mapping):
        year, month, day, *rest = (int(cell.get(part, 0)) for part in _PARTS)
        hour, minute, second, micro = rest
        return datetime(year, month, day, hour, minute, second, micro, UTC)
    if isinstance(cell, int | Decimal) and not isinstance(cell, bool):
        return _since_epoch(Decimal(cell))
    if not isinstance(cell, str):
        raise ValueError(cell)  # noqa: TRY004 - the cell is wrong, whatever it is
    dotnet = _DOTNET.fullmatch(cell)
    if dotnet is not None:
        return _since_epoch(Decimal(dotnet[1]))
    if re.fullmatch(r"-?\d+(\.\d+)?", cell) and len(cell) > len("20261101"):
        return _since_epoch(Decimal(cell))
    moment = datetime.fromisoformat(cell)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def _since_epoch(number: Decimal) -> datetime:
    """Seconds or milliseconds, told apart by their size."""
    millis = number if abs(number) >= 100_000_000_000 else number * 1000
    return _EPOCH + timedelta(microseconds=int(millis * 1000))


def _seconds(moment: datetime) -> Any:
    whole = (moment - _EPOCH) // timedelta(seconds=1)
    return whole if not moment.microsecond else Decimal(whole) + Decimal(moment.microsecond).scaleb(-6)


def _typed(moment: datetime) -> Any:
    moment = moment.astimezone(UTC)
    return {"__class__": "datetime", **{part: getattr(moment, part) for part in _PARTS}}
