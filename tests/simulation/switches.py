"""Mechanisms of shipped code, each switched off by putting something broken in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import evolve

from erplink.link import desk
from erplink.store import books, cursors, inbox, queue
from erplink.store import tables as t
from erplink.store.cursors import Cursor, Span
from erplink.store.database import Connection
from erplink.store.queue import Box, Message, Settled
from erplink.sync import decide, engine, pull, push, redeem, threeway, worker
from erplink.sync.pull import Feed, Kept, Pulled, Reading
from erplink.sync.run import Run
from erplink.wire.adapter import Adapter, Page, Window
from erplink.wire.io import Io

Patch = pytest.MonkeyPatch


def no_probe(patch: Patch) -> None:
    """What may be there already is made again without a look."""

    async def never(*_: object) -> bool:
        return False

    patch.setattr(push, "_is_there", never)


def no_inbox_uniqueness(patch: Patch) -> None:
    """A message that comes again counts as a new one."""
    accept, number = inbox.accept, count()

    def accept_anew(connection: Connection, space: str, messages: Sequence[Message], now: datetime) -> frozenset[str]:
        return accept(connection, space, [evolve(each, key=f"{each.key}#{next(number)}") for each in messages], now)

    patch.setattr(inbox, "accept", accept_anew)


def no_lease_check(patch: Patch) -> None:
    """Whoever comes late settles what somebody else holds by now."""

    def settle(connection: Connection, box: Box, ends: list[Settled], now: datetime) -> set[int]:
        first, table = ends[0], queue.TABLES[box]
        values = {
            "state": first.state,
            "outcome": first.outcome,
            "sent": first.sent,
            "due_at": first.due_at,
            "waits_for": first.waits_for,
            "lease": None,
            "leased_until": None,
            "done_at": now if first.state in ("done", "refused", "dead") else None,
        }
        anybodys = sa.update(table).where(table.c.seq.in_([end.claimed.seq for end in ends]))
        return set(connection.execute(anybodys.values(values).returning(table.c.seq)).scalars())

    patch.setattr(queue, "_settle_alike", settle)


def checkpoint_apart(patch: Patch) -> None:
    """How far a pull has come is remembered in a transaction of its own, before the page is kept."""

    def remember(connection: Connection, feed: Feed, cursor: Cursor, page: Page) -> None:
        cursors.advance(connection, feed.cursor, cursor, page.token)

    def keep(connection: Connection, feed: Feed, page: Page, after: int, now: datetime) -> Kept:
        received = pull.take_in(connection, feed, page.items, now, after)
        return Kept(len(received.fresh), received.known, 0)

    async def pull_apart(io: Io, run: Run, adapter: Adapter, feed: Feed) -> Pulled:
        total = Pulled(feed.system, feed.entity)
        now = await adapter.clock()
        cursor = await io.transact(run.store, cursors.open_window, feed.cursor, now, feed.span)
        reading = Reading(adapter.mapping, await io.transact(run.store, pull.listen, feed, run.clock()))
        async for page in adapter.pages(feed.entity, Window(cursor.since, cursor.until), cursor.token):
            await io.transact(run.store, remember, feed, cursor, page)
            total = total.and_then(await io.transact(run.store, keep, feed, page, reading.after, run.clock()))
        await io.transact(run.store, cursors.close_window, feed.cursor, cursor)
        return total

    patch.setattr(engine, "pull", pull_apart)
    patch.setattr(worker, "pull", pull_apart)


def no_overlap(patch: Patch) -> None:
    """A window begins exactly where the last one ended."""
    opened = cursors.open_window

    def open_window(connection: Connection, feed: cursors.Feed, now: datetime, span: Span) -> Cursor:
        return opened(connection, feed, now, evolve(span, overlap=timedelta(0)))

    patch.setattr(cursors, "open_window", open_window)


def no_write_first(patch: Patch) -> None:
    """An account is read before anything is locked."""

    def read(connection: Connection, space: str, persons: Sequence[str], pool: str) -> dict[str, Any]:
        a = t.accounts.c
        mine = sa.select(t.accounts).where(a.space == space, a.pool == pool, a.person.in_(persons))
        rows: dict[str, Any] = {row.person: row for row in connection.execute(mine)}
        nothing = {"debt": 0, "entries": 0, "tier": "", "metric": 0}
        return {person: rows.get(person) or SimpleNamespace(person=person, **nothing) for person in persons}

    patch.setattr(books, "_locked", read)
    for module in (desk, redeem):
        patch.setattr(module, "write_first", lambda _: None)


def fresh_keys(patch: Patch) -> None:
    """Keys are drawn by chance, not derived from what they stand for."""
    chance = Random(0)

    def derive_key(*_: object) -> str:
        return f"{chance.getrandbits(128):032x}"

    patch.setattr(redeem, "derive_key", derive_key)
    patch.setattr(decide, "derive_key", derive_key)


def no_echo_heard(patch: Patch) -> None:
    """What comes back because it was written is taken like anything else."""
    patch.setattr(pull, "hear", lambda *_: {})


def no_echo_known(patch: Patch) -> None:
    """A value that comes back in another form is taken for somebody's change."""
    patch.setattr(threeway, "like", lambda shown, written: shown == written)


SWITCHES: Mapping[Callable[[Patch], None], str] = {
    no_probe: r"gift order \S+ was made \d+ times",
    no_inbox_uniqueness: r"should have \d+ stamps and has \d+",
    no_lease_check: r"was settled twice|should have \d+ stamps and has \d+",
    checkpoint_apart: r"\S+ \S+ of \S+ is lost",
    no_overlap: r"\S+ \S+ of \S+ is lost",
    no_write_first: r"lot \S+ holds -?\d+ and its moves say -?\d+",
    fresh_keys: r"wishes led to \d+ gift orders",
    no_echo_heard: r"is called .* in erp and .* in crm",
    no_echo_known: r"changes of \S+ were written \d+ times",
}
"""What is switched off, and what the simulator must find broken then: nothing else counts as having missed it."""
