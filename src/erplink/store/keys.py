"""The keys of kept documents, in the order of ``Key.place``, and what becomes of documents that are gone elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from erplink.model.documents import Key
from erplink.store import tables as t
from erplink.store.cursors import Feed
from erplink.store.upsert import chunks

_d = t.documents.c


def between(connection: sa.Connection, feed: Feed, after: str, upto: str | None, limit: int) -> list[Key]:
    """Keys above the id ``after`` and up to ``upto`` (None: to the end), at most ``limit``; of documents with a number.

    Reads along the primary key as long as both ids are of one length.
    """
    same = [_length == len(after), _d.id > after]
    if upto is not None and len(upto) == len(after):
        return _read(connection, feed, [*same, _d.id <= upto], [_d.id], limit)
    found = _read(connection, feed, same, [_d.id], limit) if after else []
    longer = [_length > len(after)]
    if upto is not None:
        longer.append(sa.or_(_length < len(upto), sa.and_(_length == len(upto), _d.id <= upto)))
    rest = _read(connection, feed, longer, [_length, _d.id], limit - len(found)) if len(found) < limit else []
    return found + rest


def of(connection: sa.Connection, feed: Feed, ids: Collection[str]) -> dict[str, Key]:
    """The keys of these documents, by id; not of those that are gone."""
    found: dict[str, Key] = {}
    for part in chunks(sorted(set(ids))):
        query = sa.select(_d.id, _d.number, _d.version).where(_these(feed), _d.id.in_(part))
        found.update({row.id: Key(*row) for row in connection.execute(query)})
    return found


def vanish(connection: sa.Connection, feed: Feed, keys: Iterable[Key], now: datetime) -> list[str]:
    """Mark documents as gone, unless another version came meanwhile; the customer codes that they named."""
    codes: list[str] = []
    for key in keys:
        gone = sa.update(t.documents).where(_these(feed), _d.id == key.id, _d.version == key.version)
        codes += connection.execute(gone.values(gone_at=now).returning(_d.party)).scalars()
    return codes


def doubt(connection: sa.Connection, feed: Feed, ids: Collection[str]) -> None:
    """Let the next version of these documents be kept, whatever its stamp; until then they stay as they are."""
    for part in chunks(sorted(ids)):
        doubted = sa.update(t.documents).where(_these(feed), _d.id.in_(part))
        connection.execute(doubted.values(version="", hash=""))


_length: sa.ColumnElement[int] = sa.func.length(_d.id)


def _these(feed: Feed) -> sa.ColumnElement[bool]:
    return sa.and_(_d.space == feed.space, _d.system == feed.system, _d.entity == feed.entity, _d.gone_at.is_(None))


def _read(connection: sa.Connection, feed: Feed, where: list[Any], order: list[Any], limit: int) -> list[Key]:
    query = sa.select(_d.id, _d.number, _d.version).where(_these(feed), _d.number != "", *where)
    return [Key(*row) for row in connection.execute(query.order_by(*order).limit(limit))]
