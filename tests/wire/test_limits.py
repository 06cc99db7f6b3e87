"""A limit of calls that several processes share, and what they tell each other, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from attrs import evolve
from sqlalchemy.engine import make_url

from erplink import Link, connect, connect_async
from erplink.errors import ConfigInvalid, Paused, StoreUnavailable
from erplink.facade.limits import SharedLimits
from erplink.facade.step import step
from erplink.testing.clock import VirtualClock, VirtualIo
from erplink.wire.call import Call, Reply
from erplink.wire.pipeline import Wire
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling
from tests.databases import Databases, only
from tests.store.proxy import wire
from tests.wire.caller import RATE, READ
from tests.wire.server import Request, Say, serving
from tests.wire.shop import Shop, SignedDialect

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
OK = Reply(200, b"{}")
WRITE = Call("write", "http://shop.test/write")


def most_in_any_window(instants: Sequence[datetime], seconds: float) -> int:
    """The most calls that any half-open window of that length sees; instants have the grain of a microsecond."""
    ordered, grain = sorted(instants), timedelta(microseconds=len(instants))
    window = timedelta(seconds=seconds) - grain
    return max(sum(start <= each < start + window for each in ordered) for start in ordered)


@pytest.mark.parametrize("processes", [4])
def test_processes_that_share_a_limit_keep_it_together(database: str, repository: Path, processes: int) -> None:
    SharedLimits(database).close()
    command = [sys.executable, "-m", "tests.wire.caller", database, "45"]
    with_pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8", "cwd": repository}
    running = [subprocess.Popen(command, **with_pipes) for _ in range(processes)]  # type: ignore[call-overload]
    for each in running:
        assert each.stdout.readline() == "ready\n"
    for each in running:
        each.stdin.write("go\n")
        each.stdin.flush()
    called = [datetime.fromisoformat(text) for each in running for text in json.loads(each.communicate(timeout=60)[0])]
    assert [each.returncode for each in running] == [0] * processes
    assert len(called) == 45 * processes
    assert most_in_any_window(called, RATE.per) <= RATE.calls
    # And they waste nothing: no turn is lost between them.
    assert max(called) - min(called) == timedelta(seconds=45 * processes - 1)


class Crew:
    """Several processes on one clock, each with a connection of its own to one backend, or to several."""

    def __init__(self, database: str) -> None:
        self.clock = VirtualClock()
        self.limits = SharedLimits(database)
        self.asked: list[datetime] = []
        self.reply = OK
        self.meanwhile: Callable[[], object] = int

    def wire(self, backend: str = "shop", calling: Calling | None = None) -> Wire:
        io = VirtualIo(self._answer, clock=self.clock)
        return Wire(io, SignedDialect(), calling or Calling(), backend=backend, pacing=self.limits.pace)

    def _answer(self, _: Call) -> Reply:
        self.asked.append(self.clock.now())
        self.meanwhile()
        return self.reply


@pytest.fixture
def crew(database: str) -> Iterator[Crew]:
    with together(database) as crew:
        yield crew


@contextmanager
def together(database: str) -> Iterator[Crew]:
    crew = Crew(database)
    with closing(crew.limits):
        yield crew


def test_on_one_clock_no_window_sees_more_than_the_limit(crew: Crew) -> None:
    wires = [crew.wire(calling=Calling(rate=Rate(20, per=60.0))) for _ in range(5)]
    for n in range(100):
        step(wires[n % 5].call(READ))
        if n % 7 == 0:
            crew.clock.advance(n / 3)
    assert most_in_any_window(crew.asked, 60.0) <= 20


def test_backends_do_not_share_whatever_their_names(crew: Crew) -> None:
    calling = Calling(rate=Rate(1, per=3600.0), patience=0.0)
    names = ["a", "b", "中" * 300, "中" * 301]
    for name in names:
        step(crew.wire(name, calling).call(READ))
    for name in names:
        with pytest.raises(Paused):
            step(crew.wire(name, calling).call(READ))
    assert len(crew.asked) == len(names)


def test_whoever_is_paused_takes_no_turn_from_others(crew: Crew) -> None:
    calling = Calling(rate=Rate(1, per=60.0), patience=59.0)
    step(crew.wire(calling=calling).call(READ))
    for _ in range(10):
        with pytest.raises(Paused) as raised:
            step(crew.wire(calling=calling).call(READ))
        assert raised.value.until == MIDNIGHT + timedelta(seconds=60)
    crew.clock.advance(1)
    step(crew.wire(calling=calling).call(READ))
    assert crew.asked[1] == MIDNIGHT + timedelta(seconds=60)


@pytest.mark.parametrize(
    "headers",
    [{"retry-after": "3600"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3600"}],
    ids=["retry-after", "quota"],
)
def test_what_one_process_hears_holds_for_all_and_for_those_that_start_later(
    crew: Crew, headers: dict[str, str]
) -> None:
    first, second = crew.wire(), crew.wire()
    step(second.call(READ))
    crew.reply = Reply(429, headers=headers)
    with pytest.raises(Paused):
        step(first.call(READ))
    crew.reply = OK
    for each in (second, crew.wire(), first):
        with pytest.raises(Paused) as raised:
            step(each.call(READ))
        assert raised.value.until == MIDNIGHT + HOUR
    assert len(crew.asked) == 2
    crew.clock.advance(3600)
    step(second.call(READ))


def test_a_shorter_pause_does_not_end_a_longer_one(crew: Crew) -> None:
    for seconds in ("3600", "70"):
        crew.reply = Reply(429, headers={"retry-after": seconds})
        with pytest.raises(Paused) as raised:
            step(crew.wire().call(READ))
        assert raised.value.until == MIDNIGHT + HOUR
    assert len(crew.asked) == 1


@only("postgresql")
def test_while_the_database_is_away_nothing_is_sent(databases: Databases) -> None:
    with wire(databases.url()) as line, together(line.url) as crew:
        connection = crew.wire(calling=Calling(base=0.0))
        step(connection.call(WRITE))
        line.break_off()
        with pytest.raises(StoreUnavailable, match="the database cannot be reached") as raised:
            step(connection.call(WRITE))
        assert raised.value.sent == "no"
        line.cut = False
        step(connection.call(WRITE))
        assert len(crew.asked) == 2


@only("postgresql")
def test_a_reply_is_not_lost_because_others_cannot_be_told_of_it(databases: Databases) -> None:
    with wire(databases.url()) as line, together(line.url) as crew:
        connection = crew.wire()
        crew.reply = Reply(200, b'{"written": 1}', {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3600"})
        crew.meanwhile = line.break_off
        assert step(connection.call(WRITE)).body == b'{"written": 1}'
        with pytest.raises(Paused):
            step(connection.call(WRITE))
        assert len(crew.asked) == 1


@only("postgresql")
def test_a_login_refused_by_the_database_is_no_refusal_of_the_system(databases: Databases) -> None:
    assert databases.server is not None
    role = f"erplink_test_limits_{os.getpid()}"
    url = make_url(databases.url()).set(username=role).render_as_string(hide_password=False)
    databases.server.run(f"CREATE ROLE {role} LOGIN SUPERUSER")
    try:
        with together(url) as crew:
            connection = crew.wire()
            crew.limits.close()
            databases.server.run(f"ALTER ROLE {role} NOLOGIN")
            with pytest.raises(ConfigInvalid, match="the database refuses the login"):
                step(connection.call(READ))
            databases.server.run(f"ALTER ROLE {role} LOGIN")
            assert step(connection.call(READ)) == OK
    finally:
        databases.server.run(f"DROP ROLE {role}")


def served(request: Request) -> Say:
    return Say(b'{"token": "t", "number": "SO1"}')


ONCE_A_DAY = Calling(rate=Rate(1, per=86_400.0, burst=2))
"""Two calls at once, a login and one more, then one a day."""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_one_word_at_connect_shares_a_limit_between_threads_and_tasks(database: str, backend: str) -> None:
    async def run() -> None:
        async with connect_async(shop, limits=database) as erp:
            with pytest.raises(Paused):
                await erp.orders.get("SO1")

    with serving(served) as server:
        shop = evolve(Shop(server.url), calling=ONCE_A_DAY)
        with connect(shop, limits=database) as erp:
            assert erp.orders.get("SO1").number == "SO1"
            anyio.run(run, backend=backend)
            with pytest.raises(Paused, match="run again after"):
                erp.orders.get("SO1")
        with connect(shop) as alone:
            assert alone.orders.get("SO1").number == "SO1"
        assert server.paths() == ["/login", "/get"] * 2


def test_the_database_of_a_link_will_do(database: str) -> None:
    with serving(served) as server, Link.open(database, space="acme") as link:
        shop = evolve(Shop(server.url), calling=ONCE_A_DAY)
        with connect(shop, limits=database) as erp:
            link.attach("shop", erp)
            assert erp.orders.get("SO1").number == "SO1"
            with pytest.raises(Paused):
                erp.orders.get("SO1")


def test_a_database_that_cannot_be_used_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database, but long enough to be looked at closely by whoever opens it" * 9)
    for url in (f"sqlite:///{tmp_path / 'file'}", "mysql://x/y", "limits.db"):
        with pytest.raises(ConfigInvalid):
            connect(Shop("http://127.0.0.1:1"), limits=url)
