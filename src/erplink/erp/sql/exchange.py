"""Plans for intermediate tables: which rows are taken, which are written, and how their status is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from erplink.erp.sql.intermediate import Inbound, OutboundCreate, OutboundUpdate
from erplink.erp.sql.plan import EntityPlan, StockPlan, Table, Test
from erplink.erp.sql.planning import Planner, Rows, Used
from erplink.erp.sql.table_words import SqlLines
from erplink.manifest.attributes import DOCUMENTS, LINES, Attribute, attributes
from erplink.manifest.codecs import codec_of
from erplink.manifest.compile import House
from erplink.manifest.words import Fields, FieldWords
from erplink.mapping.codecs import Codec
from erplink.mapping.fields import DocumentMapping, Field
from erplink.model.documents import Entity
from erplink.text.source import Path
from erplink.wire.adapter import Capability


@frozen
class InboundPlan:
    """Rows the ERP writes and we take. ``rows`` reads them; its key is the key of the row."""

    rows: EntityPlan
    words: Inbound


@frozen
class CreatePlan:
    """Documents we write and the ERP takes. ``rows`` reads them back; its key is our key."""

    rows: EntityPlan
    words: OutboundCreate


@frozen
class UpdatePlan:
    """Single fields we write and the ERP takes: names by their columns and codecs."""

    entity: Entity
    table: Table
    columns: Mapping[str, tuple[str, Codec]]
    words: OutboundUpdate


@frozen
class Plans:
    """All that a manifest speaks of, by what is done with it."""

    read: Mapping[Entity, EntityPlan]
    taken: Mapping[Entity, InboundPlan]
    created: Mapping[Entity, CreatePlan]
    updated: Mapping[Entity, UpdatePlan]
    stock: StockPlan | None

    def capabilities(self) -> tuple[Capability, ...]:
        """What can be done, with what is known of it."""
        found: list[Capability] = []
        for entity, plan in self.read.items():
            found += [Capability(entity, "get"), Capability(entity, "list", _ORDER)]
            found += [Capability(entity, "changes", _CHANGES)] if plan.modified else []
            found.append(Capability(entity, "keys", {"order": "id"}))
        for entity in self.taken:
            found += [Capability(entity, "get"), Capability(entity, "changes", {"changes": "claimed"})]
        for entity, made in self.created.items():
            found += [] if entity in {*self.read, *self.taken} else [Capability(entity, "get")]
            told = "done" if made.words.done is not None else "written"
            found.append(Capability(entity, "create", {"idempotency": "key", "returns": told}))
            found += [Capability(entity, "act", {"actions": "cancel"})] if made.words.cancelled is not None else []
        found += [Capability(entity, "update", {"idempotency": "natural"}) for entity in self.updated]
        if self.stock is not None:
            found.append(Capability("stock", "get", {"live": "yes", "per": "warehouse"}))
        return tuple(found)


_ORDER: Mapping[str, str] = {"order": "id"}
_CHANGES: Mapping[str, str] = {"changes": "modified_at", "grain": "second", **_ORDER}


def only(plan: EntityPlan, held: Mapping[str, Any]) -> EntityPlan:
    """The same rows, but only those whose columns hold these values."""
    tests = (*plan.table.tests, *(Test(column, (value,)) for column, value in held.items()))
    return evolve(plan, table=evolve(plan.table, tests=tests))


def inbound(planner: Planner, entity: Entity, words: Inbound) -> InboundPlan:
    """The plan of rows that are taken. Raises ``ConfigInvalid``: file, line, word."""
    at: Path = ("inbound", entity)
    named = {"key": words.key, "status": words.status, "claimed_by": words.claimed_by, "claimed_at": words.claimed_at}
    control = _control({**named, "message": words.message}, at)
    given = Rows(
        entity, at, words.table, words.fields, words.custom, words.lines, words.where, key=words.key, control=control
    )
    return InboundPlan(planner.rows(given), words)


def create(planner: Planner, entity: Entity, words: OutboundCreate) -> CreatePlan:
    """The plan of documents that are written. Raises ``ConfigInvalid``: file, line, word."""
    at: Path = ("outbound", entity, "create")
    fields = _written(words.fields)
    fields.setdefault("number", FieldWords(path=words.key))
    fields.setdefault("status", FieldWords(value="pending"))
    named = {"key": words.key, "status": words.status, "message": words.message, "made": words.made}
    control = _control(named, at) | {column: (*at, "constants", column) for column in words.constants}
    given = Rows(
        entity,
        at,
        words.table,
        fields,
        _written(words.custom),
        _lines(words),
        key=words.key,
        control=control,
        refine=_native_times(planner.house, entity, words),
    )
    return CreatePlan(planner.rows(given), words)


def update(planner: Planner, entity: Entity, words: OutboundUpdate) -> UpdatePlan:
    """The plan of single fields that are written. Raises ``ConfigInvalid``: file, line, word."""
    at: Path = ("outbound", entity, "update")
    known, used = attributes(DOCUMENTS[entity]), Used()
    named = {"key": words.key, "row": words.row, "status": words.status, "number": words.number}
    for column, spot in _control(named, at).items():
        used.column(column, spot)
    found: dict[str, tuple[str, Codec]] = {}
    for name, each in _written(words.fields).items():
        spot = (*at, "fields", name)
        if each.path is None:
            raise planner.house.text.invalid(f"{name} needs a column", spot, "say which column takes it")
        planner.check(each.path, spot)
        codec = codec_of(each, known.get(name, Attribute("any")), planner.house, spot)
        found[name] = used.column(each.path, spot), codec
    for column in words.constants:
        used.column(column, (*at, "constants", column))
    return UpdatePlan(entity, planner.table(words.table, (*at, "table"), used), found, words)


def _control(named: Mapping[str, str | None], at: Path) -> dict[str, Path]:
    return {column: (*at, word) for word, column in named.items() if column is not None}


def _written(fields: Fields) -> Fields:
    """Fields of which each that has a column is written to it."""
    return {
        name: each.model_copy(update={"write": True}) if each.path is not None else each
        for name, each in fields.items()
    }


def _lines(words: OutboundCreate) -> SqlLines | None:
    if words.lines is None:
        return None
    fields = _written(words.lines.fields)
    counted = [fields[name].path for name in ("line", "sku") if name in fields]
    order = tuple(path for path in counted if path is not None)[:1]
    return SqlLines(table=words.lines.table, parent=words.lines.parent, order=order, fields=fields)


def _native_times(house: House, entity: Entity, words: OutboundCreate) -> Callable[[DocumentMapping], DocumentMapping]:
    """Instants as the database's own, where the manifest does not say how they are written."""
    if house.times != "iso":
        return lambda mapping: mapping
    known, of_lines = attributes(DOCUMENTS[entity]), attributes(LINES[entity]) if entity in LINES else {}

    def refined(fields: tuple[Field, ...], given: Fields, types: Mapping[str, Attribute]) -> tuple[Field, ...]:
        return tuple(
            evolve(one, codec=evolve(one.codec, build=_wall_of(house.zone)))
            if one.attr in given and given[one.attr].time is None and types[one.attr].type == "time"
            else one
            for one in fields
        )

    def refine(mapping: DocumentMapping) -> DocumentMapping:
        lines = mapping.lines
        if lines is not None and words.lines is not None:
            lines = evolve(lines, fields=refined(lines.fields, words.lines.fields, of_lines))
        return evolve(mapping, fields=refined(mapping.fields, words.fields, known), lines=lines)

    return refine


def _wall_of(zone: ZoneInfo) -> Callable[[Any], object]:
    def build(value: datetime | None) -> datetime | None:
        return None if value is None else value.astimezone(zone).replace(tzinfo=None, microsecond=0)

    return build
