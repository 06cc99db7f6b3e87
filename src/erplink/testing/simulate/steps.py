"""What a coroutine asks of the simulated world: one step each, yielded to the scheduler, and the name of its point.

An await point is where shipped code awaits its ``Io``: ``send:orders.create``, ``transact:queue.claim``,
``sleep:deliver``. The name does not depend on line numbers, so that a table of points can be read years later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from inspect import currentframe
from typing import Any

from attrs import define, field

from erplink.wire.call import Call
from erplink.wire.io import Database

_ALIASES = {"asyncio": "retry", "pipeline": "wire"}


class Step:
    """Something awaited: the scheduler gets the step itself, and sends back its result."""

    __slots__ = ()
    point: str

    def __await__(self) -> Generator[Step, Any, Any]:
        """Hand the step over."""
        return (yield self)


@define(eq=False)
class Send(Step):
    """One call to a server."""

    point: str
    call: Call


@define(eq=False)
class Transact(Step):
    """One function in one transaction."""

    point: str
    database: Database[Any]
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    named: dict[str, Any]


@define(eq=False)
class Sleep(Step):
    """A pause of shipped code."""

    point: str
    seconds: float


@define(eq=False)
class Idle(Step):
    """A pause of the scenario itself: no await point, nothing strikes here."""

    micros: int
    point: str = ""


@define(eq=False)
class Acquire(Step):
    """Waiting for a lock, or for one of several slots."""

    point: str
    slots: Slots


@define(eq=False)
class Gather(Step):
    """Several jobs at once."""

    point: str
    limit: int
    jobs: Sequence[Callable[[], Awaitable[Any]]]


@define(eq=False)
class Slots:
    """A bound among the tasks of one process; with one slot, a lock. ``waiting`` are those for whom none is free."""

    point: str
    free: int = 1
    waiting: list[Callable[[], None]] = field(factory=list)

    async def __aenter__(self) -> None:
        """Take a slot, or wait."""
        await Acquire(self.point, self)

    async def __aexit__(self, *ended: object) -> None:
        """Let the next one in."""
        if self.waiting:
            self.waiting.pop(0)()
        else:
            self.free += 1


def named(work: Callable[..., Any]) -> str:
    """The name of a function that runs in a transaction: its module and its own, without underscores."""
    inner: Callable[..., Any] = getattr(work, "func", work)
    return f"{inner.__module__.rpartition('.')[2]}.{inner.__name__.strip('_')}"


def caller() -> str:
    """The module that awaits: two frames up from here."""
    here = currentframe()
    asked = here.f_back if here else None
    awaits = asked.f_back if asked else None
    module: str = awaits.f_globals["__name__"] if awaits else "nobody"
    last = module.rpartition(".")[2]
    return _ALIASES.get(last, last)
