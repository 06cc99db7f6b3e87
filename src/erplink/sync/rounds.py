"""What a worker brings to a round, and what it has to tell of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import define, field, frozen

from erplink.errors import ErplinkError
from erplink.store.turns import State, Turn
from erplink.store.workers import Task
from erplink.sync import engine, refetch
from erplink.sync.decide import Decided
from erplink.sync.deliver import Delivered, Lane
from erplink.sync.engine import Attached
from erplink.sync.envelope import DOCUMENTS
from erplink.sync.progress import Listener, Progress
from erplink.sync.pull import Feed, Pulled
from erplink.sync.pulse import Pulse
from erplink.sync.rhythm import Rhythm
from erplink.sync.run import Run
from erplink.wire.io import Io

STORE = Turn("store")


class Stopping(BaseException):
    """Ends a round between two batches. No error: the worker was asked to stop."""


class ListenerEnded(BaseException):
    """A listener raised, which ends the work and is no failure of the part at work; ``error`` is what it raised."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@frozen
class Problem:
    """A part that failed, and when it is tried again. ``str(part)`` names it: ``pull kingdee``."""

    part: Turn
    error: Exception
    until: datetime

    @property
    def next_step(self) -> str:
        """What to do about it, in words."""
        if isinstance(self.error, ErplinkError):
            return self.error.next_step
        return "this is a defect: report it with its traceback"


@frozen
class Round:
    """What one round did, what failed in it, and when the next one is due.

    ``delivered`` names each part whose messages were worked off. ``stopped``: the worker was asked to stop meanwhile;
    what the part under way had done by then stays done, and is not counted here.
    """

    began: datetime
    next_at: datetime
    pulled: tuple[Pulled, ...] = ()
    decided: Decided = field(default=Decided(0, 0))
    delivered: tuple[tuple[Turn, Delivered], ...] = ()
    problems: tuple[Problem, ...] = ()
    stopped: bool = False

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do, and nothing failed."""
        moved = any(done.done or done.refused or done.dead or done.parked for _, done in self.delivered)
        read = any(each.fresh or each.broken for each in self.pulled)
        return not (moved or read or self.decided.people or self.problems)


@frozen
class Shift:
    """What a worker brings to each of its rounds. ``io`` serves what belongs to no system.

    ``lanes`` are worked off after the writes.
    """

    io: Io
    run: Run
    pulse: Pulse
    attached: Sequence[Attached]
    lanes: Sequence[Lane]
    rhythm: Rhythm


def feeds_of(space: str, each: Attached) -> dict[Turn, Feed]:
    """Whatever can be read of a system, in the order in which it should be; walk-ins are named later."""
    return {Turn("pull", each.name, feed.entity): feed for feed in engine.feeds_of(space, each)}


def refetches_of(each: Attached) -> list[Task]:
    """What can be read again of a system, one document at a time."""
    return [("inbox", each.name, refetch.named(turn.entity)) for turn in feeds_of("", each)]


def tasks_of(space: str, attached: Sequence[Attached], lanes: Sequence[Lane]) -> tuple[Task, ...]:
    """What a worker over these is there for."""
    pulls = [(turn.part, turn.system, turn.entity) for each in attached for turn in feeds_of(space, each)]
    again = [task for each in attached for task in refetches_of(each)]
    writes = [("outbox", each.name, write) for each in attached for write in sorted(each.writes)]
    events = [("inbox", "", kind) for kind in DOCUMENTS]
    others = [(lane.box, lane.system, each) for lane in lanes for each in lane.operations or ("",)]
    return (*pulls, *again, *events, *writes, *others)


def attentive(listen: Listener, pulse: Pulse, asked: Callable[[], bool]) -> Listener:
    """A listener that puts the sign of life in words, and ends the work between two batches when that was asked for."""

    def tell(progress: Progress) -> None:
        pulse.doing = f"{progress.stage} {progress.what}, {progress.done} so far"
        try:
            listen(progress)
        except Exception as error:
            raise ListenerEnded(error) from error
        if asked():
            raise Stopping

    return tell


@define
class Tally:
    """What a round has done so far, how each part stood when it began, and when which is due again."""

    began: datetime
    standing: dict[Turn, State] = field(factory=dict)
    pulled: list[Pulled] = field(factory=list)
    decided: Decided = field(default=Decided(0, 0))
    delivered: list[tuple[Turn, Delivered]] = field(factory=list)
    problems: list[Problem] = field(factory=list)
    due: list[datetime] = field(factory=list)

    def rests(self, turn: Turn) -> bool:
        """Whether a part is left alone in this round."""
        state = self.standing.get(turn)
        if state is None or state.due_at is None or state.due_at <= self.began:
            return False
        self.due.append(state.due_at)
        return True

    def troubled(self, turn: Turn) -> bool:
        """Whether something was wrong with a part when the round began."""
        state = self.standing.get(turn)
        return state is not None and state.trouble is not None

    def failures(self, turn: Turn) -> int:
        """How often a part failed in a row before this round."""
        state = self.standing.get(turn)
        return 0 if state is None else state.failures

    def as_round(self, now: datetime, rhythm: Rhythm, *, stopped: bool) -> Round:
        """The round that ends now. While the store is away, nothing else is worth a try."""
        away = [problem.until for problem in self.problems if problem.part == STORE]
        return Round(
            began=self.began,
            next_at=max([now, min([now + rhythm.look_every, *self.due]), *away]),
            pulled=tuple(self.pulled),
            decided=self.decided,
            delivered=tuple(self.delivered),
            problems=tuple(self.problems),
            stopped=stopped,
        )
