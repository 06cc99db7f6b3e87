"""Calls that cross: what one hears while another waits for its turn holds for that one too."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import anyio
import pytest

from erplink.errors import Busy, Paused, Unreachable
from erplink.testing.clock import VirtualIo
from erplink.wire.breaker import Breaker
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed
from erplink.wire.pipeline import Wire
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling
from tests.wire.shop import SignedDialect

READ = Call("read", "http://shop.test/read", safe=True)
SLOW = Call("slow", "http://shop.test/slow", safe=True)
OK = Reply(200, b"{}")


class Crossing(VirtualIo):
    """Slow calls are answered, and sleepers wake, when the test says so."""

    def __init__(self, answer: Callable[[Call], Reply]) -> None:
        super().__init__(answer)
        self.answered, self.awake = anyio.Event(), anyio.Event()

    async def send(self, call: Call) -> Reply:
        if call.operation == "slow":
            await self.answered.wait()
        return await super().send(call)

    async def sleep(self, seconds: float) -> None:
        await self.awake.wait()
        await super().sleep(seconds)

    def lock(self) -> AbstractAsyncContextManager[object]:
        return anyio.Lock()


class Scene:
    """A slow call under way, and another that waits ten seconds for its turn."""

    def __init__(self, slow: Reply | SendFailed, calling: Calling) -> None:
        self.asked: list[tuple[str, float]] = []
        self.io = Crossing(self._answer)
        self.begun = self.io.now()
        self.wire = Wire(self.io, SignedDialect(), calling)
        self._slow = slow
        self.raised: list[Exception] = []

    def _answer(self, call: Call) -> Reply:
        self.asked.append((call.operation, (self.io.now() - self.begun).total_seconds()))
        if call.operation != "slow":
            return OK
        if isinstance(self._slow, SendFailed):
            raise self._slow
        return self._slow

    async def call(self, call: Call) -> None:
        try:
            await self.wire.call(call)
        except (Busy, Paused, Unreachable) as error:
            self.raised.append(error)

    async def play(self) -> None:
        await self.call(READ)
        self.io.clock.advance(10)
        async with anyio.create_task_group() as group:
            group.start_soon(self.call, SLOW)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(self.call, READ)
            await anyio.wait_all_tasks_blocked()
            self.io.answered.set()
            await anyio.wait_all_tasks_blocked()
            self.io.awake.set()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_call_that_waits_when_a_pause_is_heard_waits_for_its_end(backend: str) -> None:
    slow = Reply(429, headers={"retry-after": "40"})
    scene = Scene(slow, Calling(rate=Rate(1, per=10.0), attempts=1))
    anyio.run(scene.play, backend=backend)
    assert [type(error) for error in scene.raised] == [Busy]
    assert scene.asked == [("read", 0), ("slow", 10), ("read", 50)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_call_that_waits_when_a_long_pause_is_heard_is_paused(backend: str) -> None:
    slow = Reply(429, headers={"retry-after": "3600"})
    scene = Scene(slow, Calling(rate=Rate(1, per=10.0)))
    anyio.run(scene.play, backend=backend)
    assert [type(error) for error in scene.raised] == [Paused, Paused]
    assert scene.asked == [("read", 0), ("slow", 10)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_call_that_waits_when_the_circuit_opens_is_not_sent(backend: str) -> None:
    breaker = Breaker(failures=1, lasting=0.0)
    scene = Scene(SendFailed("no connection", "no"), Calling(rate=Rate(1, per=10.0), breaker=breaker))
    anyio.run(scene.play, backend=backend)
    assert [type(error) for error in scene.raised] == [Unreachable, Unreachable]
    assert scene.asked == [("read", 0), ("slow", 10)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_calls_under_way_count_as_spent(backend: str) -> None:
    """The server says that one call is left, and has not counted the one that is on its way to it."""
    scene = Scene(OK, Calling())
    left = iter((2, 1, 1))

    def answer(call: Call) -> Reply:
        scene._answer(call)
        return Reply(200, b"{}", {"x-ratelimit-remaining": str(next(left)), "x-ratelimit-reset": "30"})

    async def play() -> None:
        await scene.call(READ)
        async with anyio.create_task_group() as group:
            group.start_soon(scene.call, SLOW)
            await anyio.wait_all_tasks_blocked()
            scene.io._answer = answer
            scene.io.awake.set()
            for _ in range(3):
                await scene.call(READ)
            scene.io._answer = scene._answer
            scene.io.answered.set()

    anyio.run(play, backend=backend)
    assert [seconds for name, seconds in scene.asked if name == "read"] == [0, 0, 0, 30]
