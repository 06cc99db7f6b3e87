"""When things are due: how often a worker reads and looks, and how long it leaves alone what failed. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from erplink.errors import Paused, RetryError, SkipError


@frozen
class Backoff:
    """Pauses that double from ``base`` to ``cap``."""

    base: timedelta
    cap: timedelta

    def after(self, failures: int, chance: float) -> timedelta:
        """The pause after that many failures in a row (1 ...): between a half and the whole of it.

        >>> Backoff(timedelta(seconds=4), timedelta(minutes=1)).after(3, chance=0.5)
        datetime.timedelta(seconds=12)
        """
        pause: timedelta = min(self.cap, self.base * 2 ** min(failures - 1, 30))
        return pause * (0.5 + chance / 2)


@frozen
class Rhythm:
    """How often feeds are read and queues are looked at, and what rests how long.

    ``passing`` is for what may be over soon, ``standing`` for what a person has to put right: a refused password is
    not tried every few seconds.
    """

    pull_every: timedelta = timedelta(minutes=1)
    look_every: timedelta = timedelta(seconds=5)
    passing: Backoff = Backoff(timedelta(seconds=5), timedelta(minutes=5))
    standing: Backoff = Backoff(timedelta(minutes=1), timedelta(hours=1))

    def rest(self, error: Exception, failures: int, now: datetime, chance: float) -> datetime:
        """Until when a part is left alone after it failed that often in a row."""
        if isinstance(error, Paused):
            return error.until
        if isinstance(error, RetryError):
            return now + self.passing.after(failures, chance) + timedelta(seconds=error.retry_after or 0)
        backoff = self.passing if isinstance(error, SkipError) else self.standing
        return now + backoff.after(failures, chance)

    @property
    def slack(self) -> timedelta:
        """How early a feed may be read, so that a scheduler that comes a moment early does not come for nothing."""
        return self.pull_every / 10
