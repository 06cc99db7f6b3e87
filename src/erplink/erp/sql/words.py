"""The words of a manifest of ``kind = "sql"``. Tables and columns are named; no SQL is written anywhere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from erplink.erp.sql.intermediate import Inbounds, Outbounds
from erplink.erp.sql.table_words import Column, Conditions, Seconds, SqlLines, TableName
from erplink.manifest.head import Head
from erplink.manifest.words import Fields
from erplink.text.parts import Part
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling


class SqlEntity(Part):
    """One entity of a ``table`` or view. ``created`` is the stamp that counts where ``modified`` is empty."""

    table: TableName
    where: Conditions = ()
    created: Column | None = None
    fields: Fields
    custom: Fields = Field(default_factory=dict)
    lines: SqlLines | None = None


class SqlStock(Part):
    """Live stock. Rows of one sku and warehouse, batches for example, are added up."""

    table: TableName
    where: Conditions = ()
    fields: Fields


class Entities(Part):
    """What is read where it lies; ``stock`` is asked for live and not pulled."""

    orders: SqlEntity | None = None
    shipments: SqlEntity | None = None
    returns: SqlEntity | None = None
    receipts: SqlEntity | None = None
    refunds: SqlEntity | None = None
    receivables: SqlEntity | None = None
    customers: SqlEntity | None = None
    products: SqlEntity | None = None
    prices: SqlEntity | None = None
    stock: SqlStock | None = None


class Database(Part):
    """Where it is: ``url`` as SQLAlchemy writes it, ``schema`` of tables that name none.

    ``charset`` is what texts are in where the database does not know. ``page`` is how many documents are read at once.
    The ``..._timeout`` are seconds: to connect, for other people's locks, for one statement.
    """

    url: str
    schema_: Annotated[str | None, Field(alias="schema")] = None
    charset: str | None = None
    page: Annotated[int, Field(ge=1, le=100_000)] = 2000
    connect_timeout: Seconds = 10
    lock_timeout: Seconds = 30
    statement_timeout: Seconds = 300


class SqlLimits(Part):
    """How politely it is asked: ``calls`` in each ``per`` seconds; ``in_flight`` connections, else as ``connect`` says.

    A page is one call.
    """

    calls: Annotated[int, Field(ge=1)] | None = None
    per: Annotated[int, Field(ge=1)] = 60
    in_flight: Annotated[int, Field(ge=1, le=100)] | None = None

    @property
    def calling(self) -> Calling:
        """As whoever makes calls wants it."""
        rate = Rate(self.calls, per=float(self.per)) if self.calls is not None else None
        return Calling(rate=rate, in_flight=self.in_flight)


class SqlManifest(Head):
    """The whole manifest."""

    kind: Literal["sql"]  # pyright: ignore[reportIncompatibleVariableOverride] - a word is never assigned to
    database: Database
    limits: SqlLimits = SqlLimits()
    entities: Entities = Entities()
    inbound: Inbounds = Inbounds()
    outbound: Outbounds = Outbounds()
