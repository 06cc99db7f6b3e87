"""How a worker works: the shipped ``sync`` again and again, or the shipped worker, round by round."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from attrs import define

from erplink.errors import ErplinkError
from erplink.link.desk import Desk
from erplink.store.database import Store
from erplink.sync.deliver import deliver
from erplink.sync.engine import Attached, sync
from erplink.sync.mirror import Pair, mirror
from erplink.sync.progress import silent
from erplink.sync.pulse import Pulse
from erplink.sync.rhythm import Rhythm
from erplink.sync.rounds import Round, Shift, attentive, tasks_of
from erplink.sync.run import Run
from erplink.sync.worker import work
from erplink.testing.simulate import shop
from erplink.testing.simulate.adapter import CRM, ERP, SimAdapter
from erplink.testing.simulate.database import Databases
from erplink.testing.simulate.io import SimIo
from erplink.testing.simulate.scenario import Scenario
from erplink.testing.simulate.shop import SPACE

WRITES = frozenset({"orders.create", "customers.update"})
SHARED = Pair(ERP, CRM, {"nick": "left"})
"""The field that both systems show; when both changed it, the ERP is followed."""

_RHYTHM = Rhythm(pull_every=timedelta(minutes=2), look_every=timedelta(seconds=30))


def never() -> bool:
    """Nobody asks a simulated worker to stop: it is killed."""
    return False


@define
class Worker:
    """One life of a worker. ``gone`` tells it whose life is over."""

    io: SimIo
    databases: Databases
    gone: Callable[[str], bool]
    scenario: Scenario
    _pulse: Pulse | None = None

    async def once(self) -> None:
        """One sync, or one round. Raises what a sync raises; of a round only what is no error of erplink's."""
        await (self._round() if self.scenario.by_rounds else self._sync())
        if self.scenario.mirrored:
            run = Run(self.databases.store, SPACE, self.io.now, silent, self.io.life)
            await mirror(self.io, run, SHARED)

    async def _sync(self) -> None:
        run = Run(self.databases.store, SPACE, self.io.now, silent, self.io.life, gone=self.gone)
        await sync(run, self._attached(), {})
        await deliver(self.io, run, shop.STAMPS)

    async def _round(self) -> None:
        io, store = self.io, self.databases.store
        if self._pulse is None:
            self._pulse = Pulse(store, SPACE, io.life, io.life, io.now)
            await io.transact(store, shop.begin, io.now())
        attached = self._attached()
        self._pulse.works = tasks_of(SPACE, attached, [shop.STAMPS])
        tell = attentive(silent, self._pulse, never)
        run = Run(self._pulse, SPACE, io.now, tell, io.life, gone=self.gone)
        _fair(await work(Shift(io, run, self._pulse, attached, [shop.STAMPS], _RHYTHM), never))

    def _attached(self) -> list[Attached]:
        erp = Attached(ERP, SimAdapter.open(self.io, ERP), self.io, WRITES, parallel=2)
        if not self.scenario.mirrored:
            return [erp]
        return [erp, Attached(CRM, SimAdapter.open(self.io, CRM), self.io, WRITES & {"customers.update"}, parallel=2)]


def desk_of(io: SimIo, store: Store) -> Desk:
    """What an application holds in its hand."""
    return Desk(store, SPACE, io.now, [Attached(ERP, SimAdapter.open(io, ERP), io, WRITES, parallel=1)])


def _fair(done: Round) -> None:
    """A round keeps to itself what went wrong; a defect must not stay unseen."""
    for problem in done.problems:
        if not isinstance(problem.error, ErplinkError):
            raise problem.error
