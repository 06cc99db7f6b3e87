"""Both Ios: order, bounds and errors of gather, transactions on a real database, locks, loop ownership, observers."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, AsyncExitStack
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import pytest
import sqlalchemy as sa

from erplink import connect_async
from erplink.errors import ConfigInvalid, ProtocolBroken
from erplink.facade.connect import connect
from erplink.facade.io_async import AsyncIo
from erplink.facade.io_sync import SyncIo
from erplink.facade.observe import Event
from erplink.facade.step import step
from erplink.testing.clock import VirtualIo
from erplink.wire.call import Reply
from erplink.wire.io import Io
from tests.wire.server import Say, serving
from tests.wire.shop import Shop

T = TypeVar("T")
Job = Callable[[], Awaitable[int]]
Play = Callable[[Io], Coroutine[Any, Any, T]]


@pytest.fixture(params=["sync", "asyncio", "trio"])
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def play(way: str, scene: Play[T], parallel: int = 1) -> T:
    """A scene over a real Io."""
    if way == "sync":
        io = SyncIo(parallel=parallel)
        try:
            return step(scene(io))
        finally:
            io.close()

    async def run() -> T:
        aio = AsyncIo(parallel=parallel)
        try:
            return await scene(aio)
        finally:
            await aio.close()

    return anyio.run(run, backend=way)


class Meeting:
    """Jobs that wait for each other, so that a test sees how many are in flight at once."""

    def __init__(self, way: str, guests: int) -> None:
        self._way, self._guests = way, guests
        self._barrier = threading.Barrier(guests)
        self._arrived = 0
        self._open: anyio.Event | None = None
        self._lock = threading.Lock()
        self.now = self.most = 0

    async def meet(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        if self._way == "sync":
            self._barrier.wait(10)
        else:
            self._open = self._open or anyio.Event()
            self._arrived += 1
            if self._arrived % self._guests == 0:
                self._open.set()
                self._open = None
            else:
                with anyio.fail_after(10):
                    await self._open.wait()
        with self._lock:
            self.now -= 1


def job(n: int, meeting: Meeting | None = None) -> Job:
    async def work() -> int:
        if meeting is not None:
            await meeting.meet()
        return n

    return work


@pytest.mark.parametrize(("parallel", "limit", "at_once"), [(4, 4, 4), (2, 8, 2), (8, 2, 2), (1, 4, 1)])
def test_gather_keeps_order_and_both_bounds(way: str, parallel: int, limit: int, at_once: int) -> None:
    meeting = Meeting(way, at_once)
    jobs = [job(n, meeting) for n in range(8)]
    assert play(way, lambda io: io.gather(limit, jobs), parallel) == list(range(8))
    assert meeting.most == at_once


def test_gather_of_nothing_is_nothing(way: str) -> None:
    assert play(way, lambda io: io.gather(4, []), 4) == []


def test_a_nested_gather_ends_whatever_the_bound(way: str) -> None:
    async def scene(io: Io) -> list[list[int]]:
        async def inner() -> list[int]:
            return await io.gather(3, [job(n) for n in range(3)])

        return await io.gather(3, [inner] * 5)

    for parallel in (1, 2, 3):
        assert play(way, scene, parallel) == [[0, 1, 2]] * 5


def test_an_error_comes_out_only_after_the_running_jobs_ended(way: str) -> None:
    ended: list[str] = []
    meeting = Meeting(way, 2)

    async def fails() -> int:
        await meeting.meet()
        raise KeyError("at once")

    async def scene(io: Io) -> list[int]:
        async def goes_on() -> int:
            await meeting.meet()
            for _ in range(100):
                await io.sleep(1e-6)
            ended.append("goes on")
            return 1

        return await io.gather(2, [fails, goes_on])

    with pytest.raises(KeyError, match="at once"):
        play(way, scene, 2)
    assert ended == ["goes on"]


def test_one_at_a_time_stops_at_the_first_error(way: str) -> None:
    begun: list[int] = []

    def fails(n: int) -> Job:
        async def work() -> int:
            begun.append(n)
            raise KeyError(n)

        return work

    with pytest.raises(KeyError, match="0"):
        play(way, lambda io: io.gather(4, [fails(n) for n in range(4)]))
    assert begun == [0]


def test_slots_come_back_after_errors(way: str) -> None:
    async def fail() -> int:
        raise KeyError("x")

    async def scene(io: Io) -> list[int]:
        for _ in range(5):
            with pytest.raises(KeyError):
                await io.gather(4, [fail] * 4)
        meeting = Meeting(way, 4)
        return await io.gather(4, [job(n, meeting) for n in range(4)])

    assert play(way, scene, 4) == [0, 1, 2, 3]


def test_context_goes_along_into_helpers() -> None:
    tenant: ContextVar[str] = ContextVar("tenant", default="nobody")
    meeting = Meeting("sync", 2)

    async def who() -> str:
        await meeting.meet()
        return tenant.get()

    tenant.set("acme")
    assert play("sync", lambda io: io.gather(2, [who, who]), 2) == ["acme", "acme"]


def test_no_thread_is_started_unless_asked_for() -> None:
    before = threading.active_count()
    counted = play("sync", lambda io: io.gather(8, [_threads] * 8), 1)
    assert counted == [before] * 8


async def _threads() -> int:
    return threading.active_count()


def insert(connection: sa.Connection, n: int, *, fail: bool = False) -> int:
    connection.execute(sa.text("insert into t values (:n)"), {"n": n})
    if fail:
        raise KeyError("after the write")
    return n + 1


def test_a_transaction_commits_or_leaves_nothing(way: str, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("create table t (n integer)"))

    async def scene(io: Io) -> int:
        with pytest.raises(KeyError, match="after the write"):
            await io.transact(engine, insert, 1, fail=True)
        return await io.transact(engine, insert, 2)

    assert play(way, scene) == 3
    with engine.connect() as connection:
        assert connection.execute(sa.text("select n from t")).scalars().all() == [2]
    engine.dispose()


def test_transact_opens_one_transaction_per_call(way: str) -> None:
    opened: list[int] = []

    class Counting:
        def begin(self) -> AbstractContextManager[int]:
            opened.append(1)
            return _Lent()

    class _Lent:
        def __enter__(self) -> int:
            return 7

        def __exit__(self, *ended: object) -> None:
            opened.append(-1)

    assert play(way, lambda io: io.transact(Counting(), lambda connection: connection * 6)) == 42
    assert opened == [1, -1]


def test_a_lock_lets_one_in_at_a_time(way: str) -> None:
    async def scene(io: Io) -> int:
        lock = io.lock()
        inside = [0]
        most = [0]

        async def enter() -> int:
            async with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                await io.sleep(0)
                inside[0] -= 1
            return 1

        await io.gather(8, [enter] * 32)
        return most[0]

    assert play(way, scene, 8) == 1


@pytest.mark.parametrize("limit", [1, 3])
def test_slots_let_so_many_in_at_a_time(way: str, limit: int) -> None:
    meeting = Meeting(way, limit)

    async def scene(io: Io) -> list[int]:
        slots = io.slots(limit)

        async def enter() -> int:
            async with slots:
                return await job(1, meeting)()

        return await io.gather(8, [enter] * 12)

    assert play(way, scene, 8) == [1] * 12
    assert meeting.most == limit


def test_one_caller_on_a_virtual_clock_cannot_wait_for_itself() -> None:
    io = VirtualIo(lambda _: Reply(200))

    async def scene(turns: int) -> None:
        slots = io.slots(2)
        async with AsyncExitStack() as stack:
            for _ in range(turns):
                await stack.enter_async_context(slots)

    step(scene(2))
    with pytest.raises(ProtocolBroken, match="more than all of 2 slots"):
        step(scene(3))


def test_the_clock_is_aware_and_chance_is_a_fraction(way: str) -> None:
    async def scene(io: Io) -> tuple[datetime, float]:
        await io.sleep(0.001)
        return io.now(), io.random()

    now, chance = play(way, scene)
    assert now.tzinfo is UTC
    assert abs(now.timestamp() - time.time()) < 10
    assert 0 <= chance < 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_asynchronous_connection_stays_in_its_loop(backend: str) -> None:
    token = Say(b'{"token": "t", "number": "SO1"}')
    with serving(lambda _: token) as server:
        erp = connect_async(Shop(server.url))

        async def ask() -> str:
            return (await erp.orders.get("SO1")).number

        async def ask_elsewhere() -> None:
            def elsewhere() -> None:
                with pytest.raises(ProtocolBroken, match="another.*one connection per event loop"):
                    anyio.run(ask, backend=backend)

            assert await ask() == "SO1"
            await anyio.to_thread.run_sync(elsewhere)
            await erp.close()

        anyio.run(ask_elsewhere, backend=backend)


def test_an_asynchronous_connection_needs_a_loop() -> None:
    erp = connect_async(Shop("http://127.0.0.1:1"))
    with pytest.raises(ProtocolBroken, match="no event loop runs.*connect with"):
        step(erp.orders.get("SO1"))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_task_gives_its_slots_back(backend: str) -> None:
    async def scene() -> list[int]:
        io = AsyncIo(parallel=4)

        async def hang() -> int:
            await anyio.sleep_forever()
            return 0

        async with anyio.create_task_group() as group:
            group.start_soon(io.gather, 4, [hang] * 4)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        meeting = Meeting(backend, 4)
        found = await io.gather(4, [job(n, meeting) for n in range(4)])
        await io.close()
        return found

    assert anyio.run(scene, backend=backend) == [0, 1, 2, 3]


def test_an_observer_hears_of_every_call_and_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    events: list[Event] = []

    def observe(event: Event) -> None:
        events.append(event)
        raise KeyError("the observer's own trouble")

    with (
        serving(lambda _: Say(b'{"token": "t", "number": "SO1"}')) as server,
        connect(Shop(server.url), observe=observe) as erp,
    ):
        assert erp.orders.get("SO1").number == "SO1"
    assert [event.name for event in events] == ["erp.login", "erp.call"]
    assert events[1].facts["operation"] == "get"
    assert events[1].facts["verdict"] == "ok"
    assert all(event.seconds > 0 and event.error is None for event in events)
    assert "the observer failed on erp.call" in caplog.text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"parallel": 0}, "parallel is 0"),
        ({"timeout": 0}, "timeout is 0"),
        ({"timeout": float("nan")}, "timeout is nan"),
    ],
)
def test_figures_that_cannot_work_are_named(settings: dict[str, Any], words: str) -> None:
    for opens in (connect, connect_async):
        with pytest.raises(ConfigInvalid, match=words):
            opens(Shop("http://127.0.0.1:1"), **settings)


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(ConfigInvalid, match=r"'Asia/Peking2' is unknown"):
        connect(Shop("http://127.0.0.1:1", zone="Asia/Peking2"))
