"""How far a limit of calls that several processes share is used up: one row for each backend."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

import sqlalchemy as sa
from attrs import frozen

from erplink.store import sync_tables as t
from erplink.store.schema import KEY
from erplink.store.upsert import insert_into


@frozen
class Used:
    """When the next call is due by the limit, and the instant before which nothing is sent at all. Aware."""

    due_at: datetime | None = None
    paused_until: datetime | None = None


def hold(connection: sa.Connection, backend: str) -> Used:
    """How far the limit of a backend is used, and nobody else may use it until this transaction ends."""
    c = t.limits.c
    # It writes before it reads: whoever comes at the same moment waits here, and then reads what was written.
    statement = (
        insert_into(connection, t.limits)
        .values(backend=_key(backend))
        .on_conflict_do_update(index_elements=[c.backend], set_={"due_at": c.due_at})
        .returning(c.due_at, c.paused_until)
    )
    return Used(*connection.execute(statement).one())


def keep(connection: sa.Connection, backend: str, used: Used) -> None:
    """Note how far it is used now; in the transaction that holds it."""
    mine = sa.update(t.limits).where(t.limits.c.backend == _key(backend))
    connection.execute(mine.values(due_at=used.due_at, paused_until=used.paused_until))


def _key(backend: str) -> str:
    """A name that fits its column."""
    longest = KEY.length or 0
    return backend if len(backend) <= longest else blake2b(backend.encode(), digest_size=32).hexdigest()
