"""A database that is in use, or not for us: one sentence says so, nothing is half-done, and the next run goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from erplink import ConfigInvalid, LoginRefused, NotPermitted, StoreMismatch, StoreUnavailable, Unsupported
from erplink.facade.clock import utc_now
from erplink.model.documents import Customer
from erplink.store import people
from erplink.store.database import open_store
from erplink.sync.pull import Feed, take_in
from tests.databases import Databases, only, started
from tests.store.notes import NOW, note, noted, raises, with_options


@only("sqlite")
def test_a_file_that_another_process_has_locked(databases: Databases) -> None:
    url = databases.url()
    open_store(url).close()
    program = (
        f"import sqlite3; database = sqlite3.connect({str(databases.folder / 'books.db')!r}, isolation_level=None)\n"
        "database.execute('BEGIN IMMEDIATE'); print('locked', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with raises(StoreUnavailable, "the database is locked by somebody else", "wait until they are done"):
            open_store(with_options(url, timeout="0.1"))
        other.communicate("go\n")
    store = open_store(with_options(url, timeout="0.1"))
    with store.begin() as connection:
        note(connection)
    store.close()
    assert noted(url) == ["one"]


@only("postgresql")
def test_a_row_that_another_transaction_has_locked(databases: Databases) -> None:
    patient, url = open_store(databases.url()), databases.url()
    hasty = open_store(with_options(url, options="-c lock_timeout=100ms"))
    with patient.begin() as connection:
        note(connection)
        with raises(StoreUnavailable, "the database is locked by somebody else"), hasty.begin() as other:
            note(other, "two")
    with hasty.begin() as other:
        note(other, "two")
    patient.close()
    hasty.close()
    assert noted(url) == ["one", "two"]


@only("postgresql")
def test_a_transaction_that_sleeps_is_ended(databases: Databases) -> None:
    store = open_store(with_options(databases.url(), options="-c idle_in_transaction_session_timeout=100ms"))
    other = open_store(databases.url())
    with raises(StoreUnavailable, "the database cannot be reached"), store.begin() as asleep:
        note(asleep)
        with other.begin() as connection:  # waits until the sleeper is ended
            note(connection, "two")
        note(asleep, "three")
    store.close()
    other.close()
    assert noted(databases.url()) == ["two"]


@only("postgresql")
def test_too_many_connections(databases: Databases) -> None:
    with role(databases, "LOGIN CONNECTION LIMIT 1") as url:
        store = open_store(url)
        with store.begin(), raises(StoreUnavailable, "the database has too many connections"), store.begin():
            pass
        store.close()


@only("postgresql")
def test_more_threads_than_connections(databases: Databases) -> None:
    store = open_store(databases.url())
    store._engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    held = [store._engine.connect() for _ in range(20)]
    with raises(StoreUnavailable, "every connection of this process is in use"), store.begin():
        pass
    for connection in held:
        connection.close()
    with store.begin() as connection:
        note(connection)
    store.close()


@contextmanager
def role(databases: Databases, rights: str) -> Iterator[str]:
    """The address of a database for somebody who may do anything in it, and has these attributes."""
    server, url = databases.server, databases.url()
    assert server is not None
    database = make_url(url).database or ""
    name = f"{database}_role"
    server.run(f"CREATE ROLE {name} {rights} PASSWORD 's3cret'")
    server.run(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}", database=database)
    try:
        yield make_url(url).set(username=name, password="s3cret").render_as_string(hide_password=False)
    finally:
        server.run(f"DROP OWNED BY {name}", database=database)
        server.run(f"DROP ROLE {name}")


@only("postgresql")
def test_a_login_that_is_refused(databases: Databases) -> None:
    with role(databases, "NOLOGIN") as url, raises(LoginRefused, "not permitted to log in"):
        open_store(url)
    with raises(LoginRefused, "does not exist", "check user, password"):
        open_store(make_url(databases.url()).set(username="nobody_knows").render_as_string())


def test_a_password_that_is_wrong(own_home: Path) -> None:
    with started(own_home) as server:
        server.run("CREATE ROLE clerk LOGIN PASSWORD 'right'")
        rules = own_home / "data" / "pg_hba.conf"
        rules.write_text("local all clerk scram-sha-256\n" + rules.read_text(encoding="utf-8"), encoding="utf-8")
        server.run("SELECT pg_reload_conf()")
        with raises(LoginRefused, "password authentication failed", "check user, password"):
            open_store(
                make_url(server.url)
                .set(drivername="postgresql", username="clerk", password="s3cret")
                .render_as_string(hide_password=False)
            )
        with raises(LoginRefused, "password"):
            open_store(make_url(server.url).set(drivername="postgresql", username="clerk").render_as_string())


@only("postgresql")
def test_a_database_that_is_not_there(databases: Databases) -> None:
    with raises(ConfigInvalid, "does not exist", "check the address"):
        open_store(make_url(databases.url()).set(database="nowhere_to_be_found").render_as_string())


def test_a_database_that_may_not_be_changed(databases: Databases) -> None:
    url = databases.url()
    open_store(url).close()
    if databases.engine == "sqlite":
        read_only = f"sqlite:///file:{databases.folder / 'books.db'}?mode=ro&uri=true"
    else:
        read_only = with_options(url, options="-c default_transaction_read_only=on")
    with raises(NotPermitted, "the database may not be changed"):
        store = open_store(read_only)
        try:
            with store.begin() as connection:
                note(connection)
        finally:
            store.close()
    assert noted(url) == []


@only("postgresql")
def test_a_table_that_may_not_be_read(databases: Databases) -> None:
    with role(databases, "LOGIN") as url:
        assert databases.server is not None
        name, database = make_url(url).username, make_url(url).database or ""
        databases.server.run(f"REVOKE ALL ON erplink_policies FROM {name}", database=database)
        store = open_store(url)
        with raises(NotPermitted, "permission denied for table erplink_policies"), store.begin() as connection:
            note(connection)
        store.close()


def test_a_table_that_somebody_dropped(databases: Databases) -> None:
    store = open_store(databases.url())
    with store.begin() as connection:
        connection.exec_driver_sql("DROP TABLE erplink_policies")
    with raises(StoreMismatch, "tables of erplink are missing", "restore a backup"), store.begin() as connection:
        note(connection)
    store.close()


@only("sqlite")
def test_a_damaged_file(databases: Databases) -> None:
    url, file = databases.url(), databases.folder / "books.db"
    store = open_store(url)
    with store.begin() as connection:
        for n in range(50):
            note(connection, f"note-{n}", 5_000)
    store.close()
    content = bytearray(file.read_bytes())
    content[4096 * 3 :] = os.urandom(len(content) - 4096 * 3)
    file.write_bytes(content)
    with raises(StoreMismatch, "the database is damaged", "restore a backup"):
        noted(url)


@only("sqlite")
def test_what_is_no_database(databases: Databases) -> None:
    (databases.folder / "books.db").write_text("客户编码,积分\n" * 1000, encoding="utf-8")
    with raises(ConfigInvalid, "the database does not open", "check the address, and that it is a database"):
        open_store(databases.url())
    with raises(ConfigInvalid, "the database does not open"):
        open_store(f"sqlite:///{databases.folder / 'no' / 'such' / 'folder' / 'books.db'}")


@pytest.mark.parametrize(
    "url", ["", "books.db", "sqlite:/x", "postgresql://me:s3cret@host:port/x", "mysql://me:s3cret@h/x"]
)
def test_an_address_that_is_none(url: str) -> None:
    with raises(ConfigInvalid):
        open_store(url)


@only("postgresql")
@pytest.mark.parametrize(("name", "what"), [("x" * 121, "too long"), ("a\0b", "NUL")])
def test_a_value_that_does_not_fit(databases: Databases, name: str, what: str) -> None:
    store = open_store(databases.url())
    with raises(Unsupported, "the database cannot keep a value", what, "shorten it"), store.begin() as connection:
        note(connection, name)
    store.close()
    assert noted(databases.url()) == []


def test_a_name_with_a_character_that_postgresql_cannot_keep(databases: Databases) -> None:
    store = open_store(databases.url())
    named = Customer("7", "C1", "张\0三", "approved", "1")
    with store.begin() as connection:
        take_in(connection, Feed("acme", "kingdee", "customers", frozenset()), [named], utc_now())
        assert [person.name for person in people.find(connection, "acme", "erp:kingdee", "C1")] == ["张三"]
    store.close()
