"""Faults at the level of sockets: what is said, whether the call may have arrived, how often it was sent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import anyio
import pytest
from attrs import evolve

from erplink import connect, connect_async
from erplink.errors import ConfigInvalid, LoginRefused, ProtocolBroken, RetryError, Sent, ServerFault, Unreachable
from erplink.facade.io_async import AsyncIo
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import step
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed
from erplink.wire.retry import Calling
from tests.wire.server import Fault, Request, Say, refused_port, serving
from tests.wire.shop import Shop

HASTE = 0.2


@pytest.fixture(params=["sync", "asyncio", "trio"])
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def send(way: str, call: Call, timeout: float = 5.0) -> Reply:
    """One call through a real Io."""
    if way == "sync":
        io = SyncIo(timeout=timeout)
        try:
            return step(io.send(call))
        finally:
            io.close()

    async def run() -> Reply:
        aio = AsyncIo(timeout=timeout)
        try:
            return await aio.send(call)
        finally:
            await aio.close()

    return anyio.run(run, backend=way)


@pytest.mark.parametrize(
    ("play", "words"),
    [
        ("drop unread", "broke"),
        ("drop read", "broke"),
        (Say(b"{}", declared=1000), "broke off"),
        ("silent", "no whole reply in time"),
    ],
)
def test_a_reply_that_is_not_whole_may_have_had_its_effect(way: str, play: Say | Fault, words: str) -> None:
    timeout = HASTE if play == "silent" else 5.0
    with serving(lambda _: play) as server, pytest.raises(SendFailed, match=words) as raised:
        send(way, Call("write", server.url, b"x" * 100), timeout)
    assert raised.value.sent == "maybe"


def test_a_refused_connection_sent_nothing(way: str) -> None:
    with pytest.raises(SendFailed, match="no connection") as raised:
        send(way, Call("write", f"http://127.0.0.1:{refused_port()}/"))
    assert raised.value.sent == "no"


@pytest.mark.parametrize("url", ["erp.example.com/k3cloud", "ftp://127.0.0.1/", "http://127.0.0.1:port/", "http://"])
def test_an_address_that_cannot_be_called_is_a_setting_to_fix(way: str, url: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"cannot be called.*https://erp\.example\.com"):
        send(way, Call("read", url))


def test_redirects_are_not_followed_and_cookies_not_kept(way: str) -> None:
    say = Say(status=302, headers={"Location": "/elsewhere", "Vary": "a"}, cookies=("sid=1", "lang=zh"))
    with serving(lambda _: say) as server:
        reply = send(way, Call("read", server.url))
        assert (reply.status, reply.headers["location"]) == (302, "/elsewhere")
        assert reply.cookies == {"sid": "1", "lang": "zh"}
        io = SyncIo()
        for _ in range(2):
            step(io.send(Call("read", server.url)))
        io.close()
        assert all("cookie" not in request.headers for request in server.requests)


def test_the_time_out_of_a_call_goes_before_the_connections(way: str) -> None:
    with serving(lambda _: "silent") as server, pytest.raises(SendFailed, match="in time"):
        send(way, Call("read", server.url, timeout=HASTE), 60)


def test_a_closed_connection_says_so() -> None:
    with serving(lambda _: Say()) as server:
        erp = connect(Shop(server.url))
        erp.close()
        erp.close()
        with pytest.raises(ProtocolBroken, match="closed.*connect again"):
            erp.orders.get("1")


def plays(*script: Say | Fault) -> Iterator[Say | Fault]:
    yield from script
    while True:
        yield script[-1]


@pytest.mark.parametrize("fault", ["drop unread", "drop read"])
def test_a_read_survives_a_dropped_connection_and_a_write_asks_first(fault: Fault) -> None:
    script = plays(fault, Say(b'{"number": "SO1"}'))
    token = Say(b'{"token": "t"}')
    with serving(lambda r: token if r.path == "/login" else next(script)) as server, connect(Shop(server.url)) as erp:
        assert erp.orders.get("SO1").number == "SO1"
        assert server.paths() == ["/login", "/get", "/get"]
    script = plays(fault, Say(b'{"number": "SO1"}'))
    with serving(lambda r: token if r.path == "/login" else next(script)) as server, connect(Shop(server.url)) as erp:
        with pytest.raises(Unreachable, match=r"update at 127\.0\.0\.1") as raised:
            erp.orders.update("SO1", {"note": "x"})
        assert raised.value.sent == "maybe"
        assert server.paths() == ["/login", "/update"]


@pytest.mark.parametrize(
    ("say", "kind", "sent"),
    [
        (Say(b"<html><title>Bad Gateway</title></html>", 502), ServerFault, "maybe"),
        (Say(b"<!DOCTYPE html><title>Sign in</title>"), ServerFault, "maybe"),
    ],
)
def test_pages_instead_of_data_are_the_servers_fault(say: Say, kind: type[RetryError], sent: Sent) -> None:
    token = Say(b'{"token": "t"}')
    with serving(lambda r: token if r.path == "/login" else say) as server, connect(Shop(server.url)) as erp:
        with pytest.raises(kind, match="page|Sign in") as raised:
            erp.orders.act("SO1", "submit")
        assert raised.value.sent == sent
        assert len(server.requests) == 2


class Door:
    """A shop that hands out tokens, forgets sessions and counts."""

    def __init__(self, *, refuse: bool) -> None:
        self.logins = 0
        self.refuse = refuse
        self.valid = ""

    def __call__(self, request: Request) -> Say:
        if request.path == "/login":
            self.logins += 1
            self.valid = f"t{self.logins}"
            return Say(b'{"error": "no such user"}' if self.refuse else f'{{"token": "{self.valid}"}}'.encode())
        lost = request.headers.get("authorization") != f"Bearer {self.valid}"
        return Say(b'{"lost": true}' if lost else b'{"number": "SO1"}')


HERD = 16


def herd(way: str, shop: Shop, rounds: int = 1) -> list[object]:
    """Sixteen callers at once through one connection, ``rounds`` times; what each of them got."""
    if way == "sync":
        from concurrent.futures import ThreadPoolExecutor
        from threading import Barrier

        with connect(shop) as erp, ThreadPoolExecutor(HERD) as pool:
            barrier = Barrier(HERD)

            def one(_: int) -> object:
                barrier.wait(10)
                try:
                    return erp.orders.get("SO1").number
                except LoginRefused as refused:
                    return refused

            return [got for _ in range(rounds) for got in pool.map(one, range(HERD))]
    got: list[object] = []

    async def run() -> None:
        async with connect_async(shop) as erp:

            async def one() -> None:
                try:
                    got.append((await erp.orders.get("SO1")).number)
                except LoginRefused as refused:
                    got.append(refused)

            for _ in range(rounds):
                async with anyio.create_task_group() as group:
                    for _ in range(HERD):
                        group.start_soon(one)

    anyio.run(run, backend=way)
    return got


def test_a_herd_logs_in_once(way: str) -> None:
    door = Door(refuse=False)
    with serving(door) as server:
        assert herd(way, Shop(server.url)) == ["SO1"] * HERD
    assert door.logins == 1


def test_a_herd_that_is_refused_tries_once_and_everybody_hears_it(way: str) -> None:
    door = Door(refuse=True)
    with serving(door) as server:
        got = herd(way, Shop(server.url), rounds=2)
    assert [type(error) for error in got] == [LoginRefused] * (2 * HERD)
    assert len({id(error) for error in got}) == 2 * HERD
    assert all("no such user" in str(error) for error in got)
    assert door.logins == 1


def test_a_herd_that_loses_its_session_logs_in_once_more(way: str) -> None:
    door = Door(refuse=False)
    once = ["forgotten"]

    def forgetful(request: Request) -> Say:
        if len(server.requests) > HERD:
            with contextlib.suppress(IndexError):
                door.valid = once.pop()
        return door(request)

    with serving(forgetful) as server:
        assert herd(way, Shop(server.url), rounds=2) == ["SO1"] * (2 * HERD)
    assert door.logins == 2


def test_a_login_that_fails_in_passing_is_shared_by_those_who_waited(way: str) -> None:
    tries: list[int] = []

    def route(request: Request) -> Say | Fault:
        if request.path != "/login":
            return Say(b'{"number": "SO1"}')
        tries.append(1)
        return "drop read" if len(tries) == 1 else Say(b'{"token": "t"}')

    with serving(route) as server:
        shop = evolve(Shop(server.url), calling=Calling(attempts=HERD + 1, base=0.001))
        assert herd(way, shop) == ["SO1"] * HERD
    assert len(tries) == 2
