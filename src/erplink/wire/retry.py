"""How stubborn a connection is: attempts, pauses, deadline, rate limit. Values and pure functions only."""

from __future__ import annotations

from attrs import frozen

from erplink.errors import RetryError
from erplink.wire.call import Call
from erplink.wire.rate import Rate


@frozen
class Calling:
    """How calls are made.

    ``attempts`` in all, pauses between them drawn from ``[0, base * 2**n)`` seconds and never above ``cap``; nothing
    new is begun that could not start within ``deadline`` seconds. ``renewals`` is how often one call may find its
    session lost and log in again.
    """

    attempts: int = 5
    base: float = 0.5
    cap: float = 30.0
    deadline: float = 300.0
    renewals: int = 1
    rate: Rate | None = None

    def pause(self, failures: int, error: BaseException | None, chance: float) -> float:
        """Seconds to wait after that many failures (1 ...): full jitter, with the other side's Retry-After as a floor.

        >>> Calling().pause(3, None, chance=0.5)
        1.0
        """
        jitter: float = chance * min(self.cap, self.base * 2 ** min(failures - 1, 30))
        floor = error.retry_after if isinstance(error, RetryError) else None
        return jitter if floor is None else floor + jitter


def may_repeat(call: Call, error: BaseException) -> bool:
    """Whether the pipeline may send the call again by itself.

    Only a ``RetryError`` is worth it, and only if the call is safe or had no effect for sure. Everything else is the
    adapter's to decide, after a probe.
    """
    return isinstance(error, RetryError) and (call.safe or error.sent == "no")
