"""What an adapter offers, whatever the system: the contract between erp/ and everything above it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, runtime_checkable

from attrs import frozen

from erplink.errors import FileInvalid, SkipError
from erplink.model.documents import Document, Entity, Key, Scalar, Stock
from erplink.wire.call import Reply
from erplink.wire.io import Io
from erplink.wire.pace import Pacing

Verb = Literal["get", "list", "changes", "keys", "create", "update", "act"]


@frozen
class Capability:
    """One thing the system can do: an entity and a verb, with what is known of it (``changes=modified_at`` …)."""

    entity: Entity
    verb: Verb
    traits: Mapping[str, str] = {}


@frozen
class Window:
    """Half-open span of modification times; an open end means no bound. Aware times."""

    since: datetime | None = None
    until: datetime | None = None


@frozen
class Broken:
    """A document that could not be read: its id and number as far as they are known, and why.

    A whole file of documents that is damaged is one too; its number is its name.
    """

    id: str
    number: str
    error: SkipError | FileInvalid


@frozen
class Page:
    """Whole documents in key order. ``token`` resumes after the last of them; it can be stored.

    ``broken`` are documents of the same stretch that do not fit the mapping: one of them holds up nobody else.
    """

    items: tuple[Document, ...]
    token: str
    broken: tuple[Broken, ...] = ()


@frozen
class KeyPage:
    """Keys of documents in the order of ``Key.place``. ``token`` resumes after the last of them; it can be stored."""

    keys: tuple[Key, ...]
    token: str


class Adapter(Protocol):
    """One open connection to a system. Every method raises errors of ``erplink.errors`` only."""

    @property
    def system(self) -> str:
        """Short name of the kind of system: ``kingdee``."""
        ...

    @property
    def mapping(self) -> str:
        """Version of its mappings, which dead letters name: ``kingdee 1``."""
        ...

    @property
    def settles_in(self) -> timedelta:
        """How long a write whose sender died may still take effect and do harm beside a second one.

        Zero where the system itself keeps one number from being saved twice.
        """
        ...

    @property
    def offers(self) -> tuple[Capability, ...]:
        """What it can do, and how; asking for anything else raises ``Unsupported``."""
        ...

    async def clock(self) -> datetime:
        """The server's present instant (aware), to close a window at the moment a query begins."""
        ...

    def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        """Every document modified in the window, by key, each once; resumes after ``after``."""
        ...

    def keys(self, entity: Entity, after: str = "") -> AsyncIterator[KeyPage]:
        """The key of every document there is, and nothing else of it: cheap enough to compare all with the store.

        ``after`` is a token, or the id of the last document that is not wanted.
        """
        ...

    async def get(self, entity: Entity, number: str) -> Document:
        """One document by its number. Raises ``NotFound``."""
        ...

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        """Create a document once per ``key``, in force when it returns; the same key again reads it back."""
        ...

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields of a document; the same values again change nothing."""
        ...

    async def act(self, entity: Entity, number: str, action: str) -> None:
        """Press a button of the system: submit, audit, cancel and the like."""
        ...

    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        """Live stock of the skus, one row per warehouse."""
        ...

    async def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        """The escape hatch: any operation, through the same session, limits and retries."""
        ...


@runtime_checkable
class Closing(Protocol):
    """An adapter that holds connections of its own, beside those of its Io."""

    def close(self) -> None:
        """Give them back. Closing twice is fine."""
        ...


@runtime_checkable
class Leaving(Protocol):
    """An adapter whose session is worth ending: it takes a seat that others wait for."""

    async def leave(self) -> None:
        """End the session, if there is one, in a moment or not at all. Raises nothing."""
        ...


def can(adapter: Adapter, entity: str, verb: str) -> bool:
    """Whether the system offers that."""
    return any((one.entity, one.verb) == (entity, verb) for one in adapter.offers)


class Settings(Protocol):
    """A settings value such as ``Kingdee(...)``: where the system is and how to log in."""

    def open(self, io: Io, *, parallel: int, pacing: Pacing = ...) -> Adapter:
        """An adapter over this Io. Opens nothing yet: the first call logs in.

        ``pacing`` makes the limit of calls per time, which may be shared by several processes; ``own_pace`` is one that
        is not.
        """
        ...
