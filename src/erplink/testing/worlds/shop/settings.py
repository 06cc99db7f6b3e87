"""The settings of a shop: one frozen value that every door to it shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen

from erplink.errors import ConfigInvalid

Grain = Literal["second", "millisecond", "microsecond"]
GRAINS: Mapping[Grain, int] = {"second": 1_000_000, "millisecond": 1000, "microsecond": 1}
"""Microseconds of each."""


def wall_clock() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


@frozen
class Shop:
    """The small ERP behind a door.

    ``zone`` is where its wall clock hangs; ``grain`` how finely it stamps changes; ``clock`` gives the present instant,
    aware. With ``orders`` the records come from that file, else with ``sample`` from the built-in shop, else there are
    none. ``state`` names the journal file that makes a restarted world the same shop. ``latency`` is seconds each reply
    takes longer, ``hang_limit`` seconds after which a reply that stopped midway is given up, ``session_seconds`` how
    long a session lives after its last use. ``faults`` are armed at start.

    >>> Shop(sample=True).tz.key
    'Asia/Shanghai'
    """

    zone: str = "Asia/Shanghai"
    grain: Grain = "second"
    clock: Callable[[], datetime] = wall_clock
    orders: Path | None = None
    sample: bool = False
    state: Path | None = None
    latency: float = 0.0
    hang_limit: float = 5.0
    session_seconds: float = 1200.0
    faults: tuple[Mapping[str, Any], ...] = ()

    @property
    def tz(self) -> ZoneInfo:
        """The zone as an object. Raises ConfigInvalid when there is none of that name."""
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            step = "give a name such as Asia/Shanghai or Europe/London"
            raise ConfigInvalid(f"zone {self.zone!r} is unknown", next_step=step) from error
