"""How far each entity of each system has been pulled. A window once opened is closed before the next one opens."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from attrs import frozen

from erplink.store import tables as t
from erplink.store.upsert import upsert


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


def open_window(connection: sa.Connection, feed: Feed, now: datetime, overlap: timedelta) -> Cursor:
    """The window to pull: the unfinished one if there is one, else a new one that ends at ``now``.

    ``now`` is the server's instant at which the query begins: a cursor never passes it.
    """
    c = t.cursors.c
    mine = sa.and_(c.space == feed.space, c.system == feed.system, c.entity == feed.entity)
    row = connection.execute(sa.select(c.since, c.until, c.token).where(mine)).one_or_none()
    if row is not None and row.until is not None:
        return Cursor(row.since, row.until, row.token)
    since = None if row is None or row.since is None else row.since - overlap
    _write(connection, feed, since, now, "")
    return Cursor(since, now, "")


def advance(connection: sa.Connection, feed: Feed, cursor: Cursor, token: str) -> None:
    """Remember how far the open window has come; in the transaction that keeps the page."""
    _write(connection, feed, cursor.since, cursor.until, token)


def close_window(connection: sa.Connection, feed: Feed, cursor: Cursor) -> None:
    """The window is done: the next one begins where it ended."""
    _write(connection, feed, cursor.until, None, "")


def _write(connection: sa.Connection, feed: Feed, since: datetime | None, until: datetime | None, token: str) -> None:
    row = {"space": feed.space, "system": feed.system, "entity": feed.entity}
    upsert(connection, t.cursors, [{**row, "since": since, "until": until, "token": token}])
