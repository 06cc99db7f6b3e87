"""The inbox: messages from elsewhere, each kept once by its key, and worked off in order.

A message's key names it at its source, such as ``orders:SO1:7`` (document and version) or a broker's message id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from erplink.store import putting, queue
from erplink.store.putting import Offered
from erplink.store.queue import OPEN, Message
from erplink.store.sync_tables import inbox as box
from erplink.store.upsert import chunks


def accept(connection: sa.Connection, space: str, messages: Sequence[Message], now: datetime) -> frozenset[str]:
    """Keep messages that are new; the keys of these. A repeated one has no effect.

    Raises ``Conflict`` when a key is known with another payload; nothing is kept then.
    """
    return putting.put(connection, "inbox", space, messages, now)


def offer(connection: sa.Connection, space: str, messages: Sequence[Message], now: datetime) -> Offered:
    """Like ``accept``, but messages whose key is known with another payload are given back, and hold up no other."""
    return putting.offer(connection, "inbox", space, messages, now)


def ask(connection: sa.Connection, space: str, messages: Sequence[Message], now: datetime) -> None:
    """Messages that ask for something to be done again: one that was worked off waits anew."""
    putting.put(connection, "inbox", space, messages, now)
    c = box.c
    for part in chunks([message.key for message in messages]):
        ended = sa.update(box).where(c.space == space, c.key.in_(part), c.state.not_in(OPEN))
        again = {"state": "pending", "attempts": 0, "sent": "no", "due_at": None, "outcome": "", "done_at": None}
        connection.execute(ended.values(again))


def waiting(connection: sa.Connection, space: str) -> int:
    """How many messages are not worked off yet."""
    c = box.c
    query = sa.select(sa.func.count()).select_from(box).where(c.space == space, queue.in_open(c))
    return int(connection.execute(query).scalar_one())


def systems(connection: sa.Connection, space: str, operations: Sequence[str]) -> list[str]:
    """From which systems messages of these operations are not worked off yet."""
    c = box.c
    query = sa.select(c.system).where(c.space == space, queue.in_open(c), c.operation.in_(operations))
    return list(connection.execute(query.distinct().order_by(c.system)).scalars())
