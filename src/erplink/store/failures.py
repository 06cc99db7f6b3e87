"""What a database complains of, in erplink's words: what happened, where, what to do next."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from attrs import define
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from erplink.errors import (
    ConfigInvalid,
    ErplinkError,
    LoginRefused,
    NotPermitted,
    Sent,
    StoreMismatch,
    StoreUnavailable,
    Unsupported,
)

_AGAIN = "do the same again; what was committed is kept"
_WORDS: Mapping[str, tuple[type[ErplinkError], str, str]] = {
    "away": (StoreUnavailable, "the database cannot be reached", f"see that it runs, then {_AGAIN}"),
    "locked": (StoreUnavailable, "the database is locked by somebody else", f"wait until they are done, then {_AGAIN}"),
    "crowded": (StoreUnavailable, "the database has too many connections", f"wait or allow more, then {_AGAIN}"),
    "full": (StoreUnavailable, "the disk of the database is full", f"free space, then {_AGAIN}"),
    "disk": (StoreUnavailable, "the disk of the database fails", f"look at the disk, then {_AGAIN}"),
    "stopped": (StoreUnavailable, "the database broke off what it was asked", _AGAIN),
    "failed": (StoreUnavailable, "the transaction failed before", f"roll back, then {_AGAIN}"),
    "contended": (StoreUnavailable, "other transactions kept getting in the way", _AGAIN),
    "login": (LoginRefused, "the database refuses the login", "check user, password and pg_hba.conf"),
    "forbidden": (NotPermitted, "the database may not be changed", "check rights, and that it is no replica"),
    "damaged": (StoreMismatch, "the database is damaged", "stop, keep a copy, and restore a backup"),
    "missing": (StoreMismatch, "tables of erplink are missing in the database", "restore a backup"),
    "unfit": (Unsupported, "the database cannot keep a value", "shorten it, or take out control characters"),
    "elsewhere": (ConfigInvalid, "the database does not open", "check the address, and that it is a database"),
}
"""What may be wrong: the error, what happened, what to do."""

_SQLITE: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_NOMEM: "disk",
    sqlite3.SQLITE_READONLY: "forbidden",
    sqlite3.SQLITE_PERM: "forbidden",
    sqlite3.SQLITE_AUTH: "forbidden",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "elsewhere",
    sqlite3.SQLITE_CANTOPEN: "elsewhere",
}
_POSTGRESQL: Mapping[str, str] = {
    "08": "away",
    "22001": "unfit",
    "22021": "unfit",
    "22P05": "unfit",
    "25006": "forbidden",
    "25P02": "failed",
    "25P03": "away",
    "28": "login",
    "3D": "elsewhere",
    "3F000": "missing",
    "40001": "contended",
    "40P01": "contended",
    "42501": "forbidden",
    "42703": "missing",
    "42P01": "missing",
    "53100": "full",
    "53200": "disk",
    "53300": "crowded",
    "53400": "crowded",
    "55P03": "locked",
    "57014": "stopped",
    "57P": "away",
    "58": "disk",
    "XX001": "damaged",
    "XX002": "damaged",
}
"""By SQLSTATE, or by how it begins."""

_AT_THE_DOOR: tuple[tuple[str, str], ...] = (
    ("password authentication failed|no password supplied|no pg_hba.conf entry", "login"),
    ('role ".*" (does not exist|is not permitted to log in)|permission denied for database', "login"),
    ("too many|connection slots are reserved", "crowded"),
    ('database ".*" does not exist', "elsewhere"),
)
"""Before a connection stands, libpq gives words and no SQLSTATE."""


@define
class Phase:
    """How far a transaction has come: whether it may have been kept, should it fail now."""

    sent: Sent = "no"


@contextmanager
def in_our_words(where: str) -> Iterator[Phase]:
    """Raise what a database complains of in the block as an error of erplink; a defect stays what it is."""
    phase = Phase()
    try:
        yield phase
    except PoolTimeout as error:
        raise StoreUnavailable(
            "every connection of this process is in use", where=where, next_step=_AGAIN, sent="no"
        ) from error
    except DBAPIError as error:
        cause = cause_of(error)
        if not cause:
            raise
        raise _error(cause, error, where, phase) from error


def cause_of(error: DBAPIError) -> str:
    """What is wrong, as one of the words of this module; empty for what is a defect of ours."""
    if isinstance(error.orig, sqlite3.Error):
        if str(error.orig).startswith("no such "):
            return "missing"
        return _SQLITE.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF, "")
    if isinstance(error, DataError):  # psycopg refuses some values before the server sees them
        return "unfit"
    state = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")
    if state:
        return next((_POSTGRESQL[part] for part in (state, state[:3], state[:2]) if part in _POSTGRESQL), "")
    if error.connection_invalidated or isinstance(error, OperationalError):
        said = str(error.orig)
        return next((cause for words, cause in _AT_THE_DOOR if re.search(words, said)), "away")
    return ""


def _error(cause: str, error: DBAPIError, where: str, phase: Phase) -> ErplinkError:
    kind, what, next_step = _WORDS[cause]
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    what = f"{what}: {lines[0]}"
    if not issubclass(kind, StoreUnavailable):
        return kind(what, where=where, next_step=next_step)
    # A connection that breaks during the commit leaves open which of the two came first.
    sent: Sent = phase.sent if cause in ("away", "disk") else "no"
    if sent == "maybe":
        next_step = f"{next_step}; the last transaction was kept whole or not at all"
    at_once = 0.0 if cause == "contended" else None
    return kind(what, where=where, next_step=next_step, retry_after=at_once, sent=sent)
