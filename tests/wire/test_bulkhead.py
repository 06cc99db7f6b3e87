"""At most so many calls are under way through one connection, whoever calls: over real sockets."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from attrs import evolve

from erplink import connect, connect_async
from erplink.wire.retry import Calling
from tests.wire.server import Request, Say, serving
from tests.wire.shop import Shop

CALLERS, LIMIT = 12, 3


class Crowd:
    """A shop whose clerks wait until as many customers are there as may be, and count them."""

    def __init__(self, limit: int) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()
        self._full = threading.Barrier(limit)

    def __call__(self, request: Request) -> Say:
        if request.path == "/login":
            return Say(b'{"token": "t"}')
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self._full.wait(10)
        with self._lock:
            self.now -= 1
        return Say(b'{"number": "SO1"}')


@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
def test_no_more_calls_are_under_way_than_may_be(way: str) -> None:
    crowd = Crowd(LIMIT)
    with serving(crowd) as server:
        shop = evolve(Shop(server.url), calling=Calling(in_flight=LIMIT))
        assert ask(way, shop) == ["SO1"] * CALLERS
    assert crowd.most == LIMIT


def ask(way: str, shop: Shop) -> list[str]:
    if way == "sync":
        with connect(shop) as erp, ThreadPoolExecutor(CALLERS) as pool:
            return list(pool.map(lambda _: erp.orders.get("SO1").number, range(CALLERS)))
    got: list[str] = []

    async def run() -> None:
        async with connect_async(shop) as erp, anyio.create_task_group() as group:

            async def one() -> None:
                got.append((await erp.orders.get("SO1")).number)

            for _ in range(CALLERS):
                group.start_soon(one)

    anyio.run(run, backend=way)
    return got


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_who_is_cancelled_gives_its_place_back(backend: str) -> None:
    hang = True

    def route(request: Request) -> Say | str:
        if request.path == "/login":
            return Say(b'{"token": "t"}')
        return "silent" if hang else Say(b'{"number": "SO1"}')

    async def run() -> str:
        nonlocal hang
        with serving(route) as server:  # type: ignore[arg-type]
            async with connect_async(evolve(Shop(server.url), calling=Calling(in_flight=1))) as erp:
                with anyio.move_on_after(0.3) as gone:
                    await erp.orders.get("SO1")
                assert gone.cancelled_caught
                hang = False
                return (await erp.orders.get("SO1")).number

    assert anyio.run(run, backend=backend) == "SO1"
