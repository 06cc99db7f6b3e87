"""Pulling whole documents: a narrow pass over the ids, then independent id ranges with several in flight.

StartRow is never used: rows that change meanwhile would be skipped or doubled. Every reply is cut at ``Limit`` rows, so
the walk goes on by key: above the last id, and inside a document with more rows than ``Limit`` above the last row's id.
A document edited between the passes has left the closed window and comes with the next one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from itertools import chain

import msgspec
from attrs import field, frozen

from erplink.erp.kingdee.dialect import FORMS, request
from erplink.erp.kingdee.mapping import FormMapping
from erplink.erp.kingdee.rows import Row, RowReader
from erplink.erp.kingdee.settings import Kingdee
from erplink.erp.kingdee.slices import Density, may_be_cut, spans
from erplink.errors import Busy, ShapeChanged
from erplink.model.documents import Document
from erplink.wire.adapter import Page
from erplink.wire.io import Io
from erplink.wire.pipeline import Wire

_REREADS = 5
_KEY, _ENTRY = 0, 1


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
class _Ids:
    """Ids in order, and whether there may be more above them."""

    known: tuple[int, ...] = ()
    more: bool = True


@frozen
class _Fetched:
    """The documents of one id range and how many rows they took."""

    documents: tuple[Document, ...]
    rows: int


@frozen
class FormQuery:
    """Reads one form. Shared by callers; remembers only how many rows its documents have."""

    io: Io = field(repr=False)
    wire: Wire = field(repr=False)
    settings: Kingdee
    mapping: FormMapping
    reader: RowReader = field(repr=False)
    density: Density = field(repr=False)

    @classmethod
    def of(cls, io: Io, wire: Wire, settings: Kingdee, mapping: FormMapping) -> FormQuery:
        """A query over a mapping, compiled."""
        density = Density() if mapping.entry else Density(rows_per_document=1.0)
        return cls(io, wire, settings, mapping, RowReader(mapping), density)

    async def ask(self, keys: str, condition: str, *, order: str = "", limit: int) -> bytes:
        """One ExecuteBillQuery; the bytes of its rows."""
        data = {
            "FormId": self.mapping.form,
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
        waiting = await self._ids(window, after)
        while waiting.known:
            size = self.density.chunk(self.settings.page, parallel)
            chunk, rest = waiting.known[:size], waiting.known[size:]
            refill = waiting.more and len(rest) < size
            fetched, found = await self._fetch(window, chunk, waiting.known[-1] if refill else None, parallel)
            waiting = _Ids((*rest, *found.known), found.more) if refill else _Ids(rest, waiting.more)
            documents = tuple(chain.from_iterable(one.documents for one in fetched))
            self.density.learn(sum(one.rows for one in fetched), len(documents))
            if documents:
                yield Page(documents, str(chunk[-1]))

    async def documents(self, condition: str) -> tuple[Document, ...]:
        """The whole documents a condition picks out."""
        return self.reader.documents(await self._rows(condition))

    async def _fetch(
        self, window: str, chunk: tuple[int, ...], refill_above: int | None, parallel: int
    ) -> tuple[list[_Fetched], _Ids]:
        """The documents of a chunk of ids, together with the next page of ids when one is wanted."""
        jobs: list[Callable[[], Awaitable[_Fetched | _Ids]]] = []
        if refill_above is not None:
            jobs.append(partial(self._ids, window, refill_above))
        rows = len(chunk) * self.density.rows_per_document
        ranges = spans(chunk, rows, self.settings.page, parallel, len(jobs))
        jobs += [partial(self._range, window, low, high) for low, high in ranges]
        results = await self.io.gather(parallel, jobs)
        fetched = [one for one in results if isinstance(one, _Fetched)]
        return fetched, next((one for one in results if isinstance(one, _Ids)), _Ids())

    async def _ids(self, window: str, above: int) -> _Ids:
        key, limit = self.mapping.key, self.settings.page
        body = await self.ask(key, both(f"{key}>{above}", window), order=f"{key} ASC", limit=limit)
        try:
            rows = _id_rows.decode(body)
        except msgspec.ValidationError as error:
            step = "the form's key is not a whole number; report the form"
            raise ShapeChanged(str(error), where=f"{self.mapping.form}.{key}", next_step=step) from error
        ids = tuple(row[0] for row in rows)
        return _Ids(ids, may_be_cut(len(ids), limit))

    async def _range(self, window: str, low: int, high: int) -> _Fetched:
        key = self.mapping.key
        rows = await self._rows(both(f"{key}>={low}", f"{key}<={high}", window))
        return _Fetched(self.reader.documents(rows), len(rows))

    async def _rows(self, condition: str) -> list[Row]:
        """All rows of whole documents, however often the replies are cut."""
        key, whole, floor = self.mapping.key, list[Row](), ""
        while True:
            page = await self._page(both(floor, condition))
            if not may_be_cut(len(page), self.settings.page):
                return [*whole, *page] if whole else page
            last = page[-1][_KEY]
            kept = next((n for n, row in enumerate(page) if row[_KEY] == last), 0) if self.mapping.entry else len(page)
            if kept == 0:
                whole += await self._long_document(page, condition)
                floor = f"{key}>{last}"
            else:
                whole += page[:kept]
                floor = f"{key}>={last}" if self.mapping.entry else f"{key}>{last}"

    async def _long_document(self, page: list[Row], condition: str) -> list[Row]:
        """One document with more rows than a reply holds, all of one version; nothing if it left the condition."""
        this = f"{self.mapping.key}={page[0][_KEY]}"
        for _ in range(_REREADS):
            rows = await self._rest_of(page, this)
            if self.reader.is_of_one_version(rows):
                return rows
            page = await self._page(both(this, condition))
            if not page:
                return []
        raise Busy(
            f"a document is edited faster than it can be read ({_REREADS} times over)",
            where=f"{self.mapping.form} {this}",
            next_step="run again when the editing has ended",
            sent="no",
        )

    async def _rest_of(self, page: list[Row], this: str) -> list[Row]:
        rows = list(page)
        while may_be_cut(len(page), self.settings.page):
            page = await self._page(both(this, f"{self.mapping.entry}>{page[-1][_ENTRY]}"))
            rows += page
        return rows

    async def _page(self, condition: str) -> list[Row]:
        limit, keys = self.settings.page, ",".join(self.reader.keys)
        return self.reader.decode(await self.ask(keys, condition, order=self.mapping.sort, limit=limit))


_id_rows: msgspec.json.Decoder[list[tuple[int]]] = msgspec.json.Decoder(list[tuple[int]], strict=False)
