"""A member's tier: a window over kept spend, up immediately, down at the nightly review at 00:00 of the zone.

Spend counts from the trigger on, returns count at their own time. The review takes the metric of the day that ended;
within a day the tier only rises. Cost: one pass over the events, then a binary search per question.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec
from attrs import frozen

from erplink.model.facts import Source
from erplink.policy.points import RollingDays, TierPolicy


class SpendEvent(msgspec.Struct, frozen=True):
    """A change of kept spend in minor units: a sale from its trigger on, or a return (negative)."""

    at: datetime
    source: Source
    amount: int


class Standing(msgspec.Struct, frozen=True):
    """A tier and the metric (minor units) behind it at one instant."""

    tier: str
    metric: int


@frozen
class TierTrack:
    """The tiers of one member over time. ``peaks[n]`` is the highest metric of the day so far, after event ``n``."""

    names: tuple[str, ...]
    thresholds: tuple[Fraction, ...]
    days_back: int | None
    zone: ZoneInfo
    keys: tuple[tuple[datetime, Source], ...]
    days: tuple[int, ...]
    totals: tuple[int, ...]
    peaks: tuple[int, ...]

    def before(self, at: datetime, source: Source) -> Standing:
        """The standing just before the document ``source`` at ``at``: what an order earns with (``tier_before``)."""
        return self._after(bisect_left(self.keys, (at, source)), at)

    def at(self, now: datetime) -> Standing:
        """The standing at ``now``, everything up to and including that instant counted."""
        return self._after(bisect_right(self.keys, now, key=lambda key: key[0]), now)

    def _after(self, count: int, at: datetime) -> Standing:
        day = at.astimezone(self.zone).toordinal()
        metric = self._metric(count, day)
        peak = self.peaks[count - 1] if count and self.days[count - 1] == day else self._overnight(count, day)
        return Standing(self.level(max(peak, metric)), metric)

    def level(self, metric: int) -> str:
        """The tier that a metric reaches (thresholds are inclusive); below all of them the first."""
        return self.names[max(bisect_right(self.thresholds, metric) - 1, 0)]

    def _metric(self, count: int, day: int) -> int:
        return _windowed(self.days, self.totals, count, day, self.days_back)

    def _overnight(self, count: int, day: int) -> int:
        return max(self._metric(count, day - 1), self._metric(count, day))


def track_tiers(events: Iterable[SpendEvent], policy: TierPolicy, zone: ZoneInfo, unit: int = 100) -> TierTrack:
    """Work out all tiers of one member. ``unit`` is the number of minor units of one yuan; events come in any order.

    >>> from datetime import UTC
    >>> from erplink.policy.points import Level
    >>> ladder = TierPolicy.model_validate({"levels": [{"name": "A", "from": 0}, {"name": "B", "from": 800}]})
    >>> order = Source("erp", "orders", "1")
    >>> track = track_tiers([SpendEvent(datetime(2026, 1, 1, tzinfo=UTC), order, 80000)], ladder, ZoneInfo("UTC"))
    >>> track.at(datetime(2026, 6, 1, tzinfo=UTC)), track.at(datetime(2027, 1, 2, tzinfo=UTC)).tier
    (Standing(tier='B', metric=80000), 'A')
    """
    ordered = sorted(events, key=lambda event: (event.at, event.source))
    days = tuple(event.at.astimezone(zone).toordinal() for event in ordered)
    totals = [0]
    for event in ordered:
        totals.append(totals[-1] + event.amount)
    back = policy.window.n if isinstance(policy.window, RollingDays) else None
    running = tuple(totals)
    peaks: list[int] = []
    for n, day in enumerate(days):
        if n and days[n - 1] == day:
            before = peaks[-1]
        else:
            before = max(_windowed(days, running, n, day - 1, back), _windowed(days, running, n, day, back))
        peaks.append(max(before, _windowed(days, running, n + 1, day, back)))
    return TierTrack(
        names=tuple(level.name for level in policy.levels),
        thresholds=tuple(Fraction(level.from_) * unit for level in policy.levels),
        days_back=back,
        zone=zone,
        keys=tuple((event.at, event.source) for event in ordered),
        days=days,
        totals=running,
        peaks=tuple(peaks),
    )


def _windowed(days: tuple[int, ...], totals: tuple[int, ...], count: int, day: int, back: int | None) -> int:
    """The sum of the first ``count`` events, of those in the ``back`` days that end with ``day``."""
    first = 0 if back is None else bisect_left(days, day - back + 1, 0, count)
    return totals[count] - totals[first]
