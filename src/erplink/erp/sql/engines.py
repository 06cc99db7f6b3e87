"""Opening somebody else's database: few connections, patience with an end, and no writing unless it was agreed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from attrs import field, frozen
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from erplink.erp.sql.failures import Place, in_our_words
from erplink.erp.sql.words import Database
from erplink.errors import ConfigInvalid

SNAPSHOTS = frozenset({"postgresql", "sqlite"})
"""Where a transaction of ours that only reads sees one instant throughout, whatever is committed meanwhile."""

_WRITES = "erplink_writes"
_DRIVERS: Mapping[str, str] = {
    "postgresql": "psycopg",
    "mysql": "pymysql",
    "mariadb": "pymysql",
    "mssql": "pymssql",
    "oracle": "oracledb",
}
"""Which driver is used where the url names none."""
_PIP: Mapping[str, str] = {
    "psycopg": "'psycopg[binary]'",
    "psycopg2": "psycopg2-binary",
    "pymysql": "PyMySQL",
    "MySQLdb": "mysqlclient",
    "mysql": "mysql-connector-python",
}
_RECYCLED = 1800
_SILENT_SECONDS = 60


@frozen
class Address:
    """Where a database is and how it is opened. Its url holds a password, and shows nowhere."""

    url: sa.URL = field(repr=False)
    shown: str
    words: Database = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def backend(self) -> str:
        """SQLAlchemy's name for the kind of database."""
        return self.url.get_backend_name()

    def place(self, operation: str) -> Place:
        """Where an operation is done, for messages."""
        return Place(operation, self.shown, self.backend, self.secrets)


@frozen
class Side:
    """One way into a database: transactions that only read, or transactions that write to the agreed tables."""

    engine: sa.Engine = field(repr=False)
    place: Place
    writes: bool

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction. Raises errors of ``erplink.errors`` only."""
        with in_our_words(self.place), self.engine.connect() as connection:
            options: dict[str, Any] = {_WRITES: self.writes}
            if self.place.backend == "postgresql" and not self.writes:
                options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
            with connection.execution_options(**options).begin():
                yield connection


def address_of(url: sa.URL, words: Database, folder: Path, secrets: tuple[str, ...]) -> Address:
    """The address of a database. Raises ``ConfigInvalid`` for one that cannot be opened from a manifest."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        url, shown = _file(url, folder)
    else:
        if "+" not in url.drivername and backend in _DRIVERS:
            url = url.set(drivername=f"{backend}+{_DRIVERS[backend]}")
        port = f":{url.port}" if url.port else ""
        shown = f"{backend}://{url.host or ''}{port}/{url.database or ''}"
    return Address(url, shown, words, secrets)


def engine_of(address: Address, connections: int) -> sa.Engine:
    """An engine with so many connections at most; connects to nothing yet.

    Raises ``ConfigInvalid`` for a database or a driver that is not known or not installed.
    """
    words = address.words
    arguments, once = _MANNERS.get(address.backend, _no_manners)(address)
    try:
        if address.url.get_dialect().is_async:
            step = f"leave the driver out: {address.backend}://…; asynchronous applications need no other one"
            raise ConfigInvalid(f"{address.url.drivername} is a driver for tasks", where=address.shown, next_step=step)
        engine = sa.create_engine(
            address.url,
            poolclass=sa.QueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=words.statement_timeout,
            pool_recycle=_RECYCLED,
            hide_parameters=True,
            connect_args=arguments,
        )
    except ModuleNotFoundError as error:
        name = error.name or "the driver"
        step = f"pip install {_PIP.get(name, name)}"
        raise ConfigInvalid(f"the driver {name} is not installed", where=address.shown, next_step=step) from None
    except (NoSuchModuleError, ArgumentError) as error:
        step = "write it like mssql+pymssql://user:password@host/database"
        raise ConfigInvalid(f"{address.url.drivername} is not known: {error}", where="url", next_step=step) from None
    _introduce(engine, address.backend, once)
    return engine


def parsed(url: str) -> sa.URL:
    """A url's parts. Raises ValueError, without its words, for one that cannot be read."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        message = "it cannot be read; write it like mssql+pymssql://{user}:{secret.password}@host/database"
        raise ValueError(message) from None
    return found


def _file(url: sa.URL, folder: Path) -> tuple[sa.URL, str]:
    """An SQLite file, beside the manifest unless its path is a whole one."""
    name = url.database or ""
    if name in ("", ":memory:") or name.startswith("file:"):
        step = "name a file that is there, like sqlite:///erp.db"
        raise ConfigInvalid("an SQLite database of a manifest is a file", where="url", next_step=step)
    # In this mode SQLite opens what is there, and makes nothing.
    query = {**url.query, "mode": "rw", "uri": "true"}
    return url.set(database=f"file:{quote(str(folder / name))}", query=query), f"sqlite:///{name}"


def _introduce(engine: sa.Engine, backend: str, once: Callable[[Any], None]) -> None:
    """Have every connection told its manners, and every transaction whether it may write."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        once(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        for statement in _BEGUN.get((backend, bool(writes)), ()):
            connection.exec_driver_sql(statement)


_BEGUN: Mapping[tuple[str, bool], tuple[str, ...]] = {
    ("sqlite", False): ("PRAGMA query_only = ON", "BEGIN"),
    ("sqlite", True): ("PRAGMA query_only = OFF", "BEGIN IMMEDIATE"),
    ("mysql", False): ("SET TRANSACTION READ ONLY",),
    ("mariadb", False): ("SET TRANSACTION READ ONLY",),
    ("oracle", False): ("SET TRANSACTION READ ONLY",),
}
"""What a transaction begins with. PostgreSQL is told by its driver; SQL Server knows no such thing."""

Manners = tuple[dict[str, Any], Callable[[Any], None]]


def _no_manners(address: Address) -> Manners:
    _no_charset(address)
    return {}, lambda _: None


def _sqlite(address: Address) -> Manners:
    charset = address.words.charset

    def once(connection: Any) -> None:
        connection.isolation_level = None
        if charset is not None:
            connection.text_factory = lambda text: text.decode(charset, "replace")

    if charset is not None:
        try:
            codecs.lookup(charset)
        except LookupError:
            raise ConfigInvalid(f"the charset {charset!r} is not known", next_step="write one such as gbk") from None
    return {"check_same_thread": False, "timeout": address.words.lock_timeout}, once


def _postgresql(address: Address) -> Manners:
    words = address.words
    given = {
        "application_name": "erplink",
        "connect_timeout": words.connect_timeout,
        "keepalives_idle": _SILENT_SECONDS // 2,
        "keepalives_interval": _SILENT_SECONDS // 6,
        "keepalives_count": 3,
        "tcp_user_timeout": _SILENT_SECONDS * 1000,
    }
    settings = {
        "lock_timeout": f"{words.lock_timeout}s",
        "statement_timeout": f"{words.statement_timeout}s",
        **({"client_encoding": words.charset} if words.charset else {}),
    }

    def once(connection: Any) -> None:
        with connection.cursor() as cursor:
            for name, value in settings.items():
                cursor.execute(f"SET {name} = '{_plain(value)}'")
        connection.commit()

    return {name: value for name, value in given.items() if name not in address.url.query}, once


def _mysql(address: Address) -> Manners:
    words = address.words
    given: dict[str, Any] = {"connect_timeout": words.connect_timeout}
    if address.url.get_driver_name() == "pymysql":
        given |= {"read_timeout": words.statement_timeout, "write_timeout": words.statement_timeout}
    if words.charset:
        given["charset"] = words.charset

    def once(connection: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {words.lock_timeout}")
        cursor.execute(f"SET SESSION lock_wait_timeout = {words.lock_timeout}")
        cursor.close()

    return given, once


def _mssql(address: Address) -> Manners:
    words, pymssql = address.words, address.url.get_driver_name() == "pymssql"
    if pymssql:
        given: dict[str, Any] = {"login_timeout": words.connect_timeout, "timeout": words.statement_timeout}
        given |= {"appname": "erplink", **({"charset": words.charset} if words.charset else {})}
    else:
        _no_charset(address)
        given = {"timeout": words.connect_timeout}

    def once(connection: Any) -> None:
        if not pymssql:
            connection.timeout = words.statement_timeout
        cursor = connection.cursor()
        cursor.execute(f"SET LOCK_TIMEOUT {words.lock_timeout * 1000}")
        cursor.close()

    return given, once


def _oracle(address: Address) -> Manners:
    _no_charset(address)
    words = address.words

    def once(connection: Any) -> None:
        connection.call_timeout = words.statement_timeout * 1000

    return {"tcp_connect_timeout": words.connect_timeout}, once


_MANNERS: Mapping[str, Callable[[Address], Manners]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
    "mssql": _mssql,
    "oracle": _oracle,
}


def _no_charset(address: Address) -> None:
    if address.words.charset is not None:
        step = "leave charset out; the driver knows"
        raise ConfigInvalid(f"{address.backend} takes no charset here", where=address.shown, next_step=step)


def _plain(value: str) -> str:
    """A setting's value, if it is a word."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", value) is None:
        raise ConfigInvalid(f"{value!r} is no charset", where="charset", next_step="write one such as gbk")
    return value
