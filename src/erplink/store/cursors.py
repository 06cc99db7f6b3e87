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


def open_window(
    connection: sa.Connection, space: str, system: str, entity: str, now: datetime, overlap: timedelta
) -> Cursor:
    """The window to pull: the unfinished one if there is one, else a new one that ends at ``now``.

    ``now`` is the server's instant at which the query begins: a cursor never passes it.
    """
    c = t.cursors.c
    row = connection.execute(
        sa.select(c.since, c.until, c.token).where(c.space == space, c.system == system, c.entity == entity)
    ).one_or_none()
    if row is not None and row.until is not None:
        return Cursor(row.since, row.until, row.token)
    since = None if row is None or row.since is None else row.since - overlap
    cursor = Cursor(since, now, "")
    _write(connection, space, system, entity, cursor.since, cursor.until, "")
    return cursor


def advance(connection: sa.Connection, space: str, system: str, entity: str, cursor: Cursor, token: str) -> None:
    """Remember how far the open window has come; in the transaction that keeps the page."""
    _write(connection, space, system, entity, cursor.since, cursor.until, token)


def close_window(connection: sa.Connection, space: str, system: str, entity: str, cursor: Cursor) -> None:
    """The window is done: the next one begins where it ended."""
    _write(connection, space, system, entity, cursor.until, None, "")


def _write(
    connection: sa.Connection,
    space: str,
    system: str,
    entity: str,
    since: datetime | None,
    until: datetime | None,
    token: str,
) -> None:
    row = {"space": space, "system": system, "entity": entity, "since": since, "until": until, "token": token}
    upsert(connection, t.cursors, [row])
