"""A link within the application's transaction: all of it stands or falls there, and what was lent stays as it was."""

# ruff: noqa: ANN401 - connections of any library

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import anyio
import psycopg
import pytest
import sqlalchemy as sa
from attrs import frozen

from erplink import AsyncLink, ConfigInvalid, InsufficientBalance, Link, ProtocolBroken, StoreUnavailable
from tests.borrowed import hosts
from tests.borrowed.hosts import ASYNC_HOSTS, HOSTS, AsyncOpens, Host, Watched
from tests.borrowed.shop import SPACE, WRITES, async_erp, balance, link_on, member, prepare, visits
from tests.databases import Databases, only

Opens = Callable[[str], AbstractContextManager[Host]]
SYNC = [
    pytest.param(kind, opens, id=f"{opens.__name__} on {kind}") for kind, several in HOSTS.items() for opens in several
]
ASYNC = [
    pytest.param(kind, opens, driver, id=f"{opens.__name__} on {driver}")
    for kind, several in ASYNC_HOSTS.items()
    for opens, driver in several
]


def redeem(link: Link, lent: object, points: int = 10, key: str = "one") -> None:
    link.within(lent).points.redeem(member(link), points, gift="GIFT", key=key)


@pytest.mark.parametrize(("databases", "opens"), SYNC, indirect=["databases"])
def test_what_is_redeemed_stands_or_falls_with_the_rows_of_the_host(databases: Databases, opens: Opens) -> None:
    url = databases.url()
    prepare(url)
    with link_on(url) as link, opens(url) as host:
        who = member(link)
        host.visit()
        link.within(host.lent).points.redeem(who, 10, gift="GIFT", key="one")
        assert link.within(host.lent).points.balance(who).points == 90
        host.rollback()
    assert (balance(url), visits(url)) == (100, [])
    with link_on(url) as link, opens(url) as host:
        link.within(host.lent).points.redeem(who, 10, gift="GIFT", key="one")
        host.visit()
        host.commit()
    assert (balance(url), visits(url)) == (90, ["host"])


@pytest.mark.parametrize(("databases", "opens", "driver"), ASYNC, indirect=["databases"])
def test_an_asynchronous_host_decides_likewise(databases: Databases, opens: AsyncOpens, driver: str) -> None:
    url = databases.url()
    prepare(url)

    async def spend(end: str) -> int:
        async with async_erp() as system, AsyncLink.open(url, space=SPACE) as link:
            link.attach("kingdee", system, writes=WRITES)
            who = await link.members.find(code="C1")
            async with opens(hosts.spoken(url, driver)) as host:
                await host.visit()
                here = link.within(host.lent)
                await here.points.redeem(who, 10, gift="GIFT", key="one")
                left = (await here.points.balance(who)).points
                await getattr(host, end)()
            return left

    assert anyio.run(spend, "rollback") == 90
    assert (balance(url), visits(url)) == (100, [])
    assert anyio.run(spend, "commit") == 90
    assert (balance(url), visits(url)) == (90, ["host"])


@pytest.mark.parametrize(("databases", "opens"), SYNC, indirect=["databases"])
def test_a_refusal_leaves_the_transaction_to_the_host(databases: Databases, opens: Opens) -> None:
    url = databases.url()
    prepare(url)
    with link_on(url) as link, opens(url) as host:
        who = member(link)
        host.visit()
        with pytest.raises(InsufficientBalance):
            link.within(host.lent).points.redeem(who, 101, gift="GIFT", key="one")
        host.commit()
    assert (balance(url), visits(url)) == (100, ["host"])


def test_the_same_history_is_read_within_and_without(databases: Databases) -> None:
    url = databases.url()
    prepare(url)
    for opens in HOSTS[databases.engine]:
        with link_on(url) as link:
            who = member(link)
            expected = link.points.history(who)
            with opens(url) as host:
                here = link.within(host.lent)
                assert here.points.history(who) == expected
                assert here.members.find(code="C1") == who
                assert [row.points for row in here.members.top(5)] == [row.points for row in link.members.top(5)]


@frozen
class Settings:
    """What can be seen of a connection, for a comparison."""

    seen: tuple[object, ...]


def of_sqlite(raw: sqlite3.Connection) -> Settings:
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only", "recursive_triggers")
    cursor = sqlite3.Connection.cursor(raw)
    cursor.row_factory = None
    pragmas = [cursor.execute(f"PRAGMA {name}").fetchall() for name in names]
    functions = sorted(cursor.execute("SELECT DISTINCT name FROM pragma_function_list").fetchall())
    return Settings((pragmas, functions, raw.isolation_level, raw.row_factory, raw.text_factory))


def of_postgresql(raw: Any) -> Settings:
    with raw.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name <> 'transaction_read_only' ORDER BY name")
        settings = [tuple(row.values()) for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) AS open FROM pg_cursors WHERE name <> ''")
        cursors = [tuple(row.values()) for row in cursor.fetchall()]
        cursor.execute("SELECT now() AS at")
        kind = type(cursor.fetchone()["at"].tzinfo)
    return Settings((settings, cursors, raw.autocommit, getattr(raw, "row_factory", raw.cursor_factory), kind))


@only("sqlite")
@pytest.mark.parametrize("opens", HOSTS["sqlite"][2:])
def test_a_lent_connection_of_sqlite3_stays_as_it_was(databases: Databases, opens: Opens) -> None:
    url = databases.url()
    prepare(url)
    with link_on(url) as link, opens(url) as host:
        who = member(link)
        raw: Watched = host.lent
        before = of_sqlite(raw)
        raw.cursors = []
        here = link.within(raw)
        here.points.redeem(who, 10, gift="GIFT", key="one")
        here.points.history(here.members.find(code="C1"))
        assert len(raw.cursors) > 10
        for cursor in raw.cursors:
            with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
                cursor.execute("SELECT 1")
        assert raw.in_transaction
        assert of_sqlite(raw) == before


@only("postgresql")
@pytest.mark.parametrize("opens", HOSTS["postgresql"][2:])
def test_a_lent_connection_of_postgresql_stays_as_it_was(databases: Databases, opens: Opens) -> None:
    url = databases.url()
    prepare(url)
    with link_on(url) as link, opens(url) as host:
        who = member(link)
        before = of_postgresql(host.lent)
        here = link.within(host.lent)
        here.points.redeem(who, 10, gift="GIFT", key="one")
        here.points.history(here.members.find(code="C1"))
        assert host.lent.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        assert of_postgresql(host.lent) == before


@only("sqlite")
def test_a_connection_that_commits_each_statement_is_refused(databases: Databases) -> None:
    url = databases.url()
    prepare(url)
    raw = sqlite3.connect(hosts.path_of(url), isolation_level=None)
    engine = sa.create_engine(url, execution_options={"isolation_level": "AUTOCOMMIT"})
    with link_on(url) as link, engine.connect() as connection:
        for lent in (raw, connection):
            with pytest.raises(ProtocolBroken, match="each statement"):
                redeem(link, lent)
    raw.close()
    engine.dispose()
    assert balance(url) == 100


@only("postgresql")
def test_a_connection_of_postgresql_that_commits_each_statement_is_refused(databases: Databases) -> None:
    url = databases.url()
    prepare(url)
    raw = psycopg.connect(hosts.dsn(url), autocommit=True)
    with link_on(url) as link:
        with pytest.raises(ProtocolBroken, match=r"begin one first; in Django inside transaction\.atomic"):
            redeem(link, raw)
        with raw.transaction():
            redeem(link, raw)
    raw.close()
    assert balance(url) == 90


@pytest.mark.parametrize("lent", [None, "sqlite:///shop.db", object()])
def test_what_cannot_be_lent_is_named(lent: object) -> None:
    with Link.open("sqlite://", space=SPACE) as link, pytest.raises(ProtocolBroken, match="cannot be lent here"):
        link.within(lent).members.top(1)


@only("postgresql")
def test_each_link_takes_the_connections_of_its_own_world(databases: Databases) -> None:
    url = databases.url()

    async def main() -> None:
        async with AsyncLink.open(url, space=SPACE) as link, hosts.with_async_psycopg(url) as host:
            with pytest.raises(ProtocolBroken, match="lend an SQLAlchemy AsyncConnection"):
                await link.within(psycopg).members.top(1)
            with link_on(url) as other, pytest.raises(ProtocolBroken, match="lend an SQLAlchemy connection"):
                other.within(host.lent).members.top(1)

    anyio.run(main)


@only("sqlite")
def test_a_host_that_read_first_is_told_to_run_its_transaction_again(databases: Databases) -> None:
    url = databases.url()
    prepare(url)
    with link_on(url) as link, hosts.begun_by_hand(url) as host:
        who = member(link)
        host.lent.execute("SELECT * FROM visits").fetchall()
        link.points.redeem(who, 10, gift="GIFT", key="somebody else's")
        with pytest.raises(StoreUnavailable, match="roll back, and run the whole transaction again"):
            link.within(host.lent).points.redeem(who, 10, gift="GIFT", key="one")
        host.rollback()
        host.lent.execute("BEGIN")
        link.within(host.lent).points.redeem(who, 10, gift="GIFT", key="one")
        host.commit()
    assert balance(url) == 80


@only("postgresql")
def test_a_transaction_that_failed_before_is_to_be_run_again(databases: Databases) -> None:
    url = databases.url()
    prepare(url)
    with link_on(url) as link, hosts.with_psycopg(url) as host:
        with pytest.raises(psycopg.errors.UndefinedTable):
            host.lent.execute("SELECT * FROM nowhere")
        with pytest.raises(StoreUnavailable, match="roll back"):
            redeem(link, host.lent)


@only("postgresql")
def test_the_schema_of_a_link_is_found_from_a_lent_connection(databases: Databases) -> None:
    from erplink.store import outbox
    from erplink.store.database import Store
    from erplink.store.queue import Message
    from tests.link.company import at

    url, now = databases.empty(), at("2026-11-25T00:00:00+00:00")
    store = Store.open(url, schema="erp")
    message = Message("key", "host", "mail.welcome", "{}")
    engine = sa.create_engine(url, execution_options={"schema_translate_map": {None: "elsewhere"}})
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA elsewhere"))
        connection.execute(sa.schema.CreateTable(sa.Table("own", sa.MetaData(), sa.Column("id", sa.Integer))))
        with store.lend(connection) as ours:
            outbox.put(ours, "acme", [message], now)
        assert connection.execute(sa.text("SELECT count(*) FROM elsewhere.own")).scalar_one() == 0
    engine.dispose()
    with hosts.with_psycopg(url) as host:
        with store.lend(host.lent) as ours:
            assert outbox.find(ours, "acme", "key") is not None
        host.commit()
    with store.begin() as connection:
        assert outbox.find(connection, "acme", "key") is not None
    store.close()


def test_without_greenlet_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erplink.store.lend.find_spec", lambda _: None)

    async def main() -> None:
        async with AsyncLink.open("sqlite://", space=SPACE) as link:
            await link.within(object()).members.top(1)

    with pytest.raises(ConfigInvalid, match="greenlet"):
        anyio.run(main)
