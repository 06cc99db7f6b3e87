"""The words for intermediate tables (中间表), by which an ERP without an API takes and gives documents."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from erplink.erp.sql.table_words import Column, Conditions, Seconds, SqlLines, TableName
from erplink.manifest.words import Constant, Fields
from erplink.text.parts import Part

Code = Constant
"""A value of a status column."""


class Inbound(Part):
    """An intermediate table (中间表) the ERP writes to and we take from. ``key`` is unique and never changes.

    ``status`` holds ``new`` when a row is to be taken, ``claimed`` while one of us has it, then ``done`` or, with a
    ``message``, ``failed``. ``claimed_by`` (text of 24) and ``claimed_at`` say who has it since when: what was not done
    within ``lease`` seconds is taken by another.
    """

    table: TableName
    key: Column
    status: Column
    new: Code
    claimed: Code
    done: Code
    failed: Code
    claimed_by: Column = ""
    claimed_at: Column = ""
    message: Column | None = None
    lease: Seconds = 600
    where: Conditions = ()
    fields: Fields
    custom: Fields = Field(default_factory=dict)
    lines: SqlLines | None = None

    @model_validator(mode="after")
    def _four_codes(self) -> Inbound:
        if not self.claimed_by or not self.claimed_at:
            raise ValueError(
                "claimed_by and claimed_at are missing; without two such columns nobody can tell a row that another "
                "worker has from one that a worker left behind when it died"
            )
        codes = [str(each) for each in (self.new, self.claimed, self.done, self.failed)]
        if len(set(codes)) != len(codes):
            raise ValueError("new, claimed, done and failed must be four values that differ")
        if self.lines is not None and self.lines.table is None:
            raise ValueError("lines of an inbound table lie in a table of their own")
        return self


class OutboundLines(Part):
    """Lines in a ``table`` of their own, whose ``parent`` holds the key of the head."""

    table: TableName
    parent: Column
    fields: Fields


class OutboundCreate(Part):
    """An intermediate table we write documents to and the ERP takes from. ``key`` is unique there (text of 30).

    A row is written with ``status`` ``new``. Where the ERP reports back, with ``done`` or with ``failed`` and a
    ``message``, a creation ends with that; it waits ``wait`` seconds for it. ``made`` is where the ERP puts the number
    it gave. ``cancelled`` is what a row that is not done is set to when it is withdrawn. ``constants`` are
    columns that always hold the same.
    """

    table: TableName
    key: Column
    status: Column
    new: Code
    done: Code | None = None
    failed: Code | None = None
    cancelled: Code | None = None
    message: Column | None = None
    made: Column | None = None
    wait: Annotated[int, Field(ge=0, le=600)] = 0
    number_prefix: Annotated[str, Field(pattern="^[A-Z0-9-]{0,12}$")] = "ERPL-"
    constants: dict[Column, Constant] = Field(default_factory=dict)
    fields: Fields
    custom: Fields = Field(default_factory=dict)
    lines: OutboundLines | None = None

    @model_validator(mode="after")
    def _reports(self) -> OutboundCreate:
        if (self.done is None) != (self.failed is None):
            raise ValueError("done and failed go together: the ERP reports back, or it does not")
        if self.done is None and (self.message is not None or self.made is not None or self.wait):
            raise ValueError("message, made and wait go with done and failed")
        codes = [str(each) for each in (self.new, self.done, self.failed, self.cancelled) if each is not None]
        if len(set(codes)) != len(codes):
            raise ValueError("new, done, failed and cancelled must differ")
        return self


class OutboundUpdate(Part):
    """An intermediate table we write single fields to: a row each time, in the order of ``row``, a number that grows.

    ``number`` is the column for the number of the document that is changed.
    """

    table: TableName
    key: Column
    row: Column
    status: Column
    new: Code
    number: Column
    constants: dict[Column, Constant] = Field(default_factory=dict)
    fields: Fields


class Outbound(Part):
    """What is written of one entity."""

    create: OutboundCreate | None = None
    update: OutboundUpdate | None = None


class Inbounds(Part):
    """What is taken from intermediate tables."""

    orders: Inbound | None = None
    shipments: Inbound | None = None
    returns: Inbound | None = None
    receipts: Inbound | None = None
    refunds: Inbound | None = None
    receivables: Inbound | None = None
    customers: Inbound | None = None
    products: Inbound | None = None
    prices: Inbound | None = None


class Outbounds(Part):
    """What is written to intermediate tables."""

    orders: Outbound | None = None
    shipments: Outbound | None = None
    returns: Outbound | None = None
    receipts: Outbound | None = None
    refunds: Outbound | None = None
    receivables: Outbound | None = None
    customers: Outbound | None = None
    products: Outbound | None = None
    prices: Outbound | None = None
