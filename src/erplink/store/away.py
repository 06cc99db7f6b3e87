"""A database that is away, locked or full, told from a statement that is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from erplink.errors import StoreUnavailable

_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)


@contextmanager
def noticing_away() -> Iterator[None]:
    """Whatever a database says in this block when it cannot be worked with becomes ``StoreUnavailable``."""
    try:
        yield
    except PoolTimeout as error:
        raise _unavailable("every connection is taken") from error
    except DBAPIError as error:
        if not _is_away(error):
            raise
        raise _unavailable(str(error.orig).strip().partition("\n")[0]) from error


def _unavailable(why: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"the database cannot be worked with now: {why}", where="store", next_step="it is worth another try later"
    )


def _is_away(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        # SQLite calls a wrong statement operational too.
        return (getattr(error.orig, "sqlite_errorcode", 0) or 0) & 0xFF in _SQLITE
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
