"""What may go wrong at an await point, and who decides it: a seed, or the script of an earlier run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal, Protocol, get_args

from attrs import define, field, frozen

Kind = Literal[
    "crash before",
    "crash midway",
    "crash after",
    "crash in flight",
    "no connection",
    "request lost",
    "reply lost",
    "gateway error",
    "busy",
    "twice",
    "session lost",
    "database away",
    "stall",
    "slow",
    "clock skew",
    "late document",
]
"""Everything that can go wrong.

``crash before`` and ``after`` the step's effect (for a transaction: after its commit, before the worker learns of it),
``midway`` right before the commit, ``in flight`` while the request is on its way: it has its effect some seconds later.
``no connection`` did not send; ``request lost`` and ``reply lost`` time out before
and after the effect; ``gateway error`` is a 502 with or without effect. ``twice`` is a request delivered twice, or a
document that a page repeats. ``stall`` holds a transaction, and its lock, open for long. ``slow`` lets a worker go on
only after its leases ran out. ``clock skew`` and ``late document`` lie over whole lives and days, not at one step.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)

_EVERYWHERE: tuple[Kind, ...] = ("crash before", "crash after", "slow")
_SEND: tuple[Kind, ...] = (
    *_EVERYWHERE,
    "crash in flight",
    "no connection",
    "request lost",
    "reply lost",
    "gateway error",
    "busy",
    "session lost",
)
_TRANSACT: tuple[Kind, ...] = (*_EVERYWHERE, "crash midway", "database away", "stall")
_STRIKES: Mapping[str, tuple[Kind, ...]] = {
    "send": _SEND,
    "transact": _TRANSACT,
    "sleep": _EVERYWHERE,
    "lock": _EVERYWHERE,
    "slots": _EVERYWHERE,
    "gather": _EVERYWHERE,
}


def kinds_at(point: str) -> tuple[Kind, ...]:
    """What can strike at a step. A create is never delivered twice: no client could undo that."""
    what, _, name = point.partition(":")
    kinds = _STRIKES[what]
    return (*kinds, "twice") if what == "send" and not name.endswith(".create") else kinds


def kinds_of(point: str) -> tuple[Kind, ...]:
    """Everything that can go wrong at a point, what lies over whole days included."""
    late: tuple[Kind, ...] = ("late document",) if point.endswith(".changes") else ()
    return (*kinds_at(point), "clock skew", *late)


@frozen
class Fault:
    """One thing that goes wrong: at the ``nth`` time (from 1) that ``actor`` comes to ``point``.

    ``dose`` in [0, 1) says how much of it: how long, whether a failed call had its effect.
    """

    actor: str
    point: str
    nth: int
    kind: Kind
    dose: float

    def __str__(self) -> str:
        return f"{self.kind} at {self.point} (no. {self.nth} of {self.actor})"


class Fate(Protocol):
    """Decides what strikes and how long things take. ``struck`` is what did; nothing does once it is ``quiet``."""

    @property
    def struck(self) -> list[Fault]:
        """The faults so far."""
        ...

    @property
    def quiet(self) -> bool:
        """Whether nothing strikes any more."""
        ...

    def strike(self, actor: str, point: str) -> Fault | None:
        """The fault at this step, if any."""
        ...

    def delay(self, actor: str) -> int:
        """Microseconds until the result of a step reaches its worker."""
        ...


FEWEST = 3
"""Faults that strike in every seed, whatever chance says."""

_LATE = 60
_RARE: Mapping[str, float] = {
    "send:crm.clock": 0.6,
    "send:crm.customers.changes": 0.6,
    "send:crm.customers.update": 0.9,
    "send:crm.login": 0.6,
    "send:customers.update": 0.4,
    "send:orders.create": 0.4,
    "send:orders.get": 0.9,
    "send:orders.cancel": 0.9,
    "sleep:wire": 0.4,
    "sleep:deliver": 0.5,
    "transact:mirror.batch": 0.7,
    "transact:outbox.counts": 0.4,
    "transact:outbox.listed": 0.4,
    "transact:queue.lapse": 0.9,
    "transact:turns.hold": 0.9,
    "transact:worker.close": 0.4,
}
"""How likely something strikes at points that few runs come to, so that each pair of point and fault is met."""

_USUAL = 0.18
_WEATHER = (0.4, 1.0, 3.0)
"""How much likelier something strikes elsewhere: many faults bring out one thing, and a single one another."""

_OFTEN: Mapping[str, int] = {
    "lock:traffic": 60,
    "send:clock": 8,
    "send:crm.customers.update": 1,
    "send:customers.update": 4,
    "send:orders.cancel": 1,
    "send:orders.get": 1,
    "transact:turns.hold": 1,
    "transact:turns.settle": 6,
}
"""How often one worker comes to a point: at which time of these it strikes is left to chance."""

_TIMES = 4
_GATEWAY: tuple[Kind, ...] = ("gateway error",) * 4
"""Soon known, and unknown: only after this does a delivery wait for its own message."""


def _choices(point: str) -> Sequence[Kind]:
    """What may strike; where an order is made, an outcome that nobody knows is the hardest."""
    kinds = kinds_at(point)
    return (*kinds, "request lost", "reply lost", *_GATEWAY) if point.endswith(".create") else kinds


@define
class Seeded:
    """Fate by a seed: at each point a worker comes to, it may strike one of the first times.

    Keeps what it decided, so that it can be scripted.
    """

    _chance: Random
    struck: list[Fault] = field(factory=list)
    delays: dict[str, list[int]] = field(factory=lambda: defaultdict(list))
    calm: bool = False
    _step: int = 0
    _met: dict[tuple[str, str], int] = field(factory=lambda: defaultdict(int))
    _due: dict[tuple[str, str], int] = field(factory=dict)
    _weather: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._weather = self._chance.choice(_WEATHER)

    @property
    def quiet(self) -> bool:
        """In calm weather, once the fewest have struck."""
        return self.calm and len(self.struck) >= FEWEST

    def strike(self, actor: str, point: str) -> Fault | None:
        """The fault at this step, if any."""
        nth = self._met[actor, point] = self._met[actor, point] + 1
        self._step += 1
        if self.quiet:
            return None
        if nth == 1 and self._chance.random() < _RARE.get(point, _USUAL * self._weather):
            times = _OFTEN.get(point, 2 if point in _RARE else _TIMES)
            self._due[actor, point] = self._chance.randint(1, times)
        spared = (self.calm or self._step > _LATE) and len(self.struck) < FEWEST
        if self._due.get((actor, point)) != nth and not spared:
            return None
        fault = Fault(actor, point, nth, self._chance.choice(_choices(point)), self._chance.random())
        self.struck.append(fault)
        return fault

    def delay(self, actor: str) -> int:
        """Between 1 ms and 8 s, short ones more often."""
        micros = int(1000 * 2.0 ** (self._chance.random() * 13))
        self.delays[actor].append(micros)
        return micros


EVEN = 50_000
"""The delay of a step about which a script says nothing: 50 ms."""


@define
class Scripted:
    """Fate as written down: the same faults at the same points, the same delays."""

    faults: Mapping[tuple[str, str, int], Fault]
    script: Mapping[str, Sequence[int]]
    struck: list[Fault] = field(factory=list)
    calm: bool = False
    _met: dict[tuple[str, str], int] = field(factory=lambda: defaultdict(int))
    _drawn: dict[str, int] = field(factory=lambda: defaultdict(int))

    @property
    def quiet(self) -> bool:
        """In calm weather, once all that was written down has struck."""
        return self.calm and len(self.struck) >= len(self.faults)

    def strike(self, actor: str, point: str) -> Fault | None:
        """The fault that was written down for this point."""
        nth = self._met[actor, point] = self._met[actor, point] + 1
        fault = None if self.quiet else self.faults.get((actor, point, nth))
        if fault is None or fault.kind not in kinds_at(point):
            return None
        self.struck.append(fault)
        return fault

    def delay(self, actor: str) -> int:
        """The delay that was written down."""
        n = self._drawn[actor] = self._drawn[actor] + 1
        written = self.script.get(actor, ())
        return written[n - 1] if n <= len(written) else EVEN
