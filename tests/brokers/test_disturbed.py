"""Processes die, databases and brokers go away: what was published is in the inbox once all the same."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from sqlalchemy.engine import make_url

from erplink import Link, LoginRefused, StoreUnavailable, Unreachable
from erplink.brokers import Nats, Redis
from erplink.facade.brokers.taking import take_here
from erplink.facade.clock import utc_now
from erplink.link.values import Progress, Taken
from erplink.store.database import open_store
from erplink.sync.intake import Wants
from erplink.sync.progress import silent
from erplink.sync.run import Run
from tests.brokers.orders import assert_once, book, events, kept, points_in
from tests.brokers.own_server import own_server
from tests.brokers.proxy import Proxy
from tests.brokers.streams import KINDS, Stream, made
from tests.brokers.victim import BATCH, POINTS
from tests.databases import Databases, only

EVENTS = range(500)
SOON = 1.0
"""Seconds after which a broker hands out again what a dead consumer held."""


def take_the_rest(url: str, stream: Stream) -> None:
    """Again and again until nothing is left: what a dead consumer held comes a second later."""
    with Link.open(url, space="acme") as link:
        for _ in range(30):
            link.intake("shop", stream.settings(SOON), until_empty=True)
            if stream.left() == 0:
                return
    raise AssertionError(f"{stream.left()} messages are left")


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_is_killed_loses_nothing_and_doubles_nothing(database: str, stream: Stream, point: str) -> None:
    stream.publish(events(EVENTS))
    settings = stream.settings(SOON)
    told = json.dumps(attrs.asdict(settings))
    victim = [sys.executable, "-m", "tests.brokers.victim", database, type(settings).__name__, told, point]
    assert subprocess.run(victim, check=False, timeout=120).returncode == -signal.SIGKILL
    # The third batch is fetched while the second is being committed.
    assert len(kept(database)) in ((BATCH, 2 * BATCH) if point == "fetched" else (3 * BATCH,))
    take_the_rest(database, stream)
    assert_once(database, EVENTS)
    assert points_in(book(database)) == 5000


def through(url: str, proxy: Proxy) -> str:
    return make_url(url).set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)


@only("postgresql")
def test_a_database_that_comes_back_is_waited_for(databases: Databases, stream: Stream) -> None:
    url = databases.url()
    stream.publish(events(EVENTS))
    with Proxy(make_url(url).port or 5432) as proxy, Link.open(through(url, proxy), space="acme") as link:

        def cut_once(step: Progress) -> None:
            if step.done == BATCH:
                proxy.cut(3)

        taken = link.intake("shop", stream.settings(), batch=BATCH, until_empty=True, progress=cut_once)
        assert proxy.refused == 3
    assert taken.new == len(EVENTS)
    assert_once(url, EVENTS)
    assert stream.left() == 0


@only("postgresql")
def test_nothing_is_acknowledged_while_the_database_stays_away(databases: Databases, stream: Stream) -> None:
    url = databases.url()
    stream.publish(events(EVENTS))
    with Proxy(make_url(url).port or 5432) as proxy:
        store = open_store(through(url, proxy))
        proxy.cut(1000)
        impatient = Wants(until_empty=True, patience=timedelta(seconds=0.5))
        with pytest.raises(StoreUnavailable, match="the database cannot be reached"):
            take_here(Run(store, "acme", utc_now, silent), stream.settings(SOON), "shop", impatient)
        store.close()
    assert kept(url) == []
    assert stream.left() == len(EVENTS)
    take_the_rest(url, stream)
    assert_once(url, EVENTS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_that_is_killed_and_comes_back_is_waited_for(tmp_path: Path, kind: str) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with own_server(kind, tmp_path / "broker") as server, made(kind, server.url) as stream:
        stream.publish(events(EVENTS))
        asked_while_away: list[int] = []

        def kill_once(step: Progress) -> None:
            if step.done == BATCH:
                server.kill()

        def start_when_missed() -> bool:
            if server.process is None:
                asked_while_away.append(1)
                if len(asked_while_away) == 4:
                    server.start()
            return False

        with Link.open(url, space="acme") as link:
            taken = link.intake(
                "shop",
                stream.settings(SOON),
                batch=BATCH,
                until_empty=True,
                stop=start_when_missed,
                progress=kill_once,
            )
        assert len(asked_while_away) == 4
        assert taken.new >= 3 * BATCH
        take_the_rest(url, stream)
        assert_once(url, EVENTS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_intake_can_be_stopped_while_the_broker_is_away(tmp_path: Path, kind: str) -> None:
    with own_server(kind, tmp_path / "broker") as server, made(kind, server.url) as stream:
        stream.publish(events(EVENTS))
        try:
            with Link.open(f"sqlite:///{tmp_path / 'books.db'}", space="acme") as link:
                taken = link.intake(
                    "shop",
                    stream.settings(),
                    batch=BATCH,
                    stop=lambda: server.process is None,
                    progress=lambda step: server.kill() if step.done == 2 * BATCH else None,
                )
        finally:
            server.start()
        assert taken == Taken(new=3 * BATCH)  # one batch was in its hands


@pytest.mark.parametrize("broker", [Nats("nats://127.0.0.1:9", "ORDERS"), Redis("redis://127.0.0.1:9", "orders")])
def test_a_broker_that_was_never_there_is_an_error_at_once(tmp_path: Path, broker: Nats | Redis) -> None:
    with (
        Link.open(f"sqlite:///{tmp_path / 'books.db'}", space="acme") as link,
        pytest.raises(Unreachable, match=r"127\.0\.0\.1:9.*check the address"),
    ):
        link.intake("shop", broker)


def test_a_wrong_password_is_said_at_once_and_shown_to_nobody(tmp_path: Path) -> None:
    with own_server("nats", tmp_path / "broker") as server:
        server.kill()
        server.command += ["--user", "shop", "--pass", "right"]
        server.start()
        with Link.open(f"sqlite:///{tmp_path / 'books.db'}", space="acme") as link:
            for url in (server.url, server.url.replace("//", "//shop:wr%40ng@")):
                with pytest.raises(LoginRefused) as refused:
                    link.intake("shop", Nats(url, "ORDERS"))
                assert "wr" not in str(refused.value).replace("write", "")
