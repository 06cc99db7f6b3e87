"""Putting messages into a box: each once by its key, whoever puts it however often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from erplink.errors import Conflict
from erplink.store.queue import TABLES, Box, Message
from erplink.store.upsert import chunks, insert_fresh, under_keys


@frozen
class Offered:
    """What became of messages: the keys that were new, and those messages whose key stands for something else."""

    fresh: frozenset[str]
    clashing: tuple[Message, ...] = ()


def put(connection: sa.Connection, box: Box, space: str, messages: Sequence[Message], now: datetime) -> frozenset[str]:
    """Keep messages whose key is new, and give back these keys; the same message again changes nothing.

    Raises ``Conflict`` when a key is there with another operation or payload; nothing is kept then.
    """
    offered = offer(connection, box, space, messages, now)
    if not offered.clashing:
        return offered.fresh
    # The transaction may be the host's, who may go on with it.
    c = TABLES[box].c
    for added in chunks(sorted(offered.fresh)):
        connection.execute(sa.delete(TABLES[box]).where(c.space == space, c.key.in_(added)))
    message = offered.clashing[0]
    raise Conflict(
        f"the key {message.key!r} was used for something else",
        where=f"{box}, {message.operation}",
        next_step="derive one key from each thing that is to be done, and put the same thing under it",
    )


def offer(connection: sa.Connection, box: Box, space: str, messages: Sequence[Message], now: datetime) -> Offered:
    """Keep messages whose key is new, in order. The same message again changes nothing, nor does one that clashes."""
    by_key: dict[str, list[Message]] = {}
    for message in messages:
        by_key.setdefault(message.key, []).append(message)
    table = TABLES[box]
    fresh = insert_fresh(connection, table, [row_of(space, same[0], now) for same in by_key.values()])
    kept = {key: _deed(same[0]) for key, same in by_key.items() if key in fresh}
    known = [key for key in by_key if key not in fresh]
    if known:
        found = under_keys(connection, table, space, known, ("key", "operation", "payload"))
        kept |= {row.key: (row.operation, row.payload) for row in found}
    clashing = (message for message in messages if kept.get(message.key) != _deed(message))
    return Offered(fresh, tuple(clashing))


def _deed(message: Message) -> tuple[str, str]:
    return message.operation, message.payload


def row_of(space: str, message: Message, now: datetime) -> dict[str, Any]:
    """A message as a row that nobody has claimed yet."""
    return {
        "space": space,
        "key": message.key,
        "system": message.system,
        "operation": message.operation,
        "subject": message.subject,
        "target": message.target,
        "payload": message.payload,
        "priority": message.priority,
        "state": "parked" if message.waits_for else "pending",
        "sent": "no",
        "attempts": 0,
        "due_at": message.due_at,
        "waits_for": message.waits_for,
        "outcome": "",
        "queued_at": now,
    }
