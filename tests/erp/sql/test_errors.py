"""Whatever a database complains of is told in a sentence that helps, and shows no secret."""

from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import evolve
from sqlalchemy.engine import make_url

from erplink import connect
from erplink.erp.sql.adapter import SqlAdapter
from erplink.erp.sql.settings import Sql
from erplink.errors import (
    Busy,
    ConfigInvalid,
    ErplinkError,
    LoginRefused,
    NotPermitted,
    Unreachable,
    Unsupported,
)
from erplink.facade.manifest import load_manifest
from erplink.facade.step import iterate, step
from erplink.testing.clock import VirtualIo
from erplink.wire.adapter import Window
from erplink.wire.call import Call, Reply
from tests.databases import Server
from tests.erp.sql.conftest import Place, on
from tests.erp.sql.old_erp import HEAD, ORDERS, numbers, shop
from tests.store.proxy import wire

SECRET = "p@ss/w:rd%?#&"


def loaded(folder: Path, url: str, text: str = ORDERS, **secrets: str) -> Sql:
    file = folder / "erp.toml"
    head = HEAD.replace("{url}", url).replace("{page}", "3").replace("secrets = []", f"secrets = {[*secrets]}")
    file.write_text(head + text, encoding="utf-8")
    settings = load_manifest(file, secrets=secrets)
    assert isinstance(settings, Sql)
    return settings


def hurried(settings: Sql) -> tuple[SqlAdapter, VirtualIo]:
    """An adapter whose pauses take no time."""

    def nowhere(_: Call) -> Reply:
        raise AssertionError

    io = VirtualIo(nowhere)
    return settings.open(io, parallel=1), io


@pytest.mark.parametrize(
    "url", ["postgresql://u:{secret.password}@127.0.0.1:9/x", "mysql://u:{secret.password}@127.0.0.1:9/x"]
)
def test_a_database_that_is_not_there_is_tried_a_few_times(
    tmp_path: Path, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = loaded(tmp_path, url, password=SECRET)
    adapter, io = hurried(settings)
    with pytest.raises(Unreachable) as raised:
        step(adapter.get("orders", "SO1"))
    adapter.close()
    assert len(io.slept) == 4
    assert "127.0.0.1:9/x" in str(raised.value)
    told = [str(raised.value), repr(raised.value), repr(settings), repr(adapter), caplog.text]
    told.append("".join(traceback.format_exception(raised.value)))
    assert not any(SECRET in each or "p%40ss" in each for each in told)


@on("postgresql", "mariadb")
def test_a_refused_login_is_remembered_and_not_tried_again(place: Place) -> None:
    with shop(place, 1) as old:
        url = make_url(place.url).set(username="erplink_nobody", password="wrong").render_as_string(hide_password=False)
        with connect(loaded(place.folder, url)) as erp:
            with pytest.raises(LoginRefused) as raised:
                erp.orders.get("SO00001")
            assert "wrong" not in str(raised.value)
            with created_user(old.engine, place.kind, "wrong"):
                for _ in range(2):
                    with pytest.raises(LoginRefused):
                        list(erp.orders.list())
                with connect(loaded(place.folder, url)) as other:
                    assert numbers([*other.orders.list()]) == ["SO00001"]


@on("mariadb", "postgresql")
def test_a_password_may_hold_any_sign(place: Place) -> None:
    with shop(place, 1) as old, created_user(old.engine, place.kind, SECRET):
        url = make_url(place.url)
        template = f"{url.drivername}://{{user}}:{{secret.password}}@{url.host}:{url.port}/{url.database}"
        text = f'[vars]\nuser = "erplink_nobody"\n{ORDERS}'
        with connect(loaded(place.folder, template, text, password=SECRET)) as erp:
            assert numbers([*erp.orders.list()]) == ["SO00001"]
        whole = url.set(username="erplink_nobody", password=SECRET).render_as_string(hide_password=False)
        settings = loaded(place.folder, "{secret.address}", address=whole)
        assert SECRET not in repr(settings)
        with connect(settings) as erp:
            assert numbers([*erp.orders.list()]) == ["SO00001"]


@contextmanager
def created_user(engine: sa.Engine, kind: str, password: str) -> Iterator[None]:
    """A user who may read everything."""
    quoted = password.replace("'", "''").replace("%", "%%") if kind == "postgresql" else password.replace("%", "%%")
    made = {
        "postgresql": [f"CREATE ROLE erplink_nobody LOGIN SUPERUSER PASSWORD '{quoted}'"],
        "mariadb": [f"CREATE USER erplink_nobody IDENTIFIED BY '{quoted}'", "GRANT SELECT ON *.* TO erplink_nobody"],
    }[kind]
    gone = {"postgresql": "DROP ROLE erplink_nobody", "mariadb": "DROP USER erplink_nobody"}[kind]
    with engine.begin() as connection:
        for each in made:
            connection.exec_driver_sql(each)
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(gone)


@pytest.mark.parametrize(
    ("was", "is_", "line", "words"),
    [
        ('table = "SEOrder"\n', 'table = "SEOrdr"\n', 12, ["no table or view SEOrdr", "did you mean SEOrder"]),
        ('table = "SEOrderEntry"', 'table = "Entry"', 29, ["no table or view Entry", "SEOrderEntry"]),
        ('"FBillNo"', '"FBilNo"', 17, ["SEOrder has no column 'FBilNo'", "did you mean FBillNo?", "FCustNo"]),
        ('"FRegion"', '"FRegionn"', 26, ["no column 'FRegionn'", "did you mean FRegion?"]),
        ("FCancellation = 0", "FCancelled = 0", 13, ["no column 'FCancelled'", "FCancellation"]),
        ('parent = "FInterID"', 'parent = "FIntrID"', 30, ["SEOrderEntry has no column 'FIntrID'", "FInterID"]),
        ('qty = "FQty"', 'qty = "FQyt"', 35, ["no column 'FQyt'", "did you mean FQty?"]),
    ],
)
def test_what_is_not_there_is_told_by_its_line_with_what_is(
    place: Place, was: str, is_: str, line: int, words: list[str]
) -> None:
    with shop(place, 1) as old, old.open(ORDERS.replace(was, is_, 1)) as erp:
        with pytest.raises(ConfigInvalid) as raised:
            list(erp.orders.list())
        said = str(raised.value)
        assert f"erp.toml, line {line}" in said
        assert [word for word in words if word not in said] == []


@on("postgresql")
def test_what_a_user_may_not_see_is_told(place: Place) -> None:
    with shop(place, 1) as old:
        old.do("CREATE ROLE erplink_guest LOGIN")
        try:
            url = make_url(place.url).set(username="erplink_guest").render_as_string()
            with connect(loaded(place.folder, url)) as erp, pytest.raises(NotPermitted, match="SEOrder"):
                list(erp.orders.list())
        finally:
            old.do("DROP ROLE erplink_guest")


def test_a_lock_that_stays_is_told(place: Place) -> None:
    with shop(place, 1) as old:
        file = old.manifest(ORDERS)
        file.write_text(file.read_text("utf-8").replace("page = 50", "page = 50\nlock_timeout = 1"), "utf-8")
        settings = load_manifest(file)
        assert isinstance(settings, Sql)
        settings = evolve(settings, calling=evolve(settings.calling, attempts=1))
        locking = {
            "sqlite": ["PRAGMA journal_mode=DELETE", "BEGIN EXCLUSIVE"],
            "postgresql": ['LOCK TABLE "SEOrder" IN ACCESS EXCLUSIVE MODE'],
            "mariadb": ["LOCK TABLES `SEOrder` WRITE"],
        }[place.kind]
        with old.engine.connect() as other:
            for each in locking:
                other.exec_driver_sql(each)
            with connect(settings) as erp, pytest.raises(Busy) as raised:
                list(erp.orders.list())
            other.invalidate()
        assert raised.value.sent == "no"


@on("postgresql", "mariadb")
def test_a_connection_that_breaks_amid_the_pages_is_made_anew(place: Place) -> None:
    with shop(place, 9) as old:
        adapter, io = hurried(loaded(place.folder, place.url))
        walk = iterate(adapter.pages("orders", Window()))
        found = [*next(walk).items]
        kill = {
            "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'erplink'",
            "mariadb": "",
        }[place.kind]
        if kill:
            old.do(kill)
        else:
            mine = "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
            for (process,) in old.all(mine):
                old.do(f"KILL {process}")
        for page in walk:
            found += page.items
        adapter.close()
    assert numbers(found) == [f"SO{n:05d}" for n in range(1, 10)]
    assert len(io.slept) == 1


@on("postgresql")
def test_a_wire_that_breaks_once_is_not_noticed(place: Place) -> None:
    with shop(place, 9), wire(place.url) as line:
        adapter, _ = hurried(loaded(place.folder, line.url))
        pieces = iter(range(1000))
        line.fate = lambda _: "unanswered" if next(pieces) == 12 else "pass"
        found = [each for page in iterate(adapter.pages("orders", Window())) for each in page.items]
        adapter.close()
    assert numbers(found) == [f"SO{n:05d}" for n in range(1, 10)]


def test_a_transaction_that_reads_cannot_write(place: Place) -> None:
    with shop(place, 3) as old:
        settings = load_manifest(old.manifest(ORDERS))
        assert isinstance(settings, Sql)
        adapter, _ = hurried(settings)
        gone = sa.delete(old.metadata.tables["SEOrder"])
        list(iterate(adapter.pages("orders", Window())))
        for _ in range(2):
            with pytest.raises(NotPermitted):
                step(adapter.db.read("try", (), lambda connection: connection.execute(gone).rowcount))
        adapter.close()
        assert len(old.all(old.quoted('SELECT * FROM "SEOrder"'))) == 3


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql+mysqldb://u@127.0.0.1/x", "pip install mysqlclient"),
        ("mssql://u@127.0.0.1/x", "pip install pymssql"),
        ("oracle://u@127.0.0.1/x", "pip install oracledb"),
        ("postgresql+asyncpg://u@127.0.0.1/x", "is a driver for tasks"),
        ("firebird://u@127.0.0.1/x", "firebird"),
    ],
)
def test_a_driver_that_cannot_be_used_is_told(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(ConfigInvalid, match=words):
        connect(loaded(tmp_path, url))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "is a file"),
        ("not a url", "cannot be read"),
        ("mysql://{usr}@127.0.0.1/x", "nothing is called 'usr'"),
        ("mysql://{secret.passwd}@127.0.0.1/x", "secret.passwd"),
    ],
)
def test_a_url_that_cannot_be_right_is_told(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(ConfigInvalid, match=words) as raised:
        loaded(tmp_path, url, password=SECRET)
    assert SECRET not in str(raised.value)


def test_a_file_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    with (
        connect(loaded(tmp_path, "sqlite:///nothere.db")) as erp,
        pytest.raises(ConfigInvalid, match="no such database"),
    ):
        list(erp.orders.list())
    assert not (tmp_path / "nothere.db").exists()


def test_texts_in_another_charset_are_told_and_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "erp.db")) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, code TEXT, name TEXT)")
        insert = "INSERT INTO customers VALUES (1, 'C1', CAST(? AS TEXT))"
        connection.execute(insert, ("客户甲".encode("gbk"),))
        connection.commit()
    text = '[entities.customers]\ntable = "customers"\n[entities.customers.fields]\n'
    text += 'id = "id"\nnumber = "code"\nname = "name"\nstatus = { value = "approved" }\n'
    with connect(loaded(tmp_path, "sqlite:///erp.db", text)) as erp:
        with pytest.raises(ConfigInvalid, match="charset") as raised:
            list(erp.customers.list())
        assert "客" not in str(raised.value)
    settings = loaded(tmp_path, 'sqlite:///erp.db"\ncharset = "gbk', text)
    with connect(settings) as erp:
        assert erp.customers.get("C1").name == "客户甲"
    with pytest.raises(ConfigInvalid, match="charset 'gkb' is not known"):
        connect(loaded(tmp_path, 'sqlite:///erp.db"\ncharset = "gkb', text))


def test_types_that_do_not_go_together_are_told(postgresql: Server, tmp_path: Path) -> None:
    with postgresql.made() as name:
        place = Place("postgresql", postgresql.address(name), tmp_path)
        with shop(place, 1) as old:
            for part in ("where = { FNote = 3 }", 'where = { FStatus = "three" }'):
                text = ORDERS.replace("where = { FCancellation = 0 }", part)
                with old.open(text) as erp, pytest.raises(ConfigInvalid, match="do not go together"):
                    list(erp.orders.list())


def test_no_sql_is_taken_as_text(place: Place) -> None:
    with shop(place, 1) as old, old.open(ORDERS) as erp:
        for text in ("SELECT 1", "DROP TABLE SEOrder"):
            with pytest.raises(Unsupported, match="view"):
                erp.raw.call(text, {})
        with pytest.raises(ErplinkError, match="cannot create orders: it can changes, get, keys, list orders"):
            erp.orders.create(erp.orders.get("SO00001"), key="k")
