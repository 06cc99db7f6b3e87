"""All that protocol and sync code may ask of the outside world.

Code in wire, erp and sync is ``async def`` that awaits nothing but an ``Io``. The asynchronous facade awaits it; the
synchronous one steps it once, because its ``Io`` never suspends. Clock, network, commit, concurrency and chance are
injected, so a simulator can crash anywhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from erplink.errors import Sent
from erplink.wire.call import Call, Reply

T = TypeVar("T")
C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
P = ParamSpec("P")


class Database(Protocol[C_co]):
    """Whatever opens one transaction: commits when the block ends, rolls back when it raises."""

    def begin(self) -> AbstractContextManager[C_co]:
        """A connection in a transaction."""
        ...


class Span(Protocol):
    """One observed stretch of work."""

    def note(self, **facts: object) -> None:
        """Add facts; never secrets or personal data."""
        ...


class SendFailed(Exception):
    """The transport could not bring back a whole reply. ``sent`` tells whether the call may have arrived."""

    def __init__(self, what: str, sent: Sent) -> None:
        super().__init__(what)
        self.what = what
        self.sent: Sent = sent


class Io(Protocol):
    """Everything a protocol may await."""

    async def send(self, call: Call) -> Reply:
        """Send one call and read the whole reply. Raises ``SendFailed``."""
        ...

    async def transact(
        self, db: Database[C], fn: Callable[Concatenate[C, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a plain function over a connection in one transaction: the only way to a database."""
        ...

    async def gather(self, limit: int, jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Run independent jobs, at most ``limit`` at once; results in the order of the jobs.

        The only way to do two things at once. The first error is raised after the running jobs ended; jobs not begun
        are not begun.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def lock(self) -> AbstractAsyncContextManager[object]:
        """A new mutual exclusion among the callers of this Io."""
        ...

    def slots(self, limit: int) -> AbstractAsyncContextManager[object]:
        """A new bound among the callers of this Io: at most ``limit`` are in the block at once, the others wait."""
        ...

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    def random(self) -> float:
        """A number in [0, 1) for jitter."""
        ...

    def span(self, name: str, **facts: object) -> AbstractAsyncContextManager[Span]:
        """Observe a stretch of work."""
        ...
