"""Every error erplink raises, grouped by what the caller should do next.

```
ErplinkError
├── RetryError            wait, then do the same again: nothing is wrong with what you asked
│   ├── Unreachable       no connection, time-out or broken reply; ``sent`` says whether it may have arrived
│   ├── Busy              the other side asks for patience: rate limit, document lock, overload
│   ├── Paused            a quota is spent, or the other side asks for more patience than we wait: see ``until``
│   ├── StoreUnavailable  the database cannot be reached, is locked or full; the transaction left no trace
│   └── ServerFault       the other side failed by itself (5xx, an HTML page, an exception text)
├── SkipError             this one document cannot go on; the others can
│   ├── NotFound          no such document there
│   ├── Refused           a business rule of the ERP says no; its own words are in the message
│   ├── Conflict          one key, two payloads; or the document moved on meanwhile
│   ├── NotKnownYet       what it depends on is not known yet; it waits for that by name
│   ├── ShapeChanged      the reply lacks a mapped field, or has it in another type
│   └── InsufficientBalance   fewer points than asked for; nothing was taken
├── FixError              your input has to change first
│   ├── ConfigInvalid     a setting, an address, a name of a data centre
│   ├── PolicyInvalid     a policy file: which line, which word, which words are allowed
│   ├── FileInvalid       a data file: which row, which column, what was found
│   └── Unsupported       this system cannot do that; the message says what it can
└── StopError             a person must act before anything is tried again
    ├── LoginRefused      wrong secret, locked account, application not authorised; never tried twice
    ├── NotPermitted      logged in, but this user may not do this; licence trouble
    ├── WriteNotAllowed   the write was not named at ``attach``; nothing left the process
    ├── StoreMismatch     the database's tables are of another revision, or damaged
    └── ProtocolBroken    erplink itself was used or built wrongly: a guard fired
```

A message says what happened, where, and the next step. Secrets and personal data never appear in one.
"""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Literal, Self

Sent = Literal["no", "maybe", "yes"]

__all__ = [
    "Busy",
    "ConfigInvalid",
    "Conflict",
    "ErplinkError",
    "FileInvalid",
    "FixError",
    "InsufficientBalance",
    "LoginRefused",
    "NotFound",
    "NotKnownYet",
    "NotPermitted",
    "Paused",
    "PolicyInvalid",
    "ProtocolBroken",
    "Refused",
    "RetryError",
    "ServerFault",
    "ShapeChanged",
    "SkipError",
    "StopError",
    "StoreMismatch",
    "StoreUnavailable",
    "Unreachable",
    "Unsupported",
    "WriteNotAllowed",
]


class ErplinkError(Exception):
    """Root of the tree: ``what`` happened, ``where``, and the ``next_step``.

    ``reply`` holds the first words of the reply that led to it, redacted, where there was one.

    >>> print(ErplinkError("the reply was empty", where="kingdee View", next_step="ask the administrator"))
    the reply was empty (kingdee View): ask the administrator
    """

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        self.what = what
        self.where = where
        self.next_step = next_step
        self.reply = ""
        super().__init__(_sentence(what, where, next_step))

    def advised(self, next_step: str) -> Self:
        """The same error with another next step."""
        other = copy(self)
        other.next_step = next_step
        other.args = (_sentence(self.what, self.where, next_step),)
        return other

    def __reduce__(self) -> tuple[object, ...]:
        """Copied and pickled as it is, whatever its own class asks for when one is made."""
        return _as_it_was, (type(self), self.args, self.__dict__)


def _sentence(what: str, where: str, next_step: str) -> str:
    text = f"{what} ({where})" if where else what
    return f"{text}: {next_step}" if next_step else text


def _as_it_was(kind: type[ErplinkError], args: tuple[object, ...], facts: dict[str, object]) -> ErplinkError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class RetryError(ErplinkError):
    """Wait and repeat. ``retry_after`` is a floor in seconds when the other side named one.

    ``sent`` tells whether the call may have had an effect: ``no``, ``maybe`` (ask before repeating a write), ``yes``.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        next_step: str = "",
        retry_after: float | None = None,
        sent: Sent = "maybe",
    ) -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.retry_after = retry_after
        self.sent: Sent = sent


class Unreachable(RetryError):
    """No connection, a time-out, or a reply that broke off."""


class Busy(RetryError):
    """The other side is busy and did not run the call: rate limit, lock, overload."""


class Paused(RetryError):
    """Nothing is to be called before ``until`` (aware): a quota is spent, or the other side asks for more patience.

    A pull or a delivery that meets it ends as usual, keeps what it has, and goes on when it is run after that instant.
    """

    def __init__(self, what: str, *, until: datetime, where: str = "", next_step: str = "") -> None:
        super().__init__(what, where=where, next_step=next_step, sent="no")
        self.until = until


class StoreUnavailable(RetryError):
    """The database cannot be reached, is locked or full. The transaction left no trace; what was committed stays.

    Only when the connection broke in the middle of a commit is ``sent`` ``maybe``: then the transaction was kept whole
    or not at all. ``retry_after`` is 0 when others were in the way, and it may be run again at once.
    """


class ServerFault(RetryError):
    """The other side failed by itself; whether the call ran is in ``sent``."""


class SkipError(ErplinkError):
    """This document cannot go on; others can."""


class NotFound(SkipError):
    """No such document there."""


class Refused(SkipError):
    """A business rule of the other side says no. ``code`` is its own code, if it gave one."""

    def __init__(self, what: str, *, where: str = "", next_step: str = "", code: str = "") -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.code = code


class Conflict(SkipError):
    """One key with two payloads, or a document that changed meanwhile."""


class NotKnownYet(SkipError):
    """What this depends on is not known yet. ``waits_for`` names it; it goes on by itself when that is released."""

    def __init__(self, what: str, *, waits_for: str, where: str = "", next_step: str = "") -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.waits_for = waits_for


class ShapeChanged(SkipError):
    """A mapped field is missing or has another type; ``where`` names its path."""


class InsufficientBalance(SkipError):
    """Fewer points are available than asked for; nothing was taken."""


class FixError(ErplinkError):
    """Your input has to change first."""


class ConfigInvalid(FixError):
    """A setting is wrong: the message names it and what it should look like."""


class PolicyInvalid(FixError):
    """A policy text is wrong: file, line, word, and the words that are allowed."""


class FileInvalid(FixError):
    """A data file is wrong: file, row, column, what was found."""


class Unsupported(FixError):
    """This system cannot do that."""


class StopError(ErplinkError):
    """A person must act before anything is tried again."""


class LoginRefused(StopError):
    """The credentials were refused. They are not tried a second time, so that no account gets locked."""


class NotPermitted(StopError):
    """Logged in, but not allowed: permission, licence, address list."""


class WriteNotAllowed(StopError):
    """The write was not named at ``attach``; nothing left the process."""


class StoreMismatch(StopError):
    """The database cannot be used: its tables are of another revision, or missing, or damaged."""


class ProtocolBroken(StopError):
    """A guard fired: code awaited something that is not ``Io``, or a lent object was misused."""
