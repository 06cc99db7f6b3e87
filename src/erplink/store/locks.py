"""Locks that last until the transaction ends, on something that has no row of its own yet."""

from __future__ import annotations

from hashlib import blake2b

import sqlalchemy as sa


def hold(connection: sa.Connection, *what: str) -> None:
    """Wait until no other transaction holds ``what``, and hold it until this one ends.

    On SQLite whoever is in a transaction is alone in any case.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(blake2b("\0".join(what).encode(), digest_size=8).digest(), signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
