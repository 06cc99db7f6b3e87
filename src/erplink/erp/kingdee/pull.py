"""Pulling whole documents: a narrow pass over the heads, then the lines of independent id ranges, several in flight.

The lanes of a chunk take what is next from one list: the next heads as soon as there are few, else the lines of a
range. So no lane stands still while another waits, and one waits for the server while another reads what came. A
document edited between the passes has left the closed window and comes with the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import partial
from itertools import chain

from attrs import define, field, frozen

from erplink.erp.kingdee.query import FormQuery, both
from erplink.erp.kingdee.slices import spans
from erplink.errors import ShapeChanged
from erplink.mapping.rows import Joined
from erplink.mapping.table import KEY, Misfits, Row
from erplink.model.documents import Document
from erplink.wire.adapter import Broken, Page

_ALL = 5
"""So many documents that all lack the same are no broken documents: the mapping does not fit the form."""
_REST = 0.5
"""The last documents come along with the chunk before them when they are at most this part of one."""


@define
class _Heads:
    """Heads in id order that no chunk has taken yet, which of them do not fit, and whether there may be more above."""

    known: list[Row] = field(factory=list)
    misfits: Misfits = field(factory=dict)
    more: bool = True
    reached: int = 0

    def take(self, number: int) -> Sequence[Row]:
        """The first so many."""
        taken, self.known = self.known[:number], self.known[number:]
        return taken


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
        """Every document of the window above an id, in id order, each once; a chunk and a half in memory at most."""
        heads = _Heads(reached=after)
        await self.more_heads(heads)
        while heads.known:
            chunk = _Chunk(self, heads, self.query.density.chunk(self.query.settings.page, self.parallel))
            fetched = await chunk.fetched()
            documents = tuple(chain.from_iterable(one.documents for one in fetched))
            broken = tuple(chain.from_iterable(one.broken for one in fetched))
            self.query.density.learn(sum(one.rows for one in fetched), len(documents) + len(broken))
            if broken and not documents:
                _refuse_if_alike(broken)
            if documents or broken:
                yield Page(documents, str(chunk.last), broken)

    async def more_heads(self, heads: _Heads) -> None:
        """The next heads, behind those that are known."""
        misfits: Misfits = {}
        rows, more = await self.query.narrow(self.query.reader.heads, self.window, heads.reached, misfits)
        heads.known += rows
        heads.misfits |= misfits
        heads.reached = rows[-1][KEY] if rows else heads.reached
        heads.more = more

    async def range(self, heads: Sequence[Row], misfits: Misfits) -> _Fetched:
        """The documents of consecutive heads."""
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


class _Chunk:
    """Some documents of a pull, and the lanes that fetch them together."""

    def __init__(self, pull: Pull, heads: _Heads, size: int) -> None:
        self._pull, self._heads, self._left = pull, heads, size
        self._enough, self._rest = 2 * size, size * _REST
        self._todo: deque[tuple[int, Sequence[Row]]] = deque()
        self._fetched: dict[int, _Fetched] = {}
        self._places = 0
        self._asking = self._failed = False
        self._gate = pull.query.desk.io.lock()
        self.last = 0

    async def fetched(self) -> list[_Fetched]:
        """The documents by range, in id order."""
        self._plan()
        await self._pull.query.desk.io.gather(self._pull.parallel, [self._lane] * self._pull.parallel)
        return [self._fetched[place] for place in sorted(self._fetched)]

    async def _lane(self) -> None:
        """Do what is next until there is nothing."""
        while (job := await self._next()) is not None:
            try:
                await job()
            except BaseException:
                self._failed = True
                raise

    async def _next(self) -> Callable[[], Awaitable[None]] | None:
        async with self._gate:
            heads = self._heads
            if self._failed:
                return None
            if heads.more and not self._asking and len(heads.known) + self._left < self._enough:
                self._asking = True
                return self._ask
            return partial(self._fetch, *self._todo.popleft()) if self._todo else None

    async def _ask(self) -> None:
        await self._pull.more_heads(self._heads)
        async with self._gate:
            self._asking = False
            self._plan()

    async def _fetch(self, place: int, heads: Sequence[Row]) -> None:
        misfits = {head[KEY]: self._heads.misfits[head[KEY]] for head in heads if head[KEY] in self._heads.misfits}
        self._fetched[place] = await self._pull.range(heads, misfits)

    def _plan(self) -> None:
        """Cut what is known of this chunk, and not cut yet, into ranges."""
        over = len(self._heads.known) - self._left
        if not self._heads.more and 0 < over <= self._rest:
            self._left += over
        heads, density = self._heads.take(self._left), self._pull.query.density
        if not heads:
            return
        self._left, self.last = self._left - len(heads), heads[-1][KEY]
        for some in spans(heads, len(heads) * density.rows_per_document, self._pull.query.settings.page):
            self._todo.append((self._places, some))
            self._places += 1


def _refuse_if_alike(broken: Sequence[Broken]) -> None:
    """Raise when not one of many documents has what a field should hold: no document is broken, the mapping is."""
    first = broken[0].error
    fields = {each.error.where.partition(" of ")[0] for each in broken}
    if len(broken) >= _ALL and len(fields) == 1:
        where = f"{fields.pop()}, in each of {len(broken)} documents"
        raise ShapeChanged(first.what, where=where, next_step=first.next_step)
