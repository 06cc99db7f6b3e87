"""What a database complains of, as errors of erplink: what happened, where, what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import field, frozen
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import InternalError as InternalComplaint
from sqlalchemy.exc import TimeoutError as PoolTimeout

from erplink.erp.sql.codes import CODES, SAID, Cause
from erplink.errors import (
    Busy,
    ConfigInvalid,
    Conflict,
    ErplinkError,
    LoginRefused,
    NotPermitted,
    Refused,
    RetryError,
    Sent,
    ServerFault,
    Unreachable,
)
from erplink.wire.redact import redact

_ORACLE = re.compile(r"\b(?:ORA|DPY)-\d{4,5}\b")
_NUMBER = re.compile(r"\((\d{3,6})\)")
_LONGEST = 300


class Missing(ConfigInvalid):
    """A table or a column is not there; which one is found out by whoever made the statement."""


class Taken(Conflict):
    """A key that has to be unique is there already."""


_WORDS: Mapping[Cause, tuple[type[ErplinkError], str, str]] = {
    "away": (Unreachable, "the database does not answer", "see that it runs and can be reached from here"),
    "login": (LoginRefused, "the database refuses the login", "check user and password in the manifest's url"),
    "locked": (Busy, "the rows are locked by somebody else", "try again when they are done"),
    "contended": (Busy, "others kept getting in the way", "try again"),
    "crowded": (Busy, "the database has too many connections", "try again, or allow more"),
    "stopped": (Busy, "the statement took too long", "add an index, or make statement_timeout longer"),
    "forbidden": (NotPermitted, "this user may not do that", "let the administrator grant it to the user of the url"),
    "missing": (Missing, "a table or column is not there", "compare the manifest with the database"),
    "elsewhere": (ConfigInvalid, "there is no such database", "check the url in the manifest"),
    "taken": (Taken, "the key is there already", "use another key"),
    "unfit": (
        Refused,
        "the database refuses it",
        "compare the document with what columns, constraints and triggers want",
    ),
    "wrong": (ConfigInvalid, "values and columns do not go together", "check the types of what the manifest compares"),
    "garbled": (ConfigInvalid, "a text is in another charset", 'write charset under [database], such as "gbk"'),
    "broken": (ServerFault, "the database fails by itself", "look at the server, then try again"),
}
_UNSHOWN = frozenset[Cause]({"garbled", "taken"})
"""Where the database's own words quote what is in the table."""


@frozen
class Place:
    """Where something is done: the operation and the database, with the secrets that its words must not hold."""

    operation: str
    shown: str
    backend: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.operation} at {self.shown}"


@contextmanager
def in_our_words(place: Place) -> Iterator[None]:
    """Raise what the database complains of in the block as an error of erplink."""
    try:
        yield
    except PoolTimeout:
        raise Busy(
            "every connection of this process is in use", where=place.where, next_step="allow more", sent="no"
        ) from None
    except StatementError as error:
        raise judged(error, place) from None
    except UnicodeDecodeError:
        kind, what, next_step = _WORDS["garbled"]
        raise kind(what, where=place.where, next_step=next_step) from None


def judged(error: StatementError, place: Place) -> ErplinkError:
    """The error for a complaint."""
    cause = _cause(error, place.backend)
    kind, what, next_step = _WORDS[cause]
    said = "" if cause in _UNSHOWN else _said(error.orig, place)
    what = f"{what}: {said}" if said else what
    if issubclass(kind, RetryError):
        at_once = 0.0 if cause == "contended" else None
        sent: Sent = "maybe" if cause in {"away", "broken"} else "no"
        return kind(what, where=place.where, next_step=next_step, retry_after=at_once, sent=sent)
    if kind is Refused:
        return Refused(what, where=place.where, next_step=next_step, code=next(iter(_codes(error.orig)), ""))
    return kind(what, where=place.where, next_step=next_step)


def _cause(error: StatementError, backend: str) -> Cause:
    known = CODES.get(backend, {})
    for code in _codes(error.orig):
        for part in (code, code[:3], code[:2]) if backend == "postgresql" else (code,):
            if part in known:
                return known[part]
    text = str(error.orig)
    for words, cause in SAID:
        if re.search(words, text):
            return cause
    if isinstance(error, DBAPIError) and (
        error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    ):
        return "away"
    return "broken" if isinstance(error, InternalComplaint) else "wrong"


def _codes(complaint: Any) -> Sequence[str]:
    """The codes of a complaint, the most telling first, wherever its driver keeps them."""
    found: list[Any] = [getattr(complaint, "sqlstate", None), getattr(complaint, "pgcode", None)]
    extended = getattr(complaint, "sqlite_errorcode", None)
    if extended is not None:
        found = [extended, extended & 0xFF]
    arguments: tuple[Any, ...] = getattr(complaint, "args", ())
    first = arguments[0] if arguments else None
    found.insert(0, first[0] if isinstance(first, tuple) and first else first if isinstance(first, int) else None)
    text = str(complaint)
    found += _ORACLE.findall(text)
    if isinstance(first, str) and len(first) == len("28000"):
        found += [*_NUMBER.findall(text), first]
    return [str(code) for code in found if code]


def _said(complaint: Any, place: Place) -> str:
    """The first line of its words."""
    arguments: tuple[Any, ...] = getattr(complaint, "args", ())
    words = next((each for each in reversed(_flat(arguments)) if isinstance(each, str | bytes)), "")
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    line = next((line for line in text.splitlines() if line.strip() and not line.startswith("DB-Lib error")), "")
    return redact(line.strip(), place.secrets)[:_LONGEST]


def _flat(arguments: tuple[Any, ...]) -> list[Any]:
    return [each for one in arguments for each in (one if isinstance(one, tuple) else (one,))]
