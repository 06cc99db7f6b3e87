"""Pulling whole documents: a narrow pass over the heads, then the lines of independent id ranges, several in flight.

StartRow is never used: rows that change meanwhile would be skipped or doubled. Every reply is cut at ``Limit`` rows, so
the walk goes on by key: above the last id, and inside a document with more rows than ``Limit`` above the last row's id.
A document edited between the passes has left the closed window and comes with the next one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import partial
from itertools import chain, pairwise

from attrs import field, frozen

from erplink.erp.kingdee.dialect import FORMS, request
from erplink.erp.kingdee.settings import Kingdee
from erplink.erp.kingdee.slices import Density, may_be_cut, spans
from erplink.errors import Busy, ServerFault, ShapeChanged
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.rows import Joined, RowReader
from erplink.mapping.table import KEY, Misfits, Row, Table
from erplink.model.documents import Document
from erplink.wire.adapter import Broken, KeyPage, Page
from erplink.wire.io import Io
from erplink.wire.pipeline import Wire

_REREADS = 5
_ALL = 5
"""So many documents that all lack the same are no broken documents: the mapping does not fit the form."""


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
class _Heads:
    """Heads in id order, which of them do not fit, and whether there may be more above them."""

    known: tuple[Row, ...] = ()
    more: bool = True
    misfits: Misfits = field(factory=dict)


@frozen
class _Fetched:
    """The documents of one id range, those that cannot be read, and how many rows they took."""

    documents: tuple[Document, ...]
    rows: int
    broken: tuple[Broken, ...] = ()


@frozen
class FormQuery:
    """Reads one form. Shared by callers; remembers only how many rows its documents have."""

    io: Io = field(repr=False)
    wire: Wire = field(repr=False)
    settings: Kingdee
    mapping: DocumentMapping
    reader: RowReader = field(repr=False)
    density: Density = field(repr=False)

    @classmethod
    def of(cls, io: Io, wire: Wire, settings: Kingdee, mapping: DocumentMapping) -> FormQuery:
        """A query over a mapping, compiled."""
        density = Density() if mapping.entry else Density(rows_per_document=1.0)
        return cls(io, wire, settings, mapping, RowReader(mapping), density)

    async def ask(self, keys: str, condition: str, *, order: str = "", limit: int) -> bytes:
        """One ExecuteBillQuery; the bytes of its rows."""
        data = {
            "FormId": self.mapping.source,
            "FieldKeys": keys,
            "FilterString": condition,
            "OrderString": order,
            "TopRowCount": 0,
            "StartRow": 0,
            "Limit": limit,
            "SubSystemId": "",
        }
        reply = await self.wire.call(request(self.settings, FORMS, "ExecuteBillQuery", {"data": data}, safe=True))
        return reply.body

    async def touch(self) -> None:
        """The cheapest query there is; says whether the form may be read."""
        await self.ask(self.mapping.key, f"{self.mapping.key}=0", limit=1)

    async def pages(self, window: str, after: int, parallel: int) -> AsyncGenerator[Page, None]:
        """Every document of the window above an id, in id order, each once; at most a chunk of them in memory."""
        waiting = await self._heads(window, after)
        while waiting.known:
            size = self.density.chunk(self.settings.page, parallel)
            chunk, rest = waiting.known[:size], waiting.known[size:]
            refill = waiting.more and len(rest) < size
            misfits = waiting.misfits
            fetched, found = await self._fetch(
                window, chunk, misfits, waiting.known[-1][KEY] if refill else None, parallel
            )
            known, more = ((*rest, *found.known), found.more) if refill else (rest, waiting.more)
            unread = {**misfits, **found.misfits}
            waiting = _Heads(known, more, {one: why for one, why in unread.items() if one > chunk[-1][KEY]})
            documents = tuple(chain.from_iterable(one.documents for one in fetched))
            broken = tuple(chain.from_iterable(one.broken for one in fetched))
            self.density.learn(sum(one.rows for one in fetched), len(documents) + len(broken))
            if broken and not documents:
                _refuse_if_alike(broken)
            if documents or broken:
                yield Page(documents, str(chunk[-1][KEY]), broken)

    async def keys(self, above: int) -> AsyncGenerator[KeyPage, None]:
        """Id, number and stamp of every document above an id, in id order."""
        key, limit, table = self.mapping.key, self.settings.page, self.reader.stamps
        while True:
            body = await self.ask(",".join(table.keys), f"{key}>{above}", order=f"{key} ASC", limit=limit)
            rows = table.decode(body)
            self._in_order(above, rows)
            if rows:
                above = rows[-1][KEY]
                yield KeyPage(tuple(self.reader.key(row) for row in rows), str(above))
            if not may_be_cut(len(rows), limit):
                return

    async def documents(self, condition: str) -> tuple[Document, ...]:
        """The whole documents a condition picks out."""
        return self.reader.documents(await self._rows(self.reader.whole, condition))

    async def _fetch(
        self, window: str, chunk: tuple[Row, ...], misfits: Misfits, refill_above: int | None, parallel: int
    ) -> tuple[list[_Fetched], _Heads]:
        """The documents of a chunk of heads, together with the next page of heads when one is wanted."""
        jobs: list[Callable[[], Awaitable[_Fetched | _Heads]]] = []
        if refill_above is not None:
            jobs.append(partial(self._heads, window, refill_above))
        rows = len(chunk) * self.density.rows_per_document
        ranges = spans(chunk, rows, self.settings.page, parallel, len(jobs))
        jobs += [partial(self._range, window, heads, misfits) for heads in ranges]
        results = await self.io.gather(parallel, jobs)
        fetched = [one for one in results if isinstance(one, _Fetched)]
        return fetched, next((one for one in results if isinstance(one, _Heads)), _Heads())

    async def _heads(self, window: str, above: int) -> _Heads:
        key, limit, table = self.mapping.key, self.settings.page, self.reader.heads
        body = await self.ask(",".join(table.keys), both(f"{key}>{above}", window), order=f"{key} ASC", limit=limit)
        misfits: Misfits = {}
        rows = table.decode(body, misfits)
        self._in_order(above, rows)
        return _Heads(tuple(rows), may_be_cut(len(rows), limit), misfits)

    def _in_order(self, above: int, rows: Sequence[Row]) -> None:
        if any(later <= one for one, later in pairwise((above, *(row[KEY] for row in rows)))):
            raise self._astray(f"{self.mapping.key}>{above}")

    async def _range(self, window: str, heads: Sequence[Row], misfits: Misfits) -> _Fetched:
        key = self.mapping.key
        if not self.mapping.entry:
            joined = self.reader.joined(heads, (), misfits)
            return _Fetched(joined.documents, len(heads), joined.broken)
        between = both(f"{key}>={heads[0][KEY]}", f"{key}<={heads[-1][KEY]}", window)
        of_lines: Misfits = {}
        lines = await self._rows(self.reader.lines, between, of_lines)
        if lines and not heads[0][KEY] <= lines[0][KEY] <= lines[-1][KEY] <= heads[-1][KEY]:
            raise self._astray(between)
        joined = self.reader.joined(heads, lines, {**misfits, **of_lines})
        again = [await self._again(one, window) for one in joined.torn]
        documents = (*joined.documents, *chain.from_iterable(one.documents for one in again))
        if again:
            documents = tuple(sorted(documents, key=lambda each: int(each.id)))
        return _Fetched(documents, len(lines), (*joined.broken, *chain.from_iterable(one.broken for one in again)))

    async def _again(self, head: Row, window: str) -> Joined:
        """One document, read whole."""
        try:
            return Joined(await self.documents(both(f"{self.mapping.key}={head[KEY]}", window)))
        except ShapeChanged as error:
            return Joined(broken=(self.reader.broken(head, error),))

    async def _rows(self, table: Table, condition: str, misfits: Misfits | None = None) -> list[Row]:
        """All rows of whole documents, however often the replies are cut."""
        key, rows, floor, reached = self.mapping.key, list[Row](), "", -1
        while True:
            page = await self._page(table, both(floor, condition), misfits)
            if not may_be_cut(len(page), self.settings.page):
                return [*rows, *page] if rows else page
            last = page[-1][KEY]
            kept = next((n for n, row in enumerate(page) if row[KEY] == last), 0) if self.mapping.entry else len(page)
            if last < reached or (last == reached and kept):
                raise self._astray(floor)
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
        while may_be_cut(len(page), self.settings.page):
            above = f"{self.mapping.entry}>{page[-1][entry]}"
            page = await self._page(table, both(this, above), misfits)
            if page and page[-1][entry] <= rows[-1][entry]:
                raise self._astray(above)
            rows += page
        return rows

    async def _page(self, table: Table, condition: str, misfits: Misfits | None) -> list[Row]:
        limit, keys = self.settings.page, ",".join(table.keys)
        return table.decode(await self.ask(keys, condition, order=self.mapping.sort, limit=limit), misfits)

    def _astray(self, condition: str) -> ServerFault:
        """A reply that does not keep to its condition would be asked for for ever."""
        return ServerFault(
            "the reply does not go on where the last one ended",
            where=f"{self.mapping.source}, {condition}",
            next_step="something between here and the ERP changes or caches replies; ask the administrator",
            sent="no",
        )


def _refuse_if_alike(broken: Sequence[Broken]) -> None:
    """Raise when not one of many documents has what a field should hold: no document is broken, the mapping is."""
    first = broken[0].error
    fields = {each.error.where.partition(" of ")[0] for each in broken}
    if len(broken) >= _ALL and len(fields) == 1:
        where = f"{fields.pop()}, in each of {len(broken)} documents"
        raise ShapeChanged(first.what, where=where, next_step=first.next_step)
