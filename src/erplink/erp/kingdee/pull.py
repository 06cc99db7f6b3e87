"""Pulling whole documents: a narrow pass over the heads, then the lines of independent id ranges, several in flight.

Each lane reads what it fetched and goes on to the next range, so that one waits for the server while another reads: a
chunk is several ranges for each lane. A document edited between the passes has left the closed window and comes with
the next one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import partial
from itertools import chain

from attrs import field, frozen

from erplink.erp.kingdee.query import FormQuery, both
from erplink.erp.kingdee.slices import ROUNDS, spans
from erplink.errors import ShapeChanged
from erplink.mapping.rows import Joined
from erplink.mapping.table import KEY, Misfits, Row
from erplink.model.documents import Document
from erplink.wire.adapter import Broken, Page

_ALL = 5
"""So many documents that all lack the same are no broken documents: the mapping does not fit the form."""


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
class Pull:
    """One pull of a form: the documents of a window, at most ``parallel`` calls at once."""

    query: FormQuery
    window: str
    parallel: int

    async def pages(self, after: int) -> AsyncGenerator[Page, None]:
        """Every document of the window above an id, in id order, each once; at most a chunk of them in memory."""
        density, limit = self.query.density, self.query.settings.page
        waiting = await self._heads(after, 1)
        while waiting.known:
            size = density.chunk(limit, self.parallel)
            chunk, rest, misfits = waiting.known[:size], waiting.known[size:], waiting.misfits
            lacking = size - len(rest) if waiting.more else 0
            fetched, found = await self._fetch(chunk, misfits, waiting.known[-1][KEY], lacking)
            known, more = ((*rest, *found.known), found.more) if lacking > 0 else (rest, waiting.more)
            unread = {**misfits, **found.misfits}
            waiting = _Heads(known, more, {one: why for one, why in unread.items() if one > chunk[-1][KEY]})
            documents = tuple(chain.from_iterable(one.documents for one in fetched))
            broken = tuple(chain.from_iterable(one.broken for one in fetched))
            density.learn(sum(one.rows for one in fetched), len(documents) + len(broken))
            if broken and not documents:
                _refuse_if_alike(broken)
            if documents or broken:
                yield Page(documents, str(chunk[-1][KEY]), broken)

    async def _fetch(
        self, chunk: Sequence[Row], misfits: Misfits, above: int, lacking: int
    ) -> tuple[list[_Fetched], _Heads]:
        """The documents of a chunk of heads, together with further heads when some are wanted."""
        jobs: list[Callable[[], Awaitable[_Fetched | _Heads]]] = []
        if lacking > 0:
            jobs.append(partial(self._heads, above, lacking))
        rows = len(chunk) * self.query.density.rows_per_document
        ranges = spans(chunk, rows, self.query.settings.page, self.parallel, len(jobs))
        jobs += [partial(self._range, heads, misfits) for heads in ranges]
        results = await self.query.desk.io.gather(self.parallel, jobs)
        fetched = [one for one in results if isinstance(one, _Fetched)]
        return fetched, next((one for one in results if isinstance(one, _Heads)), _Heads())

    async def _heads(self, above: int, wanted: int) -> _Heads:
        """The next heads above an id: so many if there are, in a few calls at most."""
        misfits: Misfits = {}
        known, more = list[Row](), True
        for _ in range(ROUNDS):
            if not more or len(known) >= wanted:
                break
            rows, more = await self.query.narrow(self.query.reader.heads, self.window, above, misfits)
            known += rows
            above = known[-1][KEY] if known else above
        return _Heads(tuple(known), more, misfits)

    async def _range(self, heads: Sequence[Row], misfits: Misfits) -> _Fetched:
        query, first, last = self.query, heads[0][KEY], heads[-1][KEY]
        if not query.mapping.entry:
            joined = query.reader.joined(heads, (), misfits)
            return _Fetched(joined.documents, len(heads), joined.broken)
        between = both(f"{query.mapping.key}>={first}", f"{query.mapping.key}<={last}", self.window)
        of_lines: Misfits = {}
        lines = await query.rows(query.reader.lines, between, of_lines)
        if lines and not first <= lines[0][KEY] <= lines[-1][KEY] <= last:
            raise query.astray(between)
        joined = query.reader.joined(heads, lines, {**misfits, **of_lines})
        again = [await self._again(one) for one in joined.torn]
        documents = (*joined.documents, *chain.from_iterable(one.documents for one in again))
        if again:
            documents = tuple(sorted(documents, key=lambda each: int(each.id)))
        return _Fetched(documents, len(lines), (*joined.broken, *chain.from_iterable(one.broken for one in again)))

    async def _again(self, head: Row) -> Joined:
        """One document, read whole."""
        query = self.query
        try:
            return Joined(await query.documents(both(f"{query.mapping.key}={head[KEY]}", self.window)))
        except ShapeChanged as error:
            return Joined(broken=(query.reader.broken(head, error),))


def _refuse_if_alike(broken: Sequence[Broken]) -> None:
    """Raise when not one of many documents has what a field should hold: no document is broken, the mapping is."""
    first = broken[0].error
    fields = {each.error.where.partition(" of ")[0] for each in broken}
    if len(broken) >= _ALL and len(fields) == 1:
        where = f"{fields.pop()}, in each of {len(broken)} documents"
        raise ShapeChanged(first.what, where=where, next_step=first.next_step)
