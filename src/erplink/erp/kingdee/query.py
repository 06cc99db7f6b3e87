"""Asking one form: rows of whole documents, however often the replies are cut.

StartRow is never used: rows that change meanwhile would be skipped or doubled. Every reply is cut at ``Limit`` rows, so
the walk goes on by key: above the last id, and inside a document with more rows than ``Limit`` above the last row's id.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from itertools import pairwise

from attrs import field, frozen

from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.settings import Kingdee
from erplink.erp.kingdee.slices import Density
from erplink.errors import Busy, ServerFault
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.rows import RowReader
from erplink.mapping.table import KEY, Misfits, Row, Table
from erplink.model.documents import Document
from erplink.wire.adapter import KeyPage

_REREADS = 5


def quoted(text: str) -> str:
    """A literal of a filter; the ERP knows no parameters.

    >>> quoted("O'Neill")
    "'O''Neill'"
    """
    return "'" + text.replace("'", "''") + "'"


def both(*conditions: str) -> str:
    """All of the conditions that are not empty, joined flat."""
    return " and ".join(condition for condition in conditions if condition)


@frozen
class FormQuery:
    """Reads one form. Shared by callers; remembers only how many rows its documents have."""

    desk: Desk
    mapping: DocumentMapping
    reader: RowReader = field(repr=False)
    density: Density = field(repr=False)

    @classmethod
    def of(cls, desk: Desk, mapping: DocumentMapping) -> FormQuery:
        """A query over a mapping, compiled."""
        density = Density() if mapping.entry else Density(rows_per_document=1.0)
        return cls(desk, mapping, RowReader(mapping), density)

    @property
    def settings(self) -> Kingdee:
        """The settings of the data centre."""
        return self.desk.settings

    async def ask(self, keys: str, condition: str, *, order: str = "", limit: int) -> bytes:
        """One query of this form; the bytes of its rows."""
        return await self.desk.query(self.mapping.source, keys, condition, order=order, limit=limit)

    async def touch(self) -> None:
        """The cheapest query there is; says whether the form may be read."""
        await self.ask(self.mapping.key, f"{self.mapping.key}=0", limit=1)

    async def keys(self, above: int) -> AsyncGenerator[KeyPage, None]:
        """Id, number and stamp of every document above an id, in id order."""
        more = True
        while more:
            rows, more = await self.narrow(self.reader.stamps, "", above, {})
            if rows:
                above = rows[-1][KEY]
                yield KeyPage(tuple(self.reader.key(row) for row in rows), str(above))

    async def documents(self, condition: str) -> tuple[Document, ...]:
        """The whole documents a condition picks out."""
        return self.reader.documents(await self.rows(self.reader.whole, condition))

    async def narrow(self, table: Table, window: str, above: int, misfits: Misfits) -> tuple[list[Row], bool]:
        """The next rows above an id where every document has one, in id order, and whether there may be more."""
        key, limit = self.mapping.key, self.settings.page
        body = await self.ask(",".join(table.keys), both(f"{key}>{above}", window), order=f"{key} ASC", limit=limit)
        rows = table.decode(body, misfits)
        if any(later <= one for one, later in pairwise((above, *(row[KEY] for row in rows)))):
            raise self.astray(f"{key}>{above}")
        return rows, self.density.may_be_cut(len(rows), limit)

    async def rows(self, table: Table, condition: str, misfits: Misfits | None = None) -> list[Row]:
        """All rows of whole documents, however often the replies are cut."""
        key, rows, floor, reached = self.mapping.key, list[Row](), "", -1
        while True:
            page = await self._page(table, both(floor, condition), misfits)
            if not self.density.may_be_cut(len(page), self.settings.page):
                return [*rows, *page] if rows else page
            last = page[-1][KEY]
            kept = next((n for n, row in enumerate(page) if row[KEY] == last), 0) if self.mapping.entry else len(page)
            if last < reached or (last == reached and kept):
                raise self.astray(floor)
            reached = last
            if kept == 0:
                rows += await self._long_document(table, page, condition, misfits)
                floor = f"{key}>{last}"
            else:
                rows += page[:kept]
                floor = f"{key}>={last}" if self.mapping.entry else f"{key}>{last}"

    async def _long_document(self, table: Table, page: list[Row], condition: str, misfits: Misfits | None) -> list[Row]:
        """One document with more rows than a reply holds, all of one version; nothing if it left the condition."""
        this = f"{self.mapping.key}={page[0][KEY]}"
        for _ in range(_REREADS):
            rows = await self._rest_of(table, page, this, misfits)
            if self.reader.is_of_one_version(table, rows):
                return rows
            page = await self._page(table, both(this, condition), misfits)
            if not page:
                return []
        raise Busy(
            f"a document is edited faster than it can be read ({_REREADS} times over)",
            where=f"{self.mapping.source} {this}",
            next_step="run again when the editing has ended",
            sent="no",
        )

    async def _rest_of(self, table: Table, page: list[Row], this: str, misfits: Misfits | None) -> list[Row]:
        rows, entry = list(page), table.at.get(self.mapping.entry, 0)
        while self.density.may_be_cut(len(page), self.settings.page):
            above = f"{self.mapping.entry}>{page[-1][entry]}"
            page = await self._page(table, both(this, above), misfits)
            if page and page[-1][entry] <= rows[-1][entry]:
                raise self.astray(above)
            rows += page
        return rows

    async def _page(self, table: Table, condition: str, misfits: Misfits | None) -> list[Row]:
        limit, keys = self.settings.page, ",".join(table.keys)
        return table.decode(await self.ask(keys, condition, order=self.mapping.sort, limit=limit), misfits)

    def astray(self, condition: str) -> ServerFault:
        """A reply that does not keep to its condition would be asked for for ever."""
        return ServerFault(
            "the reply does not go on where the last one ended",
            where=f"{self.mapping.source}, {condition}",
            next_step="something between here and the ERP changes or caches replies; ask the administrator",
            sent="no",
        )
