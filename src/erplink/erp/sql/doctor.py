"""What is wrong between a manifest and its database, step by step, by looking at it. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from erplink.erp.sql import survey
from erplink.erp.sql.adapter import SqlAdapter
from erplink.erp.sql.clock import wall
from erplink.erp.sql.exchange import CreatePlan, InboundPlan, UpdatePlan
from erplink.erp.sql.missing import near
from erplink.erp.sql.plan import EntityPlan, Table
from erplink.erp.sql.planning import column_of
from erplink.erp.sql.reading import Reading
from erplink.erp.sql.survey import Found, Seen
from erplink.errors import ErplinkError
from erplink.mapping.cells import text
from erplink.mapping.native import text_of
from erplink.wire.check import Check, failed

_SKEW_ALLOWED = timedelta(minutes=5)
_SHOWN = 5


async def examine(adapter: SqlAdapter) -> list[Check]:
    """Look at connection and clock, then at each table: its columns, its indexes, some of its rows.

    What depends on a failed step is left out. Raises nothing of ``erplink.errors``.
    """
    try:
        present = await adapter.clock()
    except ErplinkError as error:
        return [failed("connection", error)]
    checks = [Check("connection", ok=True, words=f"{adapter.db.address.shown} answers")]
    checks.append(await _clock(adapter, present))
    for entity, plan in adapter.plans.read.items():
        checks += await _read(Patient(adapter, entity), plan, present)
    for entity, taken in adapter.plans.taken.items():
        checks += await _taken(Patient(adapter, entity), taken)
    for entity, created in adapter.plans.created.items():
        checks += await _created(Patient(adapter, f"{entity} create"), created)
    for entity, updated in adapter.plans.updated.items():
        checks += await _updated(Patient(adapter, f"{entity} update"), updated)
    checks += await _stock(adapter)
    if adapter.plans.taken or adapter.plans.created or adapter.plans.updated:
        checks.append(Check("writes", ok=True, words="not tried: a doctor writes nothing"))
    return checks


@frozen
class Patient:
    """What is looked at, and how its checks are called."""

    adapter: SqlAdapter
    name: str

    async def tables(self, tables: Sequence[Table]) -> tuple[list[Check], list[Found]]:
        """Whether tables and their columns are there, and what was found of them where all are."""
        checks: list[Check] = []
        found: list[Found] = []
        for table in tables:
            try:
                seen = await self.adapter.db.read("look", (), survey.found, table)
            except ErplinkError as error:
                return [*checks, failed(f"{self.name} table", error)], []
            missing = [*self._missing(table, seen)]
            words = "; ".join(missing) or f"{table} has all {len(table.columns)} columns"
            checks.append(Check(f"{self.name} table", ok=not missing, words=words))
            found += [] if missing else [seen]
        return checks, found if len(found) == len(tables) else []

    def _missing(self, table: Table, seen: Found) -> Iterator[str]:
        text = self.adapter.db.text
        if not seen.columns:
            step = near(table.name, seen.others, "there are")
            yield f"line {text.line_of(table.at)}: there is no table or view {table}; {step}"
            return
        for column, at in table.columns.items():
            if not seen.has(column):
                step = near(column, seen.columns, f"{table} has")
                yield f"line {text.line_of(at)}: {table} has no column {column!r}; {step}"

    def indexed(self, seen: Found, column: str, why: str) -> list[Check]:
        """A hint, where a column has no index."""
        if seen.is_view or seen.leads(column):
            return []
        words = f"no index of {seen.table} begins with {column}: {why}"
        return [Check(f"{self.name} index", ok=True, words=words)]

    def unique(self, seen: Found, column: str, why: str) -> list[Check]:
        """Whether a column is unique by itself."""
        if seen.is_view:
            return [Check(f"{self.name} key", ok=True, words=f"{seen.table} is a view; see that {column} is unique")]
        ok = seen.is_unique(column)
        words = f"{column} is unique" if ok else f"nothing makes {column} of {seen.table} unique: {why}"
        return [Check(f"{self.name} key", ok=ok, words=words)]


async def _clock(adapter: SqlAdapter, present: datetime) -> Check:
    """How the database's clock stands to this machine's, and its wall clock to the manifest's zone."""
    skew = present - adapter.db.io.now()
    words = f"the database's clock differs by {round(skew.total_seconds())} s"
    if abs(skew) > _SKEW_ALLOWED:
        return Check("clock", ok=False, words=f"{words}: set both by NTP")
    try:
        told = await adapter.db.read("clock", (), wall)
    except ErplinkError as error:
        return failed("clock", error)
    ours = present.astimezone(adapter.zone).replace(tzinfo=None)
    if told is not None and abs(told - ours) > _SKEW_ALLOWED:
        hours = round((told - ours).total_seconds() / 3600, 1)
        words += f"; its own wall clock is {hours:+} h from {adapter.zone.key}, so see that the ERP writes stamps in it"
    return Check("clock", ok=True, words=words)


async def _read(patient: Patient, plan: EntityPlan, present: datetime) -> list[Check]:
    """Tables, indexes, and a sample of the rows of an entity."""
    checks, found = await patient.tables(plan.tables)
    if not found:
        return checks
    if plan.modified:
        checks += patient.indexed(found[0], plan.modified, "each pull of changes reads the whole table")
    if plan.lines is not None:
        checks += patient.indexed(found[1], plan.lines.parent, "each page reads all lines there are")
    try:
        seen = await patient.adapter.db.read("look", plan.tables, survey.seen, plan)
    except ErplinkError as error:
        return [*checks, failed(f"{patient.name} rows", error)]
    checks += _rows(patient, plan, seen)
    return checks + (await _stamps(patient, plan, seen, present) if plan.modified and seen.rows else [])


def _rows(patient: Patient, plan: EntityPlan, seen: Seen) -> Iterator[Check]:
    """Whether rows fit the mapping, and which words of a status are unknown."""
    if not seen.rows:
        words = "there are none. Is there nothing, or does where leave everything out?"
        yield Check(f"{patient.name} rows", ok=False, words=words)
        return
    read = plan.reader.read(seen.rows)
    more = f" (and {len(read.broken) - 1} more)" if len(read.broken) > 1 else ""
    words = f"{read.broken[0].error}{more}" if read.broken else f"the newest {len(read.documents)} documents fit"
    yield Check(f"{patient.name} rows", ok=not read.broken, words=words)
    status = next((one for one in plan.mapping.fields if one.attr == "status"), None)
    if status is not None and status.codec.parse is not None:
        told = [(text_of(word), times) for word, times in seen.statuses]
        unknown = [(word, times) for word, times in told if status.codec.parse(word) == "unknown"]
        listed = ", ".join(f"{word!r} ({times})" for word, times in unknown[:_SHOWN])
        words = f"the map does not know {listed}; add them under {patient.name}.fields.status"
        if unknown:
            yield Check(f"{patient.name} status", ok=False, words=words)


async def _stamps(patient: Patient, plan: EntityPlan, seen: Seen, present: datetime) -> list[Check]:
    """Whether stamps can cut a window, and lie in the past."""
    adapter, name = patient.adapter, f"{patient.name} stamps"
    try:
        kinds = await Reading(adapter.db, plan, name, adapter.size, {}).kinds()
    except ErplinkError as error:
        return [failed(name, error)]
    stamps = kinds.modified or kinds.created if kinds is not None else None
    newest = stamps.at(seen.newest) if stamps is not None and seen.newest is not None else None
    if newest is None:
        return [Check(name, ok=False, words=f"no row has a stamp at {plan.modified}; nothing ever counts as changed")]
    if newest - present > _SKEW_ALLOWED:
        hours = round((newest - present).total_seconds() / 3600, 1)
        words = f"the newest is {hours} h ahead of the database's clock: check zone in the manifest"
        return [Check(name, ok=False, words=words)]
    words = f"the newest is of {newest.astimezone(adapter.zone).isoformat(' ', 'seconds')}"
    if seen.unstamped:
        words += f"; {seen.unstamped} of the newest {seen.looked_at} rows have none, and never count as changed: "
        words += "write created, a stamp that counts instead"
    return [Check(name, ok=not seen.unstamped, words=words)]


async def _taken(patient: Patient, plan: InboundPlan) -> list[Check]:
    """Tables, keys and how many rows wait of an intermediate table that is taken from."""
    checks, found = await patient.tables(plan.rows.tables)
    if not found:
        return checks
    checks += patient.unique(found[0], plan.rows.key, "two rows would be confirmed as one")
    words = plan.words
    known = {"wait": words.new, "claimed": words.claimed, "done": words.done, "failed": words.failed}
    return [*checks, await _codes(patient, plan.rows.table, words.status, known)]


async def _created(patient: Patient, plan: CreatePlan) -> list[Check]:
    """Tables, keys and how the rows stand of an intermediate table that is written to."""
    checks, found = await patient.tables(plan.rows.tables)
    if not found:
        return checks
    checks += patient.unique(found[0], plan.rows.key, "two workers could write one document twice")
    words = plan.words
    named = {"new": words.new, "done": words.done, "failed": words.failed, "withdrawn": words.cancelled}
    known = {name: code for name, code in named.items() if code is not None}
    return [*checks, await _codes(patient, plan.rows.table, words.status, known)]


async def _updated(patient: Patient, plan: UpdatePlan) -> list[Check]:
    """Table and key of an intermediate table that single fields are written to."""
    checks, found = await patient.tables((plan.table,))
    if not found:
        return checks
    key, row = column_of(plan.words.key), column_of(plan.words.row)
    checks += patient.unique(found[0], key, "two workers could write one change twice")
    return [*checks, *patient.unique(found[0], row, "the order of changes would be unclear")]


async def _codes(patient: Patient, table: Table, status: str, known: Mapping[str, object]) -> Check:
    """How many rows have each status."""
    try:
        counted = await patient.adapter.db.read("look", (table,), survey.counted, table, column_of(status))
    except ErplinkError as error:
        return failed(f"{patient.name} status", error)
    names = {text(code): name for name, code in known.items()}
    told = [(names.get(text_of(code), f"status {text_of(code)!r}"), times) for code, times in counted]
    words = ", ".join(f"{times} {name}" for name, times in told) or "no rows"
    return Check(f"{patient.name} status", ok=True, words=words)


async def _stock(adapter: SqlAdapter) -> list[Check]:
    plan = adapter.plans.stock
    if plan is None:
        return []
    checks, found = await Patient(adapter, "stock").tables((plan.table,))
    if not found:
        return checks
    try:
        skus = await adapter.db.read("look", (plan.table,), survey.skus, plan)
        rows = await adapter.on_hand(skus)
    except ErplinkError as error:
        return [*checks, failed("stock rows", error)]
    words = f"{len(rows)} rows for one sku" if skus else "there are none"
    return [*checks, Check("stock rows", ok=bool(skus), words=words)]
