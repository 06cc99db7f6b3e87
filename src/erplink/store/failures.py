"""Which errors of a database pass by themselves: locks, lost connections, a full disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from erplink.errors import StoreUnavailable

_SQLITE = frozenset({"BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "PROTOCOL"})
"""SQLite's names, without ``SQLITE_`` and what is more exact."""

_POSTGRESQL = ("08", "40", "53", "55P03", "57", "58", "25P03", "25P04")
"""How the SQLSTATEs begin: connection, another transaction, resources, lock, server stopped, system, waited too long."""


@contextmanager
def retriable() -> Iterator[None]:
    """Raise ``StoreUnavailable`` where the transaction may succeed when it is run again; let other errors through."""
    try:
        yield
    except DBAPIError as error:
        if not passes(error):
            raise
        raise StoreUnavailable(
            f"the database did not go on: {error.orig}",
            where="store",
            next_step="roll back, wait a little, and run the whole transaction again",
            sent="no",
        ) from error


def passes(error: DBAPIError) -> bool:
    """Whether an error is about the moment, not about what was asked."""
    original = error.orig
    name = getattr(original, "sqlite_errorname", None)
    if name is not None:
        return name.split("_")[1] in _SQLITE
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    if state is not None:
        return bool(state.startswith(_POSTGRESQL))
    return error.connection_invalidated or isinstance(error, OperationalError)
