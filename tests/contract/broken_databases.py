"""An adapter of a database that walks as one would at first: on from the last stamp that was seen."""

# ruff: noqa: ANN401 - what a system holds is passed through, whatever it is

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from attrs import evolve, frozen

from erplink.erp.sql import statements
from erplink.erp.sql.adapter import SqlAdapter
from erplink.erp.sql.plan import given
from erplink.erp.sql.rows import rows_of
from erplink.erp.sql.settings import Sql
from erplink.erp.sql.stamps import stamps_of
from erplink.erp.sql.statements import Span
from erplink.model.documents import Entity
from erplink.testing.contract.subjects.sql import SqlSubject
from erplink.wire.adapter import Adapter, Page, Window
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace

FOUND_BY = frozenset(
    {
        "test_a_walk_through_equal_stamps_goes_on_after_any_token",
        "test_equal_stamps_at_the_edge_of_a_page_lose_nothing",
        "test_what_is_edited_while_it_is_read_comes_now_or_with_the_next_window",
    }
)


class WalksByStamp:
    """Takes the rows above the last stamp, which passes over those that share it with the end of a page."""

    def __init__(self, adapter: SqlAdapter) -> None:
        self.adapter = adapter

    def __getattr__(self, name: str) -> Any:
        return getattr(self.adapter, name)

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        if window.since is None or after:
            async for page in self.adapter.pages(entity, window, after):
                yield page
            return
        plan, size = self.adapter.plans.read[entity], self.adapter.size
        stamps = stamps_of("2026-03-01 00:00:00", "local", plan.zone)
        low: Any = stamps.low(window.since)
        first = True
        while True:
            row = plan.table.clause("t")
            stamp = row.c[plan.modified]
            wanted = [stamp >= given(low) if first else stamp > given(low)]
            wanted += [] if window.until is None else [stamp < given(stamps.high(window.until))]
            some = sa.select(row.c[plan.key], stamp).where(*wanted).order_by(stamp).limit(size)
            found = await self.adapter.db.read("walk", plan.tables, rows_of, some)
            rows: list[Any] = []
            for key, _ in found:
                one = statements.page(plan, Span(after=key - 1, upto=key))
                rows += await self.adapter.db.read("walk", plan.tables, rows_of, one)
            read = plan.reader.read(rows)
            if read.documents:
                yield Page(read.documents, "no token", read.broken)
            if len(found) < size:
                return
            low, first = found[-1][1], False


@frozen
class Broken:
    """Settings that open it."""

    settings: Sql

    @property
    def zone(self) -> str:
        return self.settings.zone

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> Adapter:
        opened: Any = WalksByStamp(self.settings.open(io, parallel=parallel, pacing=pacing))
        adapter: Adapter = opened
        return adapter


class BrokenSystem:
    """A database whose settings open it."""

    def __init__(self, system: Any) -> None:
        self._system = system

    def __getattr__(self, name: str) -> Any:
        return getattr(self._system, name)

    def settings(self, *, page: int) -> Broken:
        return Broken(self._system.settings(page=page))


@frozen
class BrokenDatabase(SqlSubject):
    """A database on SQLite, entered by it."""

    @contextmanager
    def start(self) -> Iterator[Any]:
        with SqlSubject.start(evolve(self)) as system:
            yield BrokenSystem(system)
