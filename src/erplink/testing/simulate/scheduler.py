"""The scheduler: drives the coroutines of all processes in virtual time, and lets faults strike.

The effect of a step happens when its turn comes; its result reaches the worker after a delay, and meanwhile others act.
So every interleaving of effects can come up, and one seed gives always the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from heapq import heappop, heappush
from typing import Any, Protocol

from attrs import define, field

from erplink.testing.simulate.faults import Fate, Fault
from erplink.testing.simulate.steps import Acquire, Gather, Idle, Send, Sleep, Slots, Step, Transact
from erplink.testing.simulate.transactions import Crash, Transaction
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed

SECOND = 1_000_000
MINUTE = 60 * SECOND
TIMEOUT = 60 * SECOND
"""How long a call that gets no answer holds up its worker."""


class Network(Protocol):
    """What lies between a worker and the server."""

    def carry(self, call: Call, fault: Fault | None) -> Reply:
        """The reply to a call, or ``SendFailed``; whether it had its effect depends on the fault."""
        ...


class Watcher(Protocol):
    """Who looks on at every step."""

    def begins(self, actor: Actor, step: Step, fault: Fault | None) -> None:
        """A step is about to have its effect."""
        ...

    def happened(self, actor: Actor, step: Step) -> None:
        """A step has had its effect; whatever must always hold, holds now."""
        ...


@define(eq=False)
class Actor:
    """One life of one process. ``skew`` is how far its clock is ahead, in microseconds."""

    name: str
    skew: int = 0
    alive: bool = True
    tasks: list[Task] = field(factory=list)
    transactions: list[Transaction] = field(factory=list)
    on_crash: Callable[[], None] = lambda: None


@define(eq=False)
class Task:
    """One coroutine of an actor; ``ended`` is told its result or its error."""

    actor: Actor
    coroutine: Coroutine[Any, Any, Any]
    ended: Callable[[Any, BaseException | None], None]
    context: Context


@define
class _Gathering:
    parent: Task
    step: Gather
    fault: Fault | None
    results: list[Any]
    begun: int = 0
    running: int = 0
    error: BaseException | None = None


@define
class Scheduler:
    """Virtual time and who is next."""

    fate: Fate
    network: Network
    watcher: Watcher
    now: int = 0
    steps: int = 0
    _queue: list[tuple[int, int, Callable[[], None]]] = field(factory=list)
    _order: int = 0
    _locked: list[Callable[[], None]] = field(factory=list)
    _actors: dict[Actor, None] = field(factory=dict)

    def at(self, when: int, what: Callable[[], None]) -> None:
        """Do something at an instant of virtual time."""
        self._order += 1
        heappush(self._queue, (max(when, self.now), self._order, what))

    def start(
        self,
        actor: Actor,
        coroutine: Coroutine[Any, Any, Any],
        ended: Callable[[Any, BaseException | None], None],
        context: Context | None = None,
    ) -> None:
        """Let an actor begin a coroutine, now, with context variables of its own."""
        task = Task(actor, coroutine, ended, Context() if context is None else context)
        actor.tasks.append(task)
        self._actors[actor] = None
        self._go_on(task, None, None)

    def run(self, most: int) -> bool:
        """Go on until nothing is left to do; False if that takes more than ``most`` steps."""
        queue = self._queue
        while queue:
            if self.steps > most:
                return False
            self.now, _, what = heappop(queue)
            what()
        return True

    def crash(self, actor: Actor) -> None:
        """A process dies: nothing of it goes on, its open transactions are rolled back by the database."""
        self._end(actor)
        self._somebody_ended()
        actor.on_crash()

    def close(self) -> None:
        """Nobody goes on."""
        for actor in [*self._actors]:
            self._end(actor)

    def _end(self, actor: Actor) -> None:
        actor.alive = False
        for transaction in actor.transactions:
            transaction.abandon()
        for task in actor.tasks:
            _bury(task.coroutine)
        self._actors.pop(actor, None)

    def _go_on(self, task: Task, value: object, error: BaseException | None) -> None:
        if not task.actor.alive:
            return
        try:
            if error is not None:
                step = task.context.run(task.coroutine.throw, error)
            else:
                step = task.context.run(task.coroutine.send, value)
        except StopIteration as stop:
            task.actor.tasks.remove(task)
            task.ended(stop.value, None)
        except Exception as failure:  # noqa: BLE001 - told to whoever started the coroutine
            task.actor.tasks.remove(task)
            task.ended(None, failure)
        else:
            self._begin(task, step)

    def _begin(self, task: Task, step: Step) -> None:
        if isinstance(step, Idle):
            self.at(self.now + step.micros, lambda: self._go_on(task, None, None))
            return
        self.steps += 1
        fault = self.fate.strike(task.actor.name, step.point)
        self.watcher.begins(task.actor, step, fault)
        if fault is not None and fault.kind == "crash before":
            self.crash(task.actor)
            return
        match step:
            case Send():
                self._send(task, step, fault)
            case Transact():
                self._transact(task, step, fault)
            case Sleep():
                self._after(task, step, fault, int(step.seconds * SECOND))
            case Acquire():
                self._acquire(task, step, fault)
            case Gather():
                self._gather(task, step, fault)
            case _:
                raise TypeError(f"{step!r} is no step")

    def _after(
        self,
        task: Task,
        step: Step,
        fault: Fault | None,
        micros: int,
        value: object = None,
        error: BaseException | None = None,
    ) -> None:
        """The effect has happened; its result arrives later, or never."""
        self.watcher.happened(task.actor, step)
        if fault is not None and fault.kind == "crash after":
            self.crash(task.actor)
            return
        if fault is not None and fault.kind == "slow":
            micros += pause_of(fault)
        self.at(self.now + micros, lambda: self._go_on(task, value, error))

    def _send(self, task: Task, step: Send, fault: Fault | None) -> None:
        delay = self.fate.delay(task.actor.name)
        if fault is not None and fault.kind == "crash in flight":
            self.at(self.now + int(fault.dose * TIMEOUT), lambda: self._land(task.actor, step))
            self.crash(task.actor)
            return
        try:
            reply = self.network.carry(step.call, fault)
        except SendFailed as failed:
            wait = delay if failed.sent == "no" else TIMEOUT
            self._after(task, step, fault, wait, None, failed)
        else:
            self._after(task, step, fault, delay, reply)

    def _land(self, actor: Actor, step: Send) -> None:
        """A request whose sender is dead has its effect."""
        self.network.carry(step.call, None)
        self.watcher.happened(actor, step)

    def _transact(self, task: Task, step: Transact, fault: Fault | None) -> None:
        transaction = Transaction(step, fault)
        task.actor.transactions.append(transaction)
        self._turn(task, transaction)

    def _turn(self, task: Task, transaction: Transaction) -> None:
        """Let a transaction go on until it ends, pauses or finds the database locked."""
        if not task.actor.alive:
            return
        pause = transaction.go_on(self.now)
        if pause == "locked":
            again = _once(lambda: self._turn(task, transaction))
            self._locked.append(again)
            self.at(transaction.patient_until, again)
            return
        if pause == "paused":
            micros = transaction.stalls_for or self.fate.delay(task.actor.name)
            self.at(self.now + micros, lambda: self._turn(task, transaction))
            return
        task.actor.transactions.remove(transaction)
        self._somebody_ended()
        if isinstance(transaction.error, Crash):
            self.watcher.happened(task.actor, transaction.step)
            self.crash(task.actor)
            return
        delay = self.fate.delay(task.actor.name) // 8
        self._after(task, transaction.step, transaction.fault, delay, transaction.value, transaction.error)

    def _somebody_ended(self) -> None:
        """A lock may be free now: whoever waits for the database tries again, in the order of waiting."""
        waiting, self._locked = self._locked, []
        for again in waiting:
            self.at(self.now, again)

    def _acquire(self, task: Task, step: Acquire, fault: Fault | None) -> None:
        slots: Slots = step.slots
        if not slots.free:
            slots.waiting.append(lambda: self._after(task, step, fault, 0))
            return
        slots.free -= 1
        self._after(task, step, fault, 0)

    def _gather(self, task: Task, step: Gather, fault: Fault | None) -> None:
        gathering = _Gathering(task, step, fault, [None] * len(step.jobs))
        for _ in range(min(step.limit, len(step.jobs))):
            self._next_job(gathering)
        if not step.jobs:
            self._after(task, step, fault, 0, [])

    def _next_job(self, gathering: _Gathering) -> None:
        n, gathering.begun, gathering.running = gathering.begun, gathering.begun + 1, gathering.running + 1

        def ended(value: object, error: BaseException | None) -> None:
            gathering.results[n] = value
            gathering.running -= 1
            gathering.error = gathering.error or error
            if gathering.begun < len(gathering.step.jobs) and gathering.error is None:
                self._next_job(gathering)
            elif not gathering.running:
                self._after(gathering.parent, gathering.step, gathering.fault, 0, gathering.results, gathering.error)

        actor, job = gathering.parent.actor, gathering.step.jobs[n]
        context = gathering.parent.context.copy()
        self.at(self.now, lambda: self.start(actor, _run(job), ended, context) if actor.alive else None)


async def _run(job: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - whatever the job gives
    return await job()


def _bury(coroutine: Coroutine[Any, Any, Any]) -> None:
    """End a coroutine of a dead process. What it awaits on its way out is not done: the dead do nothing."""
    while True:
        try:
            return coroutine.close()
        except RuntimeError:
            continue


def _once(what: Callable[[], None]) -> Callable[[], None]:
    """The same, but only the first time."""
    todo = [what]

    def do() -> None:
        if todo:
            todo.pop()()

    return do


def pause_of(fault: Fault) -> int:
    """How long a slow worker is held up: from 5 to 45 minutes, so that leases may or may not run out."""
    return 5 * MINUTE + int(fault.dose * 40 * MINUTE)
