"""What both workers hold, written once: the desk they work at, name and rhythm, whether they were asked to stop."""

from __future__ import annotations

import platform
from datetime import datetime, timedelta

from attrs import define, evolve, field

from erplink.errors import ConfigInvalid
from erplink.facade.presence import me
from erplink.link.desk import Desk, run
from erplink.store import turns, workers
from erplink.store.database import Connection
from erplink.sync.progress import Listener
from erplink.sync.pulse import Pulse
from erplink.sync.rhythm import Rhythm
from erplink.sync.rounds import Round, Shift, attentive, tasks_of

_NAME_LIMIT = 90
_LONGEST_WAIT = 60.0
_FORGOTTEN = timedelta(days=7)


@define
class Post:
    """A worker's place at a link's desk."""

    desk: Desk
    rhythm: Rhythm
    listener: Listener
    pulse: Pulse
    stopped: bool = field(default=False)

    def asked(self) -> bool:
        """Whether it was asked to stop."""
        return self.stopped

    def shift(self) -> Shift:
        """What it brings to its next round: whatever is attached by now."""
        desk = self.desk
        if not desk.attached:
            raise ConfigInvalid("no system is attached", where="worker", next_step="call link.attach(name, erp) first")
        self.pulse.works = tasks_of(desk.space, desk.attached, desk.lanes())
        mine = evolve(run(desk, attentive(self.listener, self.pulse, self.asked)), store=self.pulse)
        return Shift(desk.attached[0].io, mine, self.pulse, tuple(desk.attached), desk.lanes(), self.rhythm)

    def seconds_until(self, done: Round) -> float:
        """How long to wait after a round."""
        return min(max((done.next_at - self.desk.clock()).total_seconds(), 0.0), _LONGEST_WAIT)


def post(desk: Desk, name: str, pull_every: timedelta, look_every: timedelta, listener: Listener) -> Post:
    """A place for a worker. Raises ``ConfigInvalid`` for a name or a rhythm that cannot be."""
    known = name or platform.node() or "worker"
    if len(known) > _NAME_LIMIT:
        raise ConfigInvalid(
            f"the worker's name has {len(known)} characters", where="worker", next_step=f"take at most {_NAME_LIMIT}"
        )
    if look_every <= timedelta(0) or pull_every < timedelta(0):
        raise ConfigInvalid(
            f"pull_every is {pull_every} and look_every is {look_every}",
            where="worker",
            next_step="give look_every more than no time, and pull_every no less than none",
        )
    return Post(desk, Rhythm(pull_every, look_every), listener, Pulse(desk.store, desk.space, known, me(), desk.clock))


def begin(connection: Connection, space: str, now: datetime) -> None:
    """Somebody started a worker: what rests because of an error is tried at once; who is long gone is forgotten."""
    turns.forgive(connection, space)
    workers.forget(connection, space, now - _FORGOTTEN)


def end(connection: Connection, space: str, name: str) -> None:
    """A worker ends in order."""
    workers.leave(connection, space, name)
