"""A rate limit as a value: each call reserves its instant and is told how long to wait for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import field, frozen

from erplink.errors import ConfigInvalid


@frozen
class Rate:
    """At most ``calls`` in ``per`` seconds, evenly spaced; ``burst`` of them may come at once after a quiet time.

    The generic cell rate algorithm (ITU-T I.371): the whole state is the instant at which the next call is due.
    With ``burst=1`` no half-open window of ``per`` seconds ever sees more than ``calls``.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> delay, due = Rate(calls=2, per=1.0).reserve(None, noon)
    >>> delay, Rate(calls=2, per=1.0).reserve(due, noon)[0]
    (0.0, 0.5)
    """

    calls: int = field()
    per: float = field(default=1.0)
    burst: int = field(default=1)

    def __attrs_post_init__(self) -> None:
        if self.calls < 1 or self.per <= 0 or self.burst < 1:
            raise ConfigInvalid(
                f"the rate limit {self.calls} calls per {self.per} s with burst {self.burst} cannot be kept",
                next_step="give calls and burst of at least 1 and a period above 0 seconds",
            )

    def reserve(self, due: datetime | None, now: datetime) -> tuple[float, datetime]:
        """Seconds this call has to wait, and the instant the next one is due."""
        step = timedelta(seconds=self.per / self.calls)
        start = now if due is None else max(due, now)
        wait = start - step * (self.burst - 1) - now
        return max(wait.total_seconds(), 0.0), start + step
