"""Writing documents to an intermediate table (中间表), once per key, and hearing what the ERP made of them.

What is written is read back before it is committed. A table that keeps something else of it, a rounded figure or a text
cut short, has nothing written to it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
from attrs import frozen

from erplink.erp.sql import statements
from erplink.erp.sql.calls import Database
from erplink.erp.sql.exchange import CreatePlan, only
from erplink.erp.sql.failures import Taken
from erplink.erp.sql.plan import EntityPlan, Table, given
from erplink.erp.sql.planning import column_of
from erplink.erp.sql.rows import rows_of
from erplink.erp.sql.same import same
from erplink.erp.sql.statements import Span
from erplink.erp.sql.values import bindable
from erplink.errors import Busy, ConfigInvalid, Conflict, NotFound, Refused
from erplink.mapping.cells import text
from erplink.mapping.fields import Field
from erplink.mapping.native import text_of
from erplink.mapping.numbers import number_for
from erplink.model.documents import Document

_LOOK = 1.0
"""Seconds between two looks at what the ERP made of a row."""


@frozen
class Row:
    """A row that is there: the document, the code of its status, the ERP's message, and the number the ERP gave."""

    document: Document
    status: str
    message: str
    made: str


@frozen
class Outlet:
    """Writes documents of one entity."""

    db: Database
    plan: CreatePlan

    async def create(self, document: Document, key: str) -> Row:
        """The row of a key, written now or before; where the ERP reports back, when it is done.

        Raises:
            Conflict: the key was used for another document, or its row was withdrawn.
            Refused: the ERP says no, or the table cannot hold the document.
            Busy: the ERP has not taken it yet. The same key again goes on waiting.
        """
        wanted = self._wanted(document, key)
        row_key = number_for(key, self.plan.words.number_prefix)
        row = await self._look(row_key)
        if row is None:
            try:
                row = await self.db.write_or_find(
                    self._named("create"),
                    self._tables,
                    lambda connection: put(connection, self.plan, wanted, row_key),
                    lambda connection: row_of(self.plan, rows_of(connection, _by_key(self.plan.rows, row_key))),
                )
            except Taken:
                row = await self._look(row_key)
        if row is None or not same(self.plan.rows.mapping, wanted, row.document):
            step = "use one key per document"
            raise Conflict("the key was used for another document", where=self._where(row_key), next_step=step)
        return await self._settled(row, row_key)

    async def cancel(self, number: str) -> None:
        """Withdraw a row that is not done; withdrawn already is fine. Raises ``NotFound``, ``Refused``."""
        row = await self.find(number)
        words = self.plan.words
        if row is None:
            raise NotFound(f"there is no {number!r} in {self.plan.rows.table}", where=self._where(number))
        if not await self.db.write(self._named("cancel"), self._tables, withdraw, self.plan, number):
            row = await self.find(number)
        if row is not None and row.status == text(words.done):
            step = "cancel it in the ERP"
            raise Refused(f"the ERP has made {number} already", where=self._where(number), next_step=step)

    async def find(self, number: str) -> Row | None:
        """The row of a document by our number for it, as it stands; None where there is none."""
        plan = self.plan.rows
        rows = await self.db.read(self._named("get"), self._tables, rows_of, statements.page(plan, Span(number=number)))
        found = row_of(self.plan, rows)
        return found if found is not None and found.document.number == number else None

    def judged(self, row: Row) -> Document:
        """The document of a row, with what its status means. Raises ``Refused``, ``Conflict``."""
        words, document = self.plan.words, row.document
        if words.failed is not None and row.status == text(words.failed):
            said = row.message or "the ERP refuses it and gives no reason"
            step = "settle it in the ERP; a row that is set to new again is taken again"
            raise Refused(said, where=self._where(document.number), next_step=step)
        if words.cancelled is not None and row.status == text(words.cancelled):
            step = "use a new key if it is wanted again"
            raise Conflict(f"{document.number} was withdrawn", where=self._where(document.number), next_step=step)
        is_done = words.done is not None and row.status == text(words.done)
        changed: dict[str, Any] = {"status": "approved" if is_done else "pending"}
        if row.made:
            changed["number"] = row.made
        return msgspec.structs.replace(document, **changed)

    async def _settled(self, row: Row, row_key: str) -> Row:
        """The row once the ERP has taken it, where it says so."""
        words, io = self.plan.words, self.db.io
        until = io.now().timestamp() + words.wait
        known = {text(words.done), text(words.failed), text(words.cancelled)}
        while words.done is not None and row.status not in known:
            if io.now().timestamp() >= until:
                step = "ask again with the same key; it is written, and waits for the ERP"
                raise Busy("the ERP has not taken it yet", where=self._where(row_key), next_step=step, sent="yes")
            await io.sleep(_LOOK)
            row = await self._look(row_key) or row
        return row

    async def _look(self, row_key: str) -> Row | None:
        rows = await self.db.read(self._named("look"), self._tables, rows_of, _by_key(self.plan.rows, row_key))
        return row_of(self.plan, rows)

    def _wanted(self, document: Document, key: str) -> Document:
        """The document with our number for it. Raises ``ConfigInvalid`` for a number the table does not keep."""
        derived = number_for(key, self.plan.words.number_prefix)
        if self.plan.rows.number != self.plan.rows.key:
            return document if document.number else msgspec.structs.replace(document, number=derived)
        if document.number not in ("", derived):
            step = 'write number = "a column of its own" under fields, or leave the number to us'
            raise ConfigInvalid(f"the table keeps no number but the key's: {document.number}", next_step=step)
        return msgspec.structs.replace(document, number=derived)

    def _named(self, verb: str) -> str:
        return f"{self.plan.rows.entity} {verb}"

    def _where(self, name: str) -> str:
        return f"{name} in {self.plan.rows.table}"

    @property
    def _tables(self) -> tuple[Table, ...]:
        return self.plan.rows.tables


def put(connection: sa.Connection, plan: CreatePlan, document: Document, row_key: str) -> Row:
    """Write a document's head and lines, and see that they are kept. Raises ``Taken``, ``Refused``."""
    rows, words = plan.rows, plan.words
    fixed = {column_of(column): value for column, value in words.constants.items()}
    control = {rows.key: row_key, column_of(words.status): words.new}
    custom: Mapping[str, Any] = getattr(document, "custom", {})
    own = _values(rows.mapping.custom, custom.get)
    head = _values(rows.mapping.fields, lambda attr: getattr(document, attr))
    _insert(connection, rows.table, {**fixed, **own, **head, **control})
    of_lines = rows.mapping.lines
    if rows.lines is not None and of_lines is not None:
        for line in getattr(document, of_lines.attr):
            cells = _values(of_lines.fields, partial(getattr, line))
            _insert(connection, rows.lines.table, {**cells, rows.lines.parent: row_key})
    found = row_of(plan, rows_of(connection, _by_key(rows, row_key)))
    if found is None or not same(rows.mapping, document, found.document):
        step = "make its columns wide and exact enough; nothing was written"
        what = "the table keeps something else than it is given"
        raise Refused(what, where=f"{document.number} in {rows.table}", next_step=step)
    return found


def withdraw(connection: sa.Connection, plan: CreatePlan, number: str) -> bool:
    """Withdraw the row of a number that nobody has made yet; whether there was one."""
    rows, words = plan.rows, plan.words
    row = sa.table(rows.table.name, *map(sa.column, rows.table.columns), schema=rows.table.schema)
    status = row.c[column_of(words.status)]
    open_ = [given(code) for code in (words.new, words.failed) if code is not None]
    statement = sa.update(row).where(row.c[rows.number] == given(number), status.in_(open_))
    changed = connection.execute(statement.values({column_of(words.status): given(words.cancelled)}))
    return changed.rowcount > 0


def row_of(plan: CreatePlan, rows: Sequence[Any]) -> Row | None:
    """The row among rows of one key. Raises ``ShapeChanged`` for one that cannot be read."""
    if not rows:
        return None
    read = plan.rows.reader.read(rows)
    for broken in read.broken:
        raise broken.error
    first = 0 if plan.rows.lines is None else 2

    def cell(column: str | None) -> str:
        return "" if column is None else text_of(rows[0][first + plan.rows.head.index(column_of(column))])

    words = plan.words
    return Row(read.documents[0], cell(words.status), cell(words.message), cell(words.made))


def _by_key(plan: EntityPlan, row_key: str) -> sa.Executable:
    return statements.page(only(plan, {plan.key: row_key}), Span())


def _values(fields: Sequence[Field], of: Callable[[str], Any]) -> dict[str, Any]:
    """What is written of a head or a line: every field that holds something."""
    found = {column_of(one.save): (one, of(one.attr)) for one in fields if one.save}
    return {column: one.codec.build(value) for column, (one, value) in found.items() if value not in (None, "")}


def _insert(connection: sa.Connection, table: Table, row: Mapping[str, Any]) -> None:
    into = sa.table(table.name, *map(sa.column, row), schema=table.schema)
    connection.execute(
        sa.insert(into).values({column: given(bindable(connection, value)) for column, value in row.items()})
    )
