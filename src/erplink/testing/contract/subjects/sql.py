"""An old ERP without an API: its database, read and written by a manifest. On SQLite, or on a PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from attrs import Factory, field, frozen
from sqlalchemy.engine import make_url

from erplink.erp.sql import from_manifest
from erplink.manifest.head import Source, read_manifest
from erplink.model.documents import Document, Entity, Stock
from erplink.testing.contract.subject import Calls, Fault, Feature, Shape, declared
from erplink.testing.contract.subjects.shop_cells import planted
from erplink.testing.contract.subjects.sql_tables import LINES, MANIFEST, SPOILT, metadata, triggers
from erplink.testing.contract.subjects.sql_wire import Armed, Wire
from erplink.wire.adapter import Capability, Settings

_ZONE = ZoneInfo("Asia/Shanghai")
_FOUR = frozenset({"draft", "pending", "approved", "cancelled"})
_SHAPES: Mapping[Entity, Shape] = {
    "orders": Shape(),
    "shipments": Shape(statuses=_FOUR),
    "returns": Shape(statuses=_FOUR),
    "receipts": Shape(statuses=_FOUR),
    "customers": Shape(statuses=_FOUR, update=("points", Decimal(12), Decimal(34))),
    "products": Shape(statuses=_FOUR),
}
_PASSWORD = "s3cret-P@ss/w:rd%"  # noqa: S105 - of a user that exists in tests alone
_OF_ANY: Mapping[Feature, str] = {
    "stalled": "a connection has no other time limit than that of a statement, which the server keeps",
    "html_page": "a database answers with rows or with an error",
    "error_in_200": "a database answers with rows or with an error",
    "busy_for_seconds": "a database does not say for how long",
    "busy_until_date": "a database does not say until when",
    "foreign_link": "pages are asked for by key, no reply links to the next one",
    "unknown_field": "a query brings the columns it asks for",
    "raw": "no statement is taken as text",
    "skew": "its clock is this machine's",
    "recorded": "what is asked is a statement, and what comes are rows",
}
_OF_A_FILE: tuple[Feature, ...] = (
    "login",
    "one_renewal",
    "session_lost",
    "dropped",
    "reply_lost",
    "cut_short",
    "server_error",
    "busy",
    "locked",
    "no_permission",
    "refused",
    "password_expired",
)
_numbers = count(1)


@frozen
class SqlSubject:
    """A database of its own: a file, or on the PostgreSQL ``server`` whose address is given."""

    server: str = field(default="", repr=False)
    manifest: str = field(default=MANIFEST, repr=False)
    label: str = ""
    shapes: Mapping[Entity, Shape] = field(default=MappingProxyType(_SHAPES), repr=False)

    @property
    def name(self) -> str:
        """``sql``, and the kind of database."""
        return self.label or ("sql postgresql" if self.server else "sql sqlite")

    @property
    def offers(self) -> tuple[Capability, ...]:
        """As the manifest declares."""
        url = "postgresql://u:{secret.password}@127.0.0.1:9/x" if self.server else "sqlite:///nowhere.db"
        return declared(_settings(self.manifest, url, Path.cwd()))

    @property
    def without(self) -> Mapping[Feature, str]:
        """What a database, or a file, does not have by its nature."""
        missing = {} if self.server else dict.fromkeys(_OF_A_FILE, "a file has no connections and no users")
        return {**_OF_ANY, **missing}

    @contextmanager
    def start(self) -> Iterator[SqlSystem]:
        """A database with its tables, and a wire to it that faults are committed on."""
        with TemporaryDirectory(prefix="erplink-sql-") as folder:
            if not self.server:
                url = f"sqlite:///{Path(folder) / 'erp.db'}"
                with _opened("sqlite", url) as engine:
                    yield SqlSystem(engine, self.manifest, "sqlite:///erp.db", Path(folder), Wire("", ""))
                return
            with _database(self.server) as url:
                parsed = make_url(url)
                wire = Wire(parsed.set(drivername="postgresql").render_as_string(hide_password=False), _PASSWORD)
                with _opened("postgresql", url) as engine, wire.listening() as port:
                    options = "sslmode=disable&gssencmode=disable"
                    address = f"postgresql://contract:{{secret.password}}@127.0.0.1:{port}/{parsed.database}?{options}"
                    yield SqlSystem(engine, self.manifest, address, Path(folder), wire)


def _settings(manifest: str, url: str, folder: Path, page: int = 50, password: str = _PASSWORD) -> Settings:
    text = manifest.replace("{url}", url).replace("{page}", str(page))
    return from_manifest(Source(read_manifest(text, "erp.toml"), folder, {"password": password}))


@contextmanager
def _database(server: str) -> Iterator[str]:
    """A database of one's own on a server; gone after the block."""
    url = make_url(server).set(drivername="postgresql+psycopg")
    name = f"erplink_contract_{os.getpid()}_{next(_numbers)}"
    owner = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with owner.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with owner.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _opened(kind: str, url: str) -> Iterator[sa.Engine]:
    """An engine over a database in which the tables were made."""
    engine = sa.create_engine(url, **({"connect_args": {"timeout": 60}} if kind == "sqlite" else {}))
    try:
        if kind == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        with engine.begin() as connection:
            metadata(kind).create_all(connection)
            for statement in triggers(kind):
                connection.exec_driver_sql(statement)
        yield engine
    finally:
        engine.dispose()


@frozen
class SqlSystem:
    """A database seen from inside, and the wire that clients come by."""

    engine: sa.Engine = field(repr=False)
    manifest: str = field(repr=False)
    url: str
    folder: Path
    wire: Wire = field(repr=False)
    tables: sa.MetaData = field(
        default=Factory(lambda self: metadata(self.engine.dialect.name), takes_self=True), init=False, repr=False
    )

    def settings(self, *, page: int) -> Settings:
        """The right ones."""
        return _settings(self.manifest, self.url, self.folder, page)

    def impostor(self) -> Settings:
        """With a wrong password."""
        return _settings(self.manifest, self.url, self.folder, password="wrong-1Z")  # noqa: S106 - wrong

    def astray(self) -> Settings:
        """With a database that is not there."""
        head, _, options = self.url.partition("?")
        url = f"{head.rpartition('/')[0]}/nowhere{'?' + options if options else '.db'}"
        return _settings(self.manifest, url, self.folder)

    def secrets(self) -> tuple[str, ...]:
        """The password, and a wrong one."""
        return _PASSWORD, "wrong-1Z"

    def empty(self) -> None:
        """Forget everything."""
        with self.engine.begin() as connection:
            for table in self.tables.sorted_tables:
                connection.execute(sa.delete(table))
        self.wire.reset()

    def now(self) -> datetime:
        """This machine's."""
        return datetime.now(UTC)

    def ahead(self, seconds: float) -> None:
        """Its clock cannot be set; the suite knows."""
        raise NotImplementedError(f"{seconds} s ahead")

    def plant(self, documents: Sequence[Document], modified: datetime | None = None) -> None:
        """As the ERP keeps them: a row of the head, and one of each line."""
        with self.engine.begin() as connection:
            for one in documents:
                cells = planted(one, modified or self.now())
                table = self.tables.tables[cells["entity"]]
                made = connection.execute(sa.insert(table), _row(table, cells["head"])).inserted_primary_key
                rows = [{**line, "head_id": made[0] if made else None} for line in cells.get("lines", ())]
                for row in rows:
                    of_line = self.tables.tables[LINES[cells["entity"]]]
                    connection.execute(sa.insert(of_line), _row(of_line, row))

    def edit(self, entity: Entity, number: str, modified: datetime | None = None) -> None:
        """Move the stamp."""
        stamp = _wall(modified or self.now())
        self._change(self.tables.tables[entity], {"number": number}, {"updated_at": stamp})

    def remove(self, entity: Entity, number: str) -> None:
        """Head and lines."""
        table = self.tables.tables[entity]
        with self.engine.begin() as connection:
            ids = connection.execute(sa.select(table.c.id).where(table.c.number == number)).scalars().all()
            if entity in LINES:
                lines = self.tables.tables[LINES[entity]]
                connection.execute(sa.delete(lines).where(lines.c.head_id.in_(ids)))
            connection.execute(sa.delete(table).where(table.c.id.in_(ids)))

    def spoil(self, entity: Entity, number: str) -> None:
        """A figure that is none, or a flag that nobody knows."""
        table, column = SPOILT[entity]
        head = self.tables.tables[entity]
        with self.engine.begin() as connection:
            key = connection.execute(sa.select(head.c.id).where(head.c.number == number)).scalar_one()
        value = "maybe" if column == "disabled" else "NaN"
        self._change(self.tables.tables[table], {"id" if table == entity else "head_id": key}, {column: value})

    def count(self, entity: Entity) -> int:
        """Rows of the head."""
        with self.engine.begin() as connection:
            found = connection.execute(sa.select(sa.func.count()).select_from(self.tables.tables[entity]))
            return int(found.scalar_one())

    def stock(self, levels: Sequence[Stock]) -> None:
        """A row for each."""
        table = self.tables.tables["stock"]
        with self.engine.begin() as connection:
            connection.execute(sa.delete(table))
            for one in levels:
                figures = {"on_hand": str(one.on_hand), "available": str(one.available)}
                connection.execute(sa.insert(table), {"sku": one.sku, "warehouse": one.warehouse, **figures})

    def disturb(self, fault: Fault, times: int = 1, *, calls: Calls = "all", skip: int = 0) -> None:
        """Arm the wire."""
        self.wire.armed.append(Armed(fault, times, calls, skip))

    def calm(self) -> None:
        """Disarm the wire."""
        self.wire.armed.clear()

    def suffered(self) -> int:
        """As the wire counts."""
        return self.wire.suffered

    def calls(self) -> int:
        """Logins and transactions, as the wire counts; what is read of a file passes no wire."""
        return self.wire.calls

    def logins(self) -> int:
        """Connections that got in."""
        return self.wire.logins

    def refused_logins(self) -> int:
        """Wrong passwords."""
        return self.wire.refused

    def raw_read(self) -> tuple[str, Mapping[str, Any]]:
        """There is none; the suite knows."""
        return "SELECT 1", {}

    def raw_write(self) -> tuple[str, Mapping[str, Any]]:
        """There is none; the suite knows."""
        return "DELETE FROM orders", {}

    def _change(self, table: sa.Table, where: Mapping[str, Any], cells: Mapping[str, Any]) -> None:
        rows = [table.c[column] == value for column, value in where.items()]
        with self.engine.begin() as connection:
            connection.execute(sa.update(table).where(*rows).values(dict(cells)))


def _row(table: sa.Table, cells: Mapping[str, Any]) -> dict[str, Any]:
    """Cells as the columns of a table keep them: instants by the wall clock, flags as 0 and 1."""

    def kept(column: sa.Column[Any], cell: object) -> object:
        if isinstance(cell, bool):
            return str(int(cell))
        if isinstance(column.type, sa.DateTime) and isinstance(cell, str):
            return _wall(datetime.fromisoformat(cell))
        return cell

    return {column.name: kept(column, cells[column.name]) for column in table.columns if column.name in cells}


def _wall(moment: datetime) -> datetime:
    return moment.astimezone(_ZONE).replace(tzinfo=None)
