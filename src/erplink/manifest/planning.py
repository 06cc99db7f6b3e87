"""Words → plan: requests compiled, places checked, ways of walking chosen. Everything wrong is told by its line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar, get_args

from attrs import frozen

from erplink.manifest.asking import Reader, needs
from erplink.manifest.attributes import DOCUMENTS, attributes
from erplink.manifest.compile import MODIFIED, House, compiled
from erplink.manifest.hosts import Hosts
from erplink.manifest.paging import PLACES, Paging
from erplink.manifest.plan import Acting, Creating, Getting, Listing, Plan
from erplink.manifest.steady import ByLookingBack, ByOverlap, ByTime
from erplink.manifest.verbs import OF_WORDS, ActionWords, CreateWords, GetWords, ListWords, UpdateWords
from erplink.manifest.words import EntityWords
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.paths import lacks, many, one
from erplink.mapping.times import time_codec
from erplink.mapping.tree import TreeReader
from erplink.model.documents import DocumentStatus, Entity, OrderStatus
from erplink.text.parts import Part, did_you_mean
from erplink.text.source import Path

_WINDOW = frozenset({"since", "until"})
_RECORD = frozenset({"id", "number", "version"})
_LIST = frozenset({"size", "last", *_WINDOW})
_STATUSES = (*get_args(OrderStatus), *get_args(DocumentStatus))
W = TypeVar("W", bound=Part)


class Entities(Protocol):
    """The words of one entity with its requests, whatever carries them."""

    @property
    def list(self) -> ListWords | None:
        """Everything there is."""
        ...

    @property
    def changes(self) -> ListWords | None:
        """What was modified; takes over from ``list`` what it does not say."""
        ...

    @property
    def detail(self) -> GetWords | None:
        """The whole record, where a list has only its head."""
        ...

    @property
    def get(self) -> GetWords | None:
        """One record by its number."""
        ...

    @property
    def create(self) -> CreateWords | None:
        """A new record."""
        ...

    @property
    def update(self) -> UpdateWords | None:
        """Single fields."""
        ...

    @property
    def actions(self) -> Mapping[str, ActionWords]:
        """Buttons."""
        ...


@frozen
class Planner:
    """Makes plans of the entities of one manifest."""

    house: House
    hosts: Hosts
    reader: Reader

    def plan(self, entity: Entity, fields: EntityWords, words: Entities) -> Plan:
        """The plan of one entity. Raises ``ConfigInvalid``: file, line, word, what is allowed."""
        at: Path = ("entities", entity)
        mapping = compiled(entity, fields, self.house)
        stamp = fields.fields.get(MODIFIED)
        times = time_codec((stamp.time if stamp is not None else None) or self.house.times, self.house.zone)
        plan = _Making(self, at, mapping, times.parse)
        changes = plan.changes(words)
        return Plan(
            entity=entity,
            mapping=mapping,
            reader=TreeReader(mapping),
            times=times,
            listing=plan.listing(words.list, (*at, "list"), "list") if words.list is not None else None,
            changes=changes,
            detail=plan.getting(words.detail, (*at, "detail"), "detail"),
            getting=plan.getting(words.get, (*at, "get"), "get"),
            creating=plan.creating(words),
            updating=plan.updating(words),
            actions={name: plan.acting(name, each) for name, each in words.actions.items()},
        )


@frozen
class _Making:
    planner: Planner
    at: Path
    mapping: DocumentMapping
    parse: Any

    def changes(self, words: Entities) -> Listing | None:
        """From ``changes``, or from a ``list`` that names a window."""
        if words.changes is not None:
            inherited = words.list.model_dump(exclude_unset=True, by_alias=True) if words.list is not None else {}
            own = words.changes.model_dump(exclude_unset=True, by_alias=True)
            merged = type(words.changes).model_validate({**inherited, **own})
            listing = self.listing(merged, (*self.at, "changes"), "changes")
        elif words.list is not None:
            listing = self.listing(words.list, (*self.at, "list"), "list")
            if listing.ask.names.isdisjoint({"since", "after.modified"}):
                return None
        else:
            return None
        at = (*self.at, "changes" if words.changes is not None else "list")
        if not self.mapping.modified:
            step = 'write modified = "where the stamp is" under its fields'
            raise self._text.invalid("changes need the stamp of a record's last change", at, step)
        because = "changes are asked for from a stamp on"
        needs(listing.ask, frozenset({"since", "after.modified"}), self._text, at, because)
        return listing

    def listing(self, words: ListWords, at: Path, verb: str) -> Listing:
        """A list with its way of walking."""
        kind = words.paging.kind
        ask = self._ask(verb, words, at, _LIST | PLACES[kind], safe=True)
        if PLACES[kind]:
            needs(ask, PLACES[kind], self._text, at, f"paging of kind {kind} asks for each page by its place")
        if kind in {"cursor", "next_link"} and words.paging.next is None:
            step = f'write next = "where the {kind.replace("_", " ")} is"'
            raise self._text.invalid(f"paging of kind {kind} needs next", (*at, "paging"), step)
        known = (*attributes(DOCUMENTS[self.mapping.entity]), MODIFIED)
        for name in words.sorted_by:
            if name not in known:
                step = did_you_mean(name, known)
                raise self._text.invalid(f"{self.mapping.entity} have no {name!r}", (*at, "sorted_by"), step)
        paging = Paging(words.paging, self.planner.hosts)
        steady = self._steady(words, "since" in ask.names)
        start = {str(name): cell for name, cell in words.paging.start.items()}
        missing = _never if words.optional else lacks(words.records)
        return Listing(ask, many(words.records), missing, paging, steady, start)

    def getting(self, words: GetWords | None, at: Path, verb: str) -> Getting | None:
        """One record."""
        if words is None:
            return None
        ask = self._ask(verb, words, at, _RECORD, safe=True)
        needs(ask, frozenset({"id", "number"}), self._text, at, "one record is asked for by its number or id")
        return Getting(ask, many(words.record))

    def creating(self, words: Entities) -> Creating | None:
        """A new record; what brings it into force has to be among the actions."""
        create, at = words.create, (*self.at, "create")
        if create is None:
            return None
        if words.get is None:
            raise self._text.invalid("create needs get", at, "say how one record is read, to see whether it is there")
        for name in create.then:
            if name not in words.actions:
                raise self._text.invalid(f"there is no action {name!r}", at, did_you_mean(name, words.actions))
        names = frozenset({"key", "number", "document", "head", "lines"}) | self._written("document")
        ask = self._ask("create", create, at, names)
        if create.idempotency == "key":
            needs(ask, frozenset({"key"}), self._text, at, "the system is to know our key")
        if create.idempotency == "number" and not any(one.attr == "number" and one.save for one in self.mapping.fields):
            needs(ask, frozenset({"number", "key"}), self._text, at, "we give the number")
        number, taken = (None if path is None else one(path) for path in (create.number, create.taken))
        return Creating(ask, create.idempotency, create.number_prefix, number, taken, create.then)

    def updating(self, words: Entities) -> Any:
        """Single fields; which ones says ``write`` of the fields."""
        update, at = words.update, (*self.at, "update")
        if update is None:
            return None
        fields = self._written("changes")
        ask = self._ask("update", update, at, _RECORD | {"changes"} | fields, safe=True)
        needs(ask, frozenset({"changes"}) | fields, self._text, at, "an update writes what has changed")
        if words.get is None and not ask.names.isdisjoint({"id", "version"}):
            raise self._text.invalid("id and version are read with get", at, "say how one record is read")
        return ask

    def acting(self, name: str, words: ActionWords) -> Acting:
        """A button, and when it counts as pressed."""
        at = (*self.at, "actions", name)
        for status in words.done:
            if status not in _STATUSES:
                step = did_you_mean(status, dict.fromkeys(_STATUSES))
                raise self._text.invalid(f"there is no status {status!r}", (*at, "done"), step)
        return Acting(self._ask(name, words, at, _RECORD | {"action"}), frozenset(words.done))

    def _written(self, of: str) -> frozenset[str]:
        """The fields that are written, one by one: ``changes.remark``."""
        written = (*self.mapping.fields, *self.mapping.custom)
        return frozenset(f"{of}.{one.save}" for one in written if one.save)

    def _ask(self, verb: str, words: Part, at: Path, names: frozenset[str], *, safe: bool = False) -> Any:
        request = words.model_dump(exclude=set(OF_WORDS), exclude_none=True, by_alias=True)
        return self.planner.reader.ask(f"{self.mapping.entity} {verb}", request, at, names, safe=safe)

    def _steady(self, words: ListWords, windowed: bool) -> ByTime | ByOverlap | ByLookingBack | None:  # noqa: FBT001 - of one caller
        if words.paging.kind not in {"page", "offset"}:
            return None
        if windowed and words.sorted_by[:1] == (MODIFIED,) and self.mapping.modified:
            return ByTime(self._stamp, timedelta(seconds=words.margin), self.mapping.source)
        return ByOverlap(words.paging.size) if words.paging.kind == "offset" else ByLookingBack()

    def _stamp(self, text: str) -> datetime | None:
        try:
            found: datetime | None = self.parse(text)
        except ValueError:
            return None
        return found

    @property
    def _text(self) -> Any:
        return self.planner.house.text


def _never(_: object) -> bool:
    """A reply without its list is an empty list."""
    return False
