"""How stubborn and how patient a connection is. Values and pure functions only."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve, field, frozen

from erplink.errors import ConfigInvalid, Paused, RetryError
from erplink.wire.breaker import Breaker
from erplink.wire.budget import Budget
from erplink.wire.call import Call
from erplink.wire.http import LONGEST_PAUSE
from erplink.wire.rate import Rate


@frozen
class Calling:
    """How calls are made.

    ``attempts`` in all, pauses between them drawn from ``[0, base * 2**n)`` seconds and never above ``cap``; nothing
    new is begun that could not start within ``deadline`` seconds. ``patience`` is the longest wait, in seconds, for a
    limit or because the other side asks for it; where more is needed the call ends with ``Paused``. ``rate`` is the
    limit we keep by ourselves, ``in_flight`` how many calls may be under way at once (None: no limit), whoever calls.
    ``budget`` bounds the repetitions of all callers together, ``breaker`` leaves a failing server alone; None does
    without.

    Raises:
        ConfigInvalid: a figure that cannot be kept.
    """

    attempts: int = 5
    base: float = 0.5
    cap: float = 30.0
    deadline: float = 300.0
    patience: float = 60.0
    rate: Rate | None = None
    in_flight: int | None = None
    budget: Budget | None = field(factory=Budget)
    breaker: Breaker | None = field(factory=Breaker)

    def __attrs_post_init__(self) -> None:
        seconds = (self.base, self.cap, self.deadline, self.patience)
        if self.attempts < 1 or not all(each >= 0 for each in seconds):
            raise ConfigInvalid(
                f"{self.attempts} attempts with base {self.base}, cap {self.cap}, deadline {self.deadline} and "
                f"patience {self.patience} s cannot be kept",
                next_step="give at least 1 attempt, and no seconds below 0",
            )
        if self.in_flight is not None and self.in_flight < 1:
            raise ConfigInvalid(
                f"in_flight is {self.in_flight}", next_step="give the calls that may be under way at once, at least 1"
            )

    def pause(self, failures: int, error: BaseException | None, chance: float) -> float:
        """Seconds to wait after that many failures (1 ...): full jitter, with the other side's Retry-After as a floor.

        >>> Calling().pause(3, None, chance=0.5)
        1.0
        """
        jitter: float = chance * min(self.cap, self.base * 2 ** min(failures - 1, 30))
        return jitter + (floor(error) or 0.0)

    def latest(self, begun: datetime, now: datetime) -> datetime:
        """The instant until which a call that began at ``begun`` may wait for its turn."""
        left = self.deadline - (now - begun).total_seconds()
        return now + timedelta(seconds=max(min(self.patience, left, LONGEST_PAUSE), 0.0))


def floor(error: BaseException | None) -> float | None:
    """The seconds that the other side asked for with an error; a month at most."""
    asked = error.retry_after if isinstance(error, RetryError) else None
    return None if asked is None else min(max(asked, 0.0), LONGEST_PAUSE)


def may_repeat(call: Call, error: BaseException | None) -> bool:
    """Whether the pipeline may send the call again by itself.

    Only a ``RetryError`` is worth it, and only if the call is safe or had no effect for sure. Everything else is the
    adapter's to decide, after a probe. What is paused is for whoever called to take up again.
    """
    if isinstance(error, Paused):
        return False
    return isinstance(error, RetryError) and (call.safe or error.sent == "no")


@frozen
class Effort:
    """What was done so far to get a call through: the attempts made, and when the first began."""

    begun: datetime
    attempts: int = 1

    def another(self) -> Effort:
        """With one attempt more."""
        return evolve(self, attempts=self.attempts + 1)


def pause_before_next(
    calling: Calling, call: Call, error: RetryError, effort: Effort, now: datetime, chance: float
) -> float:
    """Seconds until the next attempt, or the error that says why there is none. Pure.

    Raises:
        Paused: the other side asks for more than we wait, and the call had no effect or does no harm.
        RetryError: that was enough.
    """
    asked = floor(error)
    if (
        asked is not None
        and may_repeat(call, error)
        and now + timedelta(seconds=asked) > calling.latest(effort.begun, now)
    ):
        ended = paused(error.what, error.where, now + timedelta(seconds=asked))
        ended.reply = error.reply
        raise ended from error
    wait = calling.pause(effort.attempts, error, chance)
    if effort.attempts >= calling.attempts or (now - effort.begun).total_seconds() + wait > calling.deadline:
        raise error
    return wait


def paused(what: str, where: str, until: datetime) -> Paused:
    """The error that says until when nothing is sent."""
    return Paused(
        f"{what}; nothing is sent before {until.isoformat(' ', 'seconds')}",
        until=until,
        where=where,
        next_step="run again after that instant; what was done until now stays done",
    )
