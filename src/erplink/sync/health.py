"""How a space fares: signs of life, what has piled up, how far each feed has been read, and what that amounts to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from attrs import evolve, field, frozen

from erplink.store import cursors, turns, waiting, workers
from erplink.store.backlog import Backlog, backlog
from erplink.store.cursors import Reached
from erplink.store.database import Connection
from erplink.store.turns import PAUSED, State
from erplink.store.workers import Sign, Task


@frozen
class Tolerance:
    """From when on a space is not healthy any more.

    ``silent``: no worker gave a sign of life for longer. ``waiting``: a message that a worker is there for waits for
    longer. ``behind``: a feed is further behind. ``dead``: more dead letters than that. ``failures``: a part failed
    more often in a row for a passing reason; what a person has to put right is not tolerated at all.
    """

    silent: timedelta = timedelta(minutes=5)
    waiting: timedelta = timedelta(minutes=15)
    behind: timedelta = timedelta(minutes=15)
    dead: int = 0
    failures: int = 3


@frozen
class WorkerHealth:
    """One worker that did not end in order: the age of its last sign of life, and what it was doing."""

    name: str
    age: timedelta
    started_at: datetime
    doing: str


@frozen
class QueueHealth:
    """The messages of one operation of a system in a box (``inbox``, ``outbox``, or ``pull``: dead letters only).

    ``oldest`` is the age of the oldest that waits. ``expected``: a worker is there for it; what nobody is there for
    (a write that was not named) waits for ever, and that is no fault.
    """

    box: str
    system: str
    operation: str
    waiting: int
    parked: int
    dead: int
    oldest: timedelta | None
    expected: bool


@frozen
class FeedHealth:
    """How far a feed has been read, by the clock of its server; None while it is read for the first time."""

    system: str
    entity: str
    reached: datetime | None
    age: timedelta | None
    under_way: bool
    expected: bool


@frozen
class Rest:
    """A part of the work that is left alone until an instant, and why: ``error`` is empty when it is just paused."""

    part: str
    system: str
    entity: str
    until: datetime
    failures: int
    error_group: str
    error: str
    message: str

    @property
    def paused(self) -> bool:
        """Whether the other side asked for it, so that nothing is wrong."""
        return self.error_group == PAUSED


@frozen
class Health:
    """A space at an instant. ``complaints`` says in words what is beyond the tolerance; ``undecided`` counts people."""

    at: datetime
    workers: tuple[WorkerHealth, ...]
    queues: tuple[QueueHealth, ...]
    feeds: tuple[FeedHealth, ...]
    rests: tuple[Rest, ...]
    undecided: int
    complaints: tuple[str, ...] = field(default=())

    @property
    def healthy(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.complaints


def examine(
    connection: Connection, space: str, now: datetime, tolerance: Tolerance, tasks: Collection[Task] = ()
) -> Health:
    """Look at a space. ``tasks`` count as expected where no worker is known; without any, everything does."""
    signs = workers.listed(connection, space)
    expected = _expected({task for sign in signs for task in sign.works} or set(tasks))
    health = Health(
        at=now,
        workers=tuple(_worker(sign, now) for sign in signs),
        queues=tuple(_queue(each, now, expected) for each in backlog(connection, space)),
        feeds=tuple(_feed(each, now, expected) for each in cursors.listed(connection, space)),
        rests=tuple(_rests(turns.look(connection, space), now)),
        undecided=waiting.count(connection, space),
    )
    return evolve(health, complaints=tuple(complaints(health, tolerance)))


def complaints(health: Health, tolerance: Tolerance) -> Iterator[str]:
    """What is beyond the tolerance, in words, with the next step. Pure."""
    yield from _silence(health, tolerance)
    for rest in health.rests:
        passing = rest.paused or (rest.error_group == "retry" and rest.failures <= tolerance.failures)
        if not passing:
            where = " ".join(word for word in (rest.part, rest.system, rest.entity) if word)
            yield f"{where} rests until {rest.until:%Y-%m-%d %H:%M:%S %Z}, {rest.error}: {rest.message}"
    for queue in health.queues:
        what = f"{queue.box} {queue.system} {queue.operation}"
        if queue.expected and queue.oldest is not None and queue.oldest > tolerance.waiting:
            yield f"{what}: {queue.waiting} wait, the oldest for {in_words(queue.oldest)}"
    dead = sum(queue.dead for queue in health.queues)
    if dead > tolerance.dead:
        yield f"{dead} dead letters wait for a person"
    for feed in health.feeds:
        if feed.expected and feed.age is not None and feed.age > tolerance.behind:
            yield f"{feed.entity} of {feed.system} were last read up to {in_words(feed.age)} ago"


def in_words(age: timedelta) -> str:
    """An age for a person: its largest unit, rounded down.

    >>> in_words(timedelta(minutes=12, seconds=40)), in_words(timedelta(days=2, hours=3))
    ('12 min', '2 d')
    """
    seconds = int(age.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _silence(health: Health, tolerance: Tolerance) -> Iterator[str]:
    if health.workers:
        age = min(worker.age for worker in health.workers)
        if age > tolerance.silent:
            yield f"no worker has given a sign of life for {in_words(age)}: is one running?"
    elif not health.feeds:
        yield "nothing was ever read into this space, and no worker has been seen: start one"


def _expected(tasks: Collection[Task]) -> Callable[[str, str, str], bool]:
    """Whether somebody is there for something; where nobody is known, whatever is there is expected."""
    return lambda *task: not tasks or any(each in tasks for each in (task, (*task[:2], ""), (task[0], "", task[2])))


def _worker(sign: Sign, now: datetime) -> WorkerHealth:
    return WorkerHealth(sign.worker, now - sign.seen_at, sign.started_at, sign.doing)


def _queue(each: Backlog, now: datetime, expected: Callable[[str, str, str], bool]) -> QueueHealth:
    return QueueHealth(
        each.box,
        each.system,
        each.operation,
        each.waiting,
        each.parked,
        each.dead,
        None if each.oldest_at is None else now - each.oldest_at,
        expected(each.box, each.system, each.operation),
    )


def _feed(each: Reached, now: datetime, expected: Callable[[str, str, str], bool]) -> FeedHealth:
    return FeedHealth(
        each.feed.system,
        each.feed.entity,
        each.since,
        None if each.since is None else now - each.since,
        each.open,
        expected("pull", each.feed.system, each.feed.entity),
    )


def _rests(states: Sequence[State], now: datetime) -> Iterator[Rest]:
    for state in states:
        turn, trouble = state.turn, state.trouble
        if trouble is None or state.due_at is None or (trouble.error_group == PAUSED and state.due_at <= now):
            continue
        words = (trouble.error_group, trouble.error, trouble.message)
        yield Rest(turn.part, turn.system, turn.entity, state.due_at, state.failures, *words)
