"""A database that is away: one sentence says so, nothing is half-done, and the next run goes on."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from erplink import Link, StoreUnavailable
from erplink.facade.clock import utc_now
from erplink.store.database import open_store
from tests.databases import Databases, only, started
from tests.link.company import PLAIN, WRITES, Company, company
from tests.store.notes import note, noted, raises
from tests.store.proxy import Fate, wire

SHOP = tuple((f"10{n:02}", f"C{n % 6}", "2026-03-02 10:00", "10001", 1 + n % 3, "100.00") for n in range(24))


def much_later() -> datetime:
    """When the leases of those who failed have run out."""
    return utc_now() + timedelta(hours=2)


@contextmanager
def desk(erp: Company, url: str, clock: Callable[[], datetime] = utc_now) -> Iterator[Link]:
    with erp.connect() as connected, Link.open(url, space="acme", clock=clock) as link:
        link.attach("kingdee", connected, writes=WRITES)
        yield link


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*ServerCursor:pytest.PytestUnraisableExceptionWarning")
@only("postgresql")
@pytest.mark.parametrize("fate", ["lost", "unanswered"])
def test_a_wire_that_breaks_anywhere_in_a_sync_loses_and_doubles_nothing(databases: Databases, fate: Fate) -> None:
    with company(databases, *SHOP) as erp:
        with wire(databases.url("calm")) as line, desk(erp, line.url) as link:
            link.policies.publish(PLAIN)
            pieces = count()
            line.fate = lambda _: ("pass", next(pieces))[0]
            link.sync()
            calm, shown, total = link.export(), erp.written(), next(pieces)
        broken = list[str]()
        for place in range(1, total, total // 5):
            broken += disturbed(erp, databases.url(f"cut-{place}"), place, fate)
            gc.collect()  # psycopg cannot close a cursor over a broken wire, and complains when it is thrown away
            with desk(erp, databases.url(f"cut-{place}"), much_later) as link:
                link.sync()
                assert link.export() == calm
                assert link.sync().unchanged
            assert erp.written() == shown
        assert len(broken) > 2
        assert all("the database cannot be reached" in words for words in broken)


def disturbed(erp: Company, url: str, place: int, fate: Fate) -> list[str]:
    """A first sync whose wire breaks at one place; what it says of that, if it notices."""
    pieces = count()
    with wire(url) as line, desk(erp, line.url) as link:
        link.policies.publish(PLAIN)
        line.fate = lambda _: fate if next(pieces) == place else "pass"
        try:
            link.sync()
        except StoreUnavailable as error:
            return [str(error)]
        return []


@only("postgresql")
def test_a_commit_that_is_not_answered_may_have_been_kept(databases: Databases) -> None:
    with wire(databases.url()) as line:
        store = open_store(line.url)
        line.fate = lambda sent: "unanswered" if b"COMMIT\0" in sent else "pass"
        with pytest.raises(StoreUnavailable, match="kept whole or not at all") as caught, store.begin() as connection:
            note(connection)
        assert caught.value.sent == "maybe"
        line.fate = lambda _: "pass"
        store.close()
    assert noted(databases.url()) == ["one"]


@only("postgresql")
def test_a_server_that_is_cut_off_and_comes_back(databases: Databases) -> None:
    with wire(databases.url()) as line:
        store = open_store(line.url)
        with raises(StoreUnavailable, "the database cannot be reached"), store.begin() as connection:
            note(connection, "lost")
            line.break_off()
            note(connection, "never")
        with raises(StoreUnavailable, "the database cannot be reached"), store.begin() as connection:
            note(connection, "never")
        with raises(StoreUnavailable, "the database cannot be reached"):
            open_store(line.url)
        line.cut = False
        with store.begin() as connection:
            note(connection, "kept")
        store.close()
    assert noted(databases.url()) == ["kept"]


@only("postgresql")
def test_a_connection_that_an_administrator_ends(databases: Databases) -> None:
    server, url = databases.server, databases.url()
    assert server is not None
    store = open_store(url)
    with raises(StoreUnavailable, "the database cannot be reached", "terminating"), store.begin() as connection:
        note(connection)
        server.run("SELECT pg_terminate_backend(%s)", connection.scalar(sa.func.pg_backend_pid()))
        note(connection, "two")
    with store.begin() as connection:
        pid = connection.scalar(sa.func.pg_backend_pid())
    server.run("SELECT pg_terminate_backend(%s)", pid)
    with store.begin() as connection:  # what broke while nobody used it is not noticed
        note(connection, "kept")
    store.close()
    assert noted(url) == ["kept"]


def test_a_server_that_is_stopped_and_started_again(own_home: Path) -> None:
    with started(own_home) as server:
        server.run("CREATE DATABASE books")
        url = server.address("books")
        store = open_store(url)
        with store.begin() as connection:
            note(connection)
    with raises(StoreUnavailable, "the database cannot be reached", "see that it runs"), store.begin():
        pass
    with raises(StoreUnavailable, "the database cannot be reached"):
        open_store(url)
    with started(own_home):
        with store.begin() as connection:
            note(connection, "two")
        store.close()
        assert noted(url) == ["one", "two"]


def test_nobody_listens(tmp_path: Path) -> None:
    with raises(StoreUnavailable, "the database cannot be reached", "postgresql://me:***@127.0.0.1:1/books"):
        open_store("postgresql://me:s3cret@127.0.0.1:1/books")
