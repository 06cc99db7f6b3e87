"""How far each entity of each system has been pulled. A window once opened is closed before the next one opens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from erplink.store import sync_tables as t
from erplink.store.upsert import upsert

NEAR = timedelta(hours=1)
"""What lies this close together counts as one instant when it is asked whether sources have closed."""


@frozen
class Cursor:
    """An open window [since, until) and the token after which to go on (empty = from its start)."""

    since: datetime | None
    until: datetime
    token: str


@frozen
class Feed:
    """One entity of one attached system in one space."""

    space: str
    system: str
    entity: str


@frozen
class Span:
    """How windows are cut: each begins ``overlap`` before the last one ended and ends ``lag`` before the present.

    ``overlap`` is how late a document may be committed after its stamp; ``lag`` leaves alone what is being written.
    """

    overlap: timedelta = timedelta(minutes=5)
    lag: timedelta = timedelta(0)


def open_window(connection: sa.Connection, feed: Feed, now: datetime, span: Span) -> Cursor:
    """The window to pull: the unfinished one if there is one, else a new one that ends ``lag`` before ``now``.

    ``now`` is the server's instant at which the query begins: a cursor never passes it, and never goes back.
    """
    c = t.cursors.c
    mine = sa.and_(c.space == feed.space, c.system == feed.system, c.entity == feed.entity)
    row = connection.execute(sa.select(c.since, c.until, c.token).where(mine)).one_or_none()
    if row is not None and row.until is not None:
        return Cursor(row.since, row.until, row.token)
    reached = None if row is None else row.since
    until = now - span.lag if reached is None else max(now - span.lag, reached)
    since = None if reached is None else reached - span.overlap
    _write(connection, feed, since, until, "")
    return Cursor(since, until, "")


def advance(connection: sa.Connection, feed: Feed, cursor: Cursor, token: str) -> None:
    """Remember how far the open window has come; in the transaction that keeps the page."""
    _write(connection, feed, cursor.since, cursor.until, token)


def close_window(connection: sa.Connection, feed: Feed, cursor: Cursor) -> None:
    """The window is done: the next one begins where it ended."""
    _write(connection, feed, cursor.until, None, "")


@frozen
class Reached:
    """How far a feed has been pulled; None before its first window was closed. ``open``: a window is under way."""

    feed: Feed
    since: datetime | None
    open: bool


ERRAND = "~"
"""How the system of a cursor begins that is no pull: how far a mirror or a reconciliation has come."""


def listed(connection: sa.Connection, space: str) -> list[Reached]:
    """Every feed that was ever pulled."""
    c = t.cursors.c
    query = sa.select(t.cursors).where(c.space == space, ~c.system.startswith(ERRAND)).order_by(c.system, c.entity)
    return [
        Reached(Feed(space, row.system, row.entity), row.since, row.until is not None)
        for row in connection.execute(query)
    ]


def behind(connection: sa.Connection, feeds: Sequence[Feed]) -> frozenset[str]:
    """Systems of which something older than what is there may still be missing: their sources have not closed.

    A system is behind while one of its feeds was never read to an end, has an unfinished window of more than ``NEAR``,
    or ended that much earlier than another one of them.
    """
    c = t.cursors.c
    query = sa.select(t.cursors).where(c.space.in_({feed.space for feed in feeds}))
    found = {Feed(row.space, row.system, row.entity): row for row in connection.execute(query)}
    by_system: dict[str, list[sa.Row[Any] | None]] = {}
    for feed in feeds:
        by_system.setdefault(feed.system, []).append(found.get(feed))
    return frozenset(system for system, rows in by_system.items() if not _closed(rows))


def _closed(rows: Sequence[sa.Row[Any] | None]) -> bool:
    reached = [row.since for row in rows if row is not None and row.since is not None]
    if len(reached) < len(rows):
        return False
    wide = any(row is not None and row.until is not None and row.until - row.since > NEAR for row in rows)
    return not wide and max(reached) - min(reached) <= NEAR


def _write(connection: sa.Connection, feed: Feed, since: datetime | None, until: datetime | None, token: str) -> None:
    row = {"space": feed.space, "system": feed.system, "entity": feed.entity}
    upsert(connection, t.cursors, [{**row, "since": since, "until": until, "token": token}])
