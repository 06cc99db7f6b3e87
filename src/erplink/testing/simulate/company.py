"""The company of a scenario, at work: two workers that sync, a shop that redeems, people at the ERP."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from random import Random
from typing import Any

from attrs import define, field

from erplink.errors import RetryError, SkipError, StopError
from erplink.store.database import Connection
from erplink.testing.simulate import shop
from erplink.testing.simulate.adapter import ERP
from erplink.testing.simulate.database import Databases
from erplink.testing.simulate.io import SimIo, instant
from erplink.testing.simulate.scenario import (
    MINUTE,
    SECOND,
    WORKERS,
    Cancelled,
    Changed,
    Deed,
    Redeemed,
    Renamed,
    Returned,
    Scenario,
    Sold,
    Stamped,
)
from erplink.testing.simulate.scheduler import Actor, Scheduler
from erplink.testing.simulate.server import Row, SimErp
from erplink.testing.simulate.steps import Idle
from erplink.testing.simulate.workers import Worker, desk_of
from erplink.wire.io import Database

MOST_CALM = 10
"""How often the workers sync in calm weather until the company is given up as restless."""


@define
class Company:
    """Everybody at work. ``defects`` collects what nobody should ever raise."""

    scenario: Scenario
    scheduler: Scheduler
    erp: SimErp
    crm: SimErp
    databases: Databases
    chance: Random
    note: Callable[[str, str], None]
    defects: list[str] = field(factory=list)
    _left: dict[str, int] = field(factory=dict)
    _lives: int = 0
    _dead: set[str] = field(factory=set)

    def open(self) -> None:
        """Everything that is going to happen is put into the calendar."""
        for code in self.scenario.customers:
            if not self.scenario.stocked:
                self.erp.enter("customers", code, {"name": code, "points": None, "nick": ""})
            if self.scenario.mirrored:
                self.crm.enter("customers", code, {"name": code, "nick": ""})
        for deed in self.scenario.deeds:
            self._plan(deed)
        for name, begins in self.scenario.begins.items():
            self._left[name] = self.scenario.rounds[name]
            self.scheduler.at(begins, partial(self._start, name))

    def settle_down(self, done: Callable[[], bool]) -> bool:
        """In calm weather the workers take turns until everybody is ``done``; False if they never are."""
        for turn in range(MOST_CALM):
            self._life(WORKERS[turn % 2], self._calmly, lambda: None)
            self.scheduler.run(self.scheduler.steps + 2_000)
            if self.defects or done():
                return not self.defects
        return False

    async def _calmly(self, io: SimIo) -> None:
        await Idle(15 * MINUTE)
        quiet = self.scheduler.fate.quiet
        try:
            await self._worker(io).once()
        except (RetryError, StopError):
            # The last of the fewest faults may strike here; the next turn makes up for it.
            if quiet:
                raise

    def _plan(self, deed: Deed) -> None:
        match deed:
            case Redeemed():
                ask = partial(self._ask, f"shop {deed.key}", shop.redeem_gift, deed, borrowed=deed.borrowed)
                self.scheduler.at(deed.at, ask)
            case Stamped():
                for n in range(deed.times):
                    ask = partial(self._ask, f"till {deed.key}.{n}", shop.accept_stamp, deed, borrowed=False)
                    self.scheduler.at(deed.at + n * deed.apart, ask)
            case _:
                self.scheduler.at(deed.at, lambda: self._act(deed))

    def _act(self, deed: Deed) -> None:
        self.note("people", str(deed))
        match deed:
            case Sold():
                lines = _lines(deed.amounts)
                fields = {"customer": deed.customer, "status": "approved", "lines": lines}
                self.erp.enter("orders", deed.number, {**fields, "approved_at": self._wall()}, deed.late)
            case Changed():
                self.erp.edit("orders", deed.number, {"lines": _lines(deed.amounts)}, deed.late)
            case Cancelled():
                self.erp.edit("orders", deed.number, {"status": "cancelled"})
            case Returned():
                self._take_back(deed)
            case Renamed():
                system = self.erp if deed.system == ERP else self.crm
                system.edit("customers", deed.customer, {"nick": deed.nick}, deed.late)
            case _:
                raise TypeError(f"{deed!r} is no deed")

    def _take_back(self, deed: Returned) -> None:
        self.erp.show(everything=deed.order)
        order = self.erp.find("orders", deed.order)
        if order is None:
            return
        lines = [line for line in order["lines"] if line["line"] in deed.lines]
        fields = {"customer": order["customer"], "order": deed.order, "lines": lines, "returned_at": self._wall()}
        self.erp.enter("returns", deed.number, fields, deed.late)

    def _wall(self) -> str:
        return instant(self.erp.clock() // SECOND * SECOND).isoformat()

    def _start(self, name: str) -> None:
        def restart() -> None:
            self.scheduler.at(self.scheduler.now + 1 + self.chance.randrange(5 * MINUTE), lambda: self._start(name))

        self._life(name, lambda io: self._rounds(name, io), restart)

    def _life(
        self, name: str, work: Callable[[SimIo], Coroutine[Any, Any, None]], on_crash: Callable[[], None]
    ) -> None:
        """One life of a process: a new ``Io``, and nothing remembered from the last."""
        skew = self.scenario.skews.get(name, 0)
        self._lives += 1
        life = f"{name}:{self._lives}"

        def died() -> None:
            self._dead.add(life)
            self.note(name, "dies")
            on_crash()

        actor = Actor(name, skew, on_crash=died)
        io = SimIo(lambda: self.scheduler.now + skew, self.chance, life)
        self.scheduler.start(actor, work(io), lambda _, error: self._ended(name, error))

    def _ended(self, name: str, error: BaseException | None) -> None:
        if error is not None:
            self.defects.append(f"{name} ended with {type(error).__name__}: {error}")

    async def _rounds(self, name: str, io: SimIo) -> None:
        worker = self._worker(io)
        while self._left[name] > 0:
            try:
                await worker.once()
            except RetryError:
                await Idle(MINUTE)
            except StopError:
                return self.scheduler.at(self.scheduler.now + MINUTE, lambda: self._start(name))
            self._left[name] -= 1
            await Idle(self.scenario.pauses[name])
        return None

    def _worker(self, io: SimIo) -> Worker:
        return Worker(io, self.databases, self._dead.__contains__, self.scenario)

    def _ask(self, name: str, work: Callable[..., None], deed: Deed, *, borrowed: bool) -> None:
        """Somebody outside asks for something; when that process dies, they ask again, as nobody answered."""
        self.note("people", str(deed))

        def again() -> None:
            self.scheduler.at(self.scheduler.now + MINUTE, lambda: self._ask(name, work, deed, borrowed=borrowed))

        database = self.databases.shop if borrowed else self.databases.store
        self._life(name, lambda io: self._until_answered(io, database, work, deed), again)

    async def _until_answered(
        self, io: SimIo, database: Database[Connection], work: Callable[..., None], deed: Deed
    ) -> None:
        desk = desk_of(io, self.databases.store)
        while True:
            try:
                return await io.transact(database, work, deed, desk)
            except SkipError:
                return None
            except RetryError:
                await Idle(MINUTE)


def _lines(amounts: tuple[int, ...]) -> list[Row]:
    return [{"line": n, "sku": f"M{n}", "amount": amount, "free": False} for n, amount in enumerate(amounts, 1)]
