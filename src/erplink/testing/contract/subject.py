"""What the contract suite has to know of a system: how to start it, and the door behind its adapter's back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal, Protocol

from attrs import frozen

from erplink.model.documents import Document, Entity, Scalar, Stock
from erplink.testing.clock import VirtualIo
from erplink.wire.adapter import Capability, Settings
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed

Fault = Literal[
    "session_lost",
    "dropped",
    "reply_lost",
    "cut_short",
    "stalled",
    "html_page",
    "server_error",
    "error_in_200",
    "busy",
    "busy_for_seconds",
    "busy_until_date",
    "locked",
    "no_permission",
    "refused",
    "password_expired",
    "foreign_link",
    "unknown_field",
]
"""What can go wrong with one call.

- ``session_lost``: the session of everybody has ended, and the reply says so; nothing was done
- ``dropped``: the connection ends before anything was done; ``reply_lost``: after it was done
- ``cut_short``: it was done, half of the reply comes, then the connection ends; ``stalled``: then nothing more comes,
  and the connection stays open for longer than ``PATIENCE``
- ``html_page``: a page with status 200; ``server_error``: a 5xx; ``error_in_200``: the server's own exception where an
  answer should be. Nothing was done, and the client cannot know
- ``busy``: the system asks for patience in its own way, without saying how long; ``busy_for_seconds`` and
  ``busy_until_date``: by a Retry-After of ``WAIT`` seconds, written as seconds or as a date. Nothing was done
- ``locked``: somebody else holds the document, or changed it meanwhile (428, 412, a row lock); passes by itself
- ``no_permission``: logged in, but this user may not do this; ``refused``: a business rule says no, in the words
  ``REFUSAL``; ``password_expired``: a login is answered so
- ``foreign_link``: the next page is said to be at ``http://elsewhere.invalid/``
- ``unknown_field``: the reply has fields that no mapping knows, in heads and lines
"""

Feature = Literal[
    Fault,
    "login",
    "one_renewal",
    "tenant",
    "raw",
    "skew",
    "chosen_ids",
    "unknown_status",
    "broken",
    "warehouses",
    "recorded",
]
"""What a system may be without by its nature: a fault, or one of these.

- ``login``: credentials, sessions and counts of logins
- ``one_renewal``: a single login when many calls find their session lost; not where each call proves itself
- ``tenant``: a company, account set, database or folder that settings may name and that may not be there
- ``raw``: operations for the escape hatch
- ``skew``: a clock that can be set apart from this machine's
- ``chosen_ids``: internal ids that a planted document brings along
- ``unknown_status``: a status text that nobody knows
- ``broken``: a cell that does not fit its field
- ``warehouses``: stock in more than one place
- ``recorded``: calls and replies that ``record`` keeps as files
"""

Calls = Literal["all", "reads", "writes"]
"""Which calls a fault is meant for."""

REFUSAL = "信用额度不足：客户 C-001 还差 10.50 元"
"""What a refusing system says."""

WAIT = 7.0
"""Seconds that a system asks for when it says how long it will be busy."""

PATIENCE = 10.0
"""Seconds that a stalled reply goes on saying nothing, at least."""


@frozen
class Shape:
    """What of an entity's canonical documents a system keeps, and what the suite may write to them.

    ``silent`` names fields it does not keep: ``note``, ``lines.kind``. ``statuses`` are those a document of it can have
    (none given: all of the canonical ones). ``places`` is how many decimals after the point it keeps, ``charset`` what
    text it can hold. ``update`` is a field to write single values to, with two values; ``act`` is a button, with the
    status it is pressed in and the one it leads to.
    """

    silent: frozenset[str] = frozenset()
    statuses: frozenset[str] | None = None
    places: int = 10
    charset: str = "utf-8"
    update: tuple[str, Scalar, Scalar] | None = None
    act: tuple[str, str, str] | None = None


def declared(settings: Settings) -> tuple[Capability, ...]:
    """What the adapter of these settings declares. Sends nothing, so any address will do."""

    def nowhere(_: Call) -> Reply:
        raise SendFailed("nothing is sent only to see what is offered", sent="no")

    return settings.open(VirtualIo(nowhere), parallel=1).offers


class Subject(Protocol):
    """One kind of system to prove. A plain value: nothing runs before ``start``."""

    @property
    def name(self) -> str:
        """What it is called in test names and in the matrix: ``kingdee``."""
        ...

    @property
    def offers(self) -> tuple[Capability, ...]:
        """What its adapter declares, as ``declared`` reads it from settings, without a running system."""
        ...

    @property
    def shapes(self) -> Mapping[Entity, Shape]:
        """What it keeps of each entity; an entity that is not named is kept whole."""
        ...

    @property
    def without(self) -> Mapping[Feature, str]:
        """What it cannot show by its nature, each with the reason, which is shown with the tests that are left out."""
        ...

    def start(self) -> AbstractContextManager[System]:
        """A running system of its own, stopped at the end of the block. Listens on loopback at most."""
        ...


class System(Protocol):
    """A running system, seen from behind its adapter's back. Called by one thread at a time, while clients are at work.

    Everything here takes effect before it returns.
    """

    def settings(self, *, page: int) -> Settings:
        """How to connect to it, with pages of that many rows. Without a limit of calls per time."""
        ...

    def impostor(self) -> Settings:
        """The same with a wrong secret."""
        ...

    def astray(self) -> Settings:
        """The same with a company, an account set, a database or a folder that is not there."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """What must never show: passwords, keys, and the tokens of every session handed out so far."""
        ...

    def empty(self) -> None:
        """As new: no documents, no stock, no sessions, no faults to come, clock and counts set back."""
        ...

    def now(self) -> datetime:
        """Its present instant, aware."""
        ...

    def ahead(self, seconds: float) -> None:
        """Set its clock that far ahead of this machine's; negative: behind."""
        ...

    def plant(self, documents: Sequence[Document], modified: datetime | None = None) -> None:
        """Write documents into it in its own form, all with this stamp of modification, or with its present one.

        A document's number is kept as it is. Its ``id`` is, where it is not empty and the system is not without
        ``chosen_ids``. A ``raw_status`` that is not empty is written as it is, else ``status`` in the system's own
        words. Customers and products that a document names need not be there.
        """
        ...

    def edit(self, entity: Entity, number: str, modified: datetime | None = None) -> None:
        """Change something harmless of a document, so that its stamp moves to this one, or to the present one."""
        ...

    def remove(self, entity: Entity, number: str) -> None:
        """Delete a document for good."""
        ...

    def spoil(self, entity: Entity, number: str) -> None:
        """Put something into a document that does not fit its field. Its stamp stays."""
        ...

    def count(self, entity: Entity) -> int:
        """How many documents there are."""
        ...

    def stock(self, levels: Sequence[Stock]) -> None:
        """Set what is there; ``as_of`` does not matter."""
        ...

    def disturb(self, fault: Fault, times: int = 1, *, calls: Calls = "all", skip: int = 0) -> None:
        """Commit a fault on the next calls of a kind, once that many have passed. Faults add up."""
        ...

    def calm(self) -> None:
        """No fault that was still to come does."""
        ...

    def suffered(self) -> int:
        """How many calls suffered a fault."""
        ...

    def calls(self) -> int:
        """How many calls came in, logins included."""
        ...

    def logins(self) -> int:
        """How many logins were accepted."""
        ...

    def refused_logins(self) -> int:
        """How many were refused."""
        ...

    def raw_read(self) -> tuple[str, Mapping[str, Any]]:
        """Operation and payload of a call that only reads, for the escape hatch."""
        ...

    def raw_write(self) -> tuple[str, Mapping[str, Any]]:
        """Operation and payload of a call that does more each time it is made."""
        ...
