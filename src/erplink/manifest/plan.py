"""A manifest made ready: for every entity its mapping and the requests that read and write it. Values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from erplink.manifest.asking import Ask
from erplink.manifest.filters import Moment
from erplink.manifest.paging import Paging
from erplink.manifest.steady import ByLookingBack, ByOverlap, ByTime
from erplink.manifest.verbs import Idempotency
from erplink.mapping.codecs import Codec
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.tree import TreeReader
from erplink.model.documents import Entity
from erplink.wire.adapter import Capability, Verb


@frozen
class Listing:
    """A list, how it pages, and how it is walked where rows may move. ``lacks``: whether a reply has no list at all."""

    ask: Ask
    records: Callable[[Any], list[Any]]
    lacks: Callable[[Any], bool]
    paging: Paging
    steady: ByTime | ByOverlap | ByLookingBack | None
    start: Mapping[str, Any]

    @property
    def asks_for_a_window(self) -> bool:
        """Whether the system is asked for a span of time; else all of it is read, and the rest is left out here."""
        return not self.ask.names.isdisjoint({"since", "until", "after.modified"})


@frozen
class Getting:
    """One record."""

    ask: Ask
    record: Callable[[Any], list[Any]]


@frozen
class Creating:
    """A new record. ``overwrites``: saving what is there writes over it, so a look is taken before."""

    ask: Ask
    idempotency: Idempotency
    prefix: str
    number: Callable[[Any], Any] | None
    taken: Callable[[Any], Any] | None
    then: tuple[str, ...]
    overwrites: bool = False


@frozen
class Acting:
    """A button."""

    ask: Ask
    done: frozenset[str]


@frozen
class Plan:
    """Everything that can be done with one entity.

    ``stamped``: the heads of a list hold the stamp that is the version of a document; else there are no keys.
    """

    entity: Entity
    mapping: DocumentMapping
    reader: TreeReader
    times: Codec
    listing: Listing | None = None
    changes: Listing | None = None
    detail: Getting | None = None
    getting: Getting | None = None
    creating: Creating | None = None
    updating: Ask | None = None
    actions: Mapping[str, Acting] = field(factory=dict)
    stamped: bool = True

    def at(self, stamp: str) -> datetime | None:
        """The instant of a record's stamp; None for nothing and for what is no time."""
        try:
            found: datetime | None = self.times.parse(self.times.coerce(stamp)) if self.times.parse else None
        except ValueError:
            return None
        return found

    def moment(self, at: datetime) -> Moment:
        """An instant as this entity's stamps are written."""
        return Moment(at, self.times.build(at))

    def capabilities(self) -> tuple[Capability, ...]:
        """What can be done, with what is known of it."""
        offered: dict[Verb, tuple[object, Mapping[str, str]]] = {
            "get": (self.getting, {}),
            "list": (self.listing, _traits(self.listing)),
            "changes": (self.changes, {"changes": "modified_at", **_traits(self.changes), **_window(self.changes)}),
            "keys": (self.listing if self.stamped else None, {"order": "id"}),
            "create": (self.creating, {"idempotency": self.creating.idempotency} if self.creating else {}),
            "update": (self.updating, {"idempotency": "natural"}),
            "act": (self.actions or None, {}),
        }
        return tuple(Capability(self.entity, verb, of) for verb, (there, of) in offered.items() if there is not None)


_STEADY: Mapping[type, str] = {ByTime: "time", ByOverlap: "overlap", ByLookingBack: "looking_back"}


def _traits(listing: Listing | None) -> Mapping[str, str]:
    """How a list pages, and how it is walked."""
    if listing is None:
        return {}
    steady = {} if listing.steady is None else {"steady": _STEADY[type(listing.steady)]}
    return {"paging": listing.paging.words.kind, **steady}


def _window(listing: Listing | None) -> Mapping[str, str]:
    """Who cuts a window, where it is not the system."""
    return {} if listing is None or listing.asks_for_a_window else {"window": "here"}


@frozen
class StockPlan:
    """How live stock is asked for: many skus in one request, or one at a time."""

    ask: Ask
    records: Callable[[Any], list[Any]]
    fields: Mapping[str, tuple[Callable[[Any], Any], Codec, str]]
    fixed: Mapping[str, Any]
    per_call: int
