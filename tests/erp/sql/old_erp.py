"""An old ERP without an API: its tables, whoever works in it, and manifests that describe it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from attrs import field, frozen

from erplink import Erp, connect
from erplink.facade.manifest import load_manifest
from erplink.facade.step import iterate
from erplink.model.documents import Document, Entity
from erplink.wire.adapter import KeyPage, Page, Window
from tests.erp.sql.conftest import Place

NOON = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - wall time, as the ERP writes it
HEAD = """\
erplink = 1
kind = "sql"
name = "k3"
times = "local"
secrets = []

[database]
url = "{url}"
page = {page}
"""
ORDERS = """
[entities.orders]
table = "SEOrder"
where = { FCancellation = 0 }

[entities.orders.fields]
id = "FInterID"
number = "FBillNo"
customer = "FCustNo"
created_at = "FDate"
approved_at = "FDate"
modified = "FModified"
status = { path = "FStatus", map = { "0" = "draft", "1" = "approved", "3" = "closed" } }
note = { path = "FNote", optional = true }

[entities.orders.custom]
region = "FRegion"

[entities.orders.lines]
table = "SEOrderEntry"
parent = "FInterID"

[entities.orders.lines.fields]
line = "FEntryID"
sku = "FNumber"
qty = "FQty"
amount = "FAmount"
free = { path = "FGift", map = { Y = "true", N = "false" } }
"""


def tables(metadata: sa.MetaData) -> tuple[sa.Table, sa.Table]:
    """Orders and their entries, as a K/3 keeps them."""
    orders = sa.Table(
        "SEOrder",
        metadata,
        sa.Column("FInterID", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("FBillNo", sa.String(60), nullable=False),
        sa.Column("FCustNo", sa.String(60), nullable=False),
        sa.Column("FDate", sa.DateTime),
        sa.Column("FModified", sa.DateTime, index=True),
        sa.Column("FStatus", sa.Integer, nullable=False),
        sa.Column("FNote", sa.String(400)),
        sa.Column("FRegion", sa.CHAR(10)),
        sa.Column("FCancellation", sa.Integer, nullable=False),
    )
    entries = sa.Table(
        "SEOrderEntry",
        metadata,
        sa.Column("FInterID", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("FEntryID", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("FNumber", sa.String(30), nullable=False),
        sa.Column("FQty", sa.Numeric(18, 4)),
        sa.Column("FAmount", sa.Double),
        sa.Column("FGift", sa.CHAR(1), nullable=False),
    )
    return orders, entries


@frozen
class OldErp:
    """The database, from inside the ERP."""

    place: Place
    engine: sa.Engine = field(repr=False)
    metadata: sa.MetaData = field(factory=sa.MetaData, repr=False)

    def make(self, *made: sa.Table) -> None:
        """Make tables."""
        self.metadata.create_all(self.engine, tables=list(made) or None)

    def put(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put rows into a table."""
        if rows:
            with self.engine.begin() as connection:
                connection.execute(sa.insert(table), [_plain(table, row) for row in rows])

    def do(self, *statements: str | sa.Executable) -> None:
        """Run statements."""
        with self.engine.begin() as connection:
            for each in statements:
                connection.execute(sa.text(each) if isinstance(each, str) else each)

    def quoted(self, statement: str) -> str:
        """A statement with names in double quotes as this kind of database quotes them."""
        return statement.replace('"', "`") if self.place.kind == "mariadb" else statement

    def all(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows a statement finds."""
        with self.engine.begin() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def manifest(self, *parts: str, page: int = 50, **changed: str) -> Path:
        """A manifest of its head and these parts, with some texts changed."""
        head = HEAD.replace("{url}", self.place.url).replace("{page}", str(page))
        text = "".join((head, *parts))
        for was, is_ in changed.items():
            text = text.replace(was, is_)
        file = self.place.folder / "erp.toml"
        file.write_text(text, encoding="utf-8")
        return file

    @contextmanager
    def open(self, *parts: str, page: int = 50, parallel: int = 1) -> Iterator[Erp]:
        """The ERP by a manifest."""
        with connect(load_manifest(self.manifest(*parts, page=page)), parallel=parallel) as erp:
            yield erp


def _plain(table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column.name: row[column.name] for column in table.columns if column.name in row}


@contextmanager
def old_erp(place: Place) -> Iterator[OldErp]:
    """An ERP without tables."""
    arguments = {"timeout": 60} if place.kind == "sqlite" else {}
    engine = sa.create_engine(place.url, connect_args=arguments)
    if place.kind == "sqlite":
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    try:
        yield OldErp(place, engine)
    finally:
        engine.dispose()


def order(number: int, seconds: float = 0, **changed: object) -> dict[str, Any]:
    """The head of an order, modified some seconds after noon."""
    return {
        "FInterID": number,
        "FBillNo": f"SO{number:05d}",
        "FCustNo": f"C{number % 7}",
        "FDate": NOON,
        "FModified": NOON + timedelta(seconds=seconds),
        "FStatus": 1,
        "FNote": "",
        "FRegion": "华东",
        "FCancellation": 0,
        **changed,
    }


def entry(number: int, line: int = 1, **changed: object) -> dict[str, Any]:
    """An entry of an order."""
    return {
        "FInterID": number,
        "FEntryID": line,
        "FNumber": f"M{line}",
        "FQty": line,
        "FAmount": 19.9,
        "FGift": "N",
        **changed,
    }


@contextmanager
def shop(place: Place, count: int = 0, lines: int = 2) -> Iterator[OldErp]:
    """An ERP with that many orders, all of one stamp."""
    with old_erp(place) as erp:
        orders, entries = tables(erp.metadata)
        erp.make()
        erp.put(orders, [order(number) for number in range(1, count + 1)])
        erp.put(entries, [entry(number, line) for number in range(1, count + 1) for line in range(1, lines + 1)])
        yield erp


def pages(erp: Erp, window: Window = Window(), after: str = "", entity: Entity = "orders") -> Iterator[Page]:  # noqa: B008 - frozen
    """The adapter's pages."""
    return iterate(erp.adapter.pages(entity, window, after))


def key_pages(erp: Erp, after: str = "", entity: Entity = "orders") -> Iterator[KeyPage]:
    """The adapter's keys."""
    return iterate(erp.adapter.keys(entity, after))


def numbers(documents: Sequence[Document]) -> list[str]:
    """Their numbers, in their order."""
    return [document.number for document in documents]
