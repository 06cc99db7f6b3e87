"""Reading an entity where it lies: pages by key in slices of time, keys, single documents. Awaits nothing but ``Io``.

A window is walked in slices that have about as many rows as some pages, each slice by its keys. So a page costs what is
in it, and rows of one stamp, however many they are, never meet the edge of a page: keys differ.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, MutableMapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from attrs import frozen

from erplink.erp.sql import statements
from erplink.erp.sql.calls import Database
from erplink.erp.sql.clock import now
from erplink.erp.sql.engines import SNAPSHOTS
from erplink.erp.sql.plan import EntityPlan
from erplink.erp.sql.rows import rows_of
from erplink.erp.sql.stamps import Stamps, is_stamp, stamps_of
from erplink.erp.sql.statements import Cut, Span
from erplink.erp.sql.tokens import Id, Spot, in_utc, spot_of, token
from erplink.errors import ConfigInvalid, Conflict, NotFound
from erplink.mapping.native import text_of
from erplink.model.documents import Document, Entity, Key
from erplink.wire.adapter import KeyPage, Page, Window

_SLICE = 8
"""Pages of a slice."""
_SAMPLES = 20
_MARGIN = timedelta(seconds=1)
"""How far a stamp that a driver gave may be off."""


@frozen
class Kinds:
    """How a table keeps its keys, its numbers and its stamps, told by some of its rows."""

    whole_key: bool
    whole_number: bool
    modified: Stamps | None
    created: Stamps | None


@frozen
class Reading:
    """Reads one entity. ``known`` are the kinds of tables that were looked at."""

    db: Database
    plan: EntityPlan
    of: str
    size: int
    known: MutableMapping[Entity, Kinds]

    async def pages(self, window: Window, after: str) -> AsyncGenerator[Page, None]:
        """Every document of the window, each once while it does not change; resumes after a token.

        Without a beginning, or where the manifest names no stamp, all in the order of their keys; else slice by slice.
        """
        async with aclosing(self._slices(window, spot_of(after, self.of) if after else Spot(self.of))) as slices:
            async for cut, spot in slices:
                async with aclosing(self._slice(cut, spot)) as pages:
                    async for page in pages:
                        yield page

    async def keys(self, after: str) -> AsyncGenerator[KeyPage, None]:
        """Every key in the order of ``Key.place``.

        A database sorts texts in a way of its own, so keys that are texts are held at once, and sorted here.
        """
        kinds = await self._kinds()
        if kinds is None:
            return
        if kinds.whole_key:
            async with aclosing(self._key_pages(self._whole(after))) as pages:
                async for page in pages:
                    yield KeyPage(page, page[-1].id)
            return
        found = [key async for page in self._key_pages(None) for key in page]
        place = Key(after, "", "").place
        ordered = sorted((key for key in found if not after or key.place > place), key=lambda key: key.place)
        for start in range(0, len(ordered), self.size):
            part = tuple(ordered[start : start + self.size])
            yield KeyPage(part, part[-1].id)

    async def get(self, number: str) -> Document:
        """One document by its number. Raises ``NotFound``, ``Conflict``, ``ShapeChanged``."""
        rows = await self.numbered(number)
        read = self.plan.reader.read(rows)
        found = [document for document in read.documents if document.number == number]
        if len(found) + len(read.broken) > 1:
            step = "write where in the manifest, so that a number is one document"
            raise Conflict(f"{number} is the number of several rows", where=self.plan.mapping.source, next_step=step)
        for broken in read.broken:
            raise broken.error
        if not found:
            raise NotFound(
                f"there is no {number!r} among the {self.plan.entity}",
                where=self.plan.mapping.source,
                next_step="check the number, and where in the manifest",
            )
        return found[0]

    async def kinds(self) -> Kinds | None:
        """How the table keeps its keys and stamps; None while it is empty."""
        return await self._kinds()

    async def _slices(self, window: Window, spot: Spot) -> AsyncGenerator[tuple[Cut | None, Spot], None]:
        """The slices of a window that are still to be walked, each with the spot where its walk begins."""
        if not self.plan.modified or window == Window():
            yield None, spot
            return
        kinds = await self._kinds()
        if kinds is None:
            return
        if window.since is None:
            yield Cut(None, window.until, kinds.modified, kinds.created), spot
            return
        until = window.until
        if until is None:
            until = await self.db.read("clock", (), now, self.plan.zone)
        begin, end = spot.begin or window.since, spot.end
        while begin < until:
            end = end or await self._end(Cut(begin, until, kinds.modified, kinds.created))
            if end is None:
                return
            cut = Cut(begin, min(end, until), kinds.modified, kinds.created)
            yield cut, Spot(self.of, spot.id, in_utc(begin), in_utc(end))
            begin, end, spot = end, None, Spot(self.of)

    async def _slice(self, cut: Cut | None, spot: Spot) -> AsyncGenerator[Page, None]:
        """The documents of a slice by their keys, which are looked up some pages ahead."""
        after, limit = spot.id, _SLICE * self.size
        while True:
            ahead = await self._rows(statements.ids(self.plan, Span(cut, after), limit), "look")
            for mark in ahead[self.size - 1 : -1 : self.size] + ahead[-1:]:
                upto = self._id(mark[0])
                read = self.plan.reader.read(await self._page(Span(cut, after, upto), "page"))
                after = upto
                if read.documents or read.broken:
                    yield Page(read.documents, token(Spot(self.of, after, spot.begin, spot.end)), read.broken)
            if len(ahead) < limit:
                return

    async def _end(self, cut: Cut) -> datetime | None:
        """Where a slice that begins a cut ends; None when there is nothing in it."""
        limit = _SLICE * self.size
        ((count, last),) = await self._rows(statements.edge(self.plan, cut, limit), "slice")
        stamps = cut.modified or cut.created
        if not count or stamps is None or cut.since is None or cut.until is None:
            return None
        at = stamps.at(last)
        if count < limit or at is None:
            return cut.until
        margin = _MARGIN if stamps.grain == _MARGIN else timedelta()
        before, behind = stamps.floor(at) - margin, stamps.floor(at) + stamps.grain + margin
        return min(before if before > cut.since else behind, cut.until)

    async def _key_pages(self, after: Id | None) -> AsyncGenerator[tuple[Key, ...], None]:
        while True:
            rows = await self._rows(statements.keys(self.plan, after, self.size), "keys")
            if not rows:
                return
            yield tuple(Key(*map(text_of, row)) for row in rows)
            after = self._id(rows[-1][0])

    async def numbered(self, number: str) -> Sequence[Any]:
        """The rows of documents that have a number, or one the database takes for the same."""
        kinds = await self._kinds()
        if kinds is None or (kinds.whole_number and not number.isdecimal()):
            return ()
        held = int(number) if kinds.whole_number else number
        return await self._page(Span(number=held), "get")

    async def _page(self, span: Span, verb: str) -> list[Any]:
        return await self.db.read(f"{self.plan.entity} {verb}", self.plan.tables, page_of, self.plan, span)

    async def _rows(self, statement: sa.Executable, verb: str) -> list[Any]:
        return await self.db.read(f"{self.plan.entity} {verb}", self.plan.tables, rows_of, statement)

    async def _kinds(self) -> Kinds | None:
        found = self.known.get(self.plan.entity)
        if found is not None:
            return found
        samples = await self.db.read(f"{self.plan.entity} look", self.plan.tables, samples_of, self.plan)
        if not samples.rows:
            return None
        kinds = self._told(samples)
        if all(stamps is not None for stamps, column in self._stamps(kinds) if column):
            self.known[self.plan.entity] = kinds
        return kinds

    def _stamps(self, kinds: Kinds) -> tuple[tuple[Stamps | None, str], ...]:
        return (kinds.modified, self.plan.modified), (kinds.created, self.plan.created)

    def _told(self, samples: Samples) -> Kinds:
        key, number = samples.rows[0][:2]
        return Kinds(
            isinstance(self._id(key), int),
            isinstance(number, int | Decimal),
            self._stamp(samples.modified, self.plan.modified),
            self._stamp(samples.created, self.plan.created),
        )

    def _stamp(self, samples: Sequence[Any], column: str) -> Stamps | None:
        sample = next(filter(is_stamp, samples), None)
        if sample is None:
            return None
        try:
            return stamps_of(sample, self.plan.times, self.plan.zone)
        except ValueError as error:
            at = self.plan.table.columns[column]
            raise self.db.text.invalid(f"{column} of {self.plan.table}: {error}", at, "correct it") from None

    def _id(self, cell: object) -> Id:
        if isinstance(cell, UUID):
            return str(cell)
        if isinstance(cell, Decimal) and cell == cell.to_integral_value():
            return int(cell)
        if isinstance(cell, str) or (isinstance(cell, int) and not isinstance(cell, bool)):
            return cell
        at = self.plan.table.columns[self.plan.key]
        what = f"{self.plan.key} of {self.plan.table} holds {type(cell).__name__} values"
        raise self.db.text.invalid(what, at, "name a column of whole numbers or texts that is unique")

    def _whole(self, after: str) -> int | None:
        if after and not after.isdecimal():
            step = "resume with a token that a page of this system gave"
            raise ConfigInvalid(f"{after[:40]!r} is not a token", where="keys", next_step=step)
        return int(after) if after else None


@frozen
class Samples:
    """Some rows of a table, and some stamps of each kind."""

    rows: Sequence[Any]
    modified: Sequence[Any] = ()
    created: Sequence[Any] = ()


def page_of(connection: sa.Connection, plan: EntityPlan, span: Span) -> list[Any]:
    """The rows of whole documents, all of one instant, in a transaction that only reads."""
    if connection.dialect.name not in SNAPSHOTS:
        return rows_of(connection, statements.page(plan, span))
    return [row for piece in statements.pieces(plan, span) for row in rows_of(connection, piece)]


def samples_of(connection: sa.Connection, plan: EntityPlan) -> Samples:
    """Some rows of a table, such as have a stamp."""

    def some(stamp: str, limit: int = _SAMPLES) -> Sequence[Any]:
        return rows_of(connection, statements.sample(plan, stamp, limit))

    modified = [row[2] for row in some(plan.modified)] if plan.modified else []
    created = [row[2] for row in some(plan.created)] if plan.created else []
    return Samples(some("", 1), modified, created)
