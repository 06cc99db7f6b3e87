"""Locks that last until the transaction ends, on something that has no row of its own yet."""

from __future__ import annotations

from hashlib import blake2b

import sqlalchemy as sa

from erplink.store.tables import accounts


def hold(connection: sa.Connection, *what: str) -> None:
    """Wait until no other transaction holds ``what``, and hold it until this one ends.

    On SQLite whoever may write is alone in any case.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(blake2b("\0".join(("erplink", *what)).encode(), digest_size=8).digest(), signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def write_first(connection: sa.Connection) -> None:
    """On SQLite, wait until nobody else writes, and be alone from then on. Elsewhere rows are locked one by one.

    The first statement of whatever books. A transaction of our own is alone from its beginning, but one that the host
    application began is not: if it reads first, and others write before it does, SQLite lets it write no more.
    """
    if connection.dialect.name == "sqlite":
        connection.execute(sa.update(accounts).where(sa.false()).values(entries=0))
