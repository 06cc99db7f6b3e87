"""``ManifestAdapter``: the contract of every adapter, for a system that answers requests of a manifest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from attrs import evolve, frozen

from erplink.errors import ErplinkError, ShapeChanged, Unsupported
from erplink.manifest.asker import Asker
from erplink.manifest.plan import Plan, StockPlan
from erplink.manifest.reading import Reading
from erplink.manifest.writing import Writing
from erplink.mapping.paths import MISSING
from erplink.model.documents import Document, Entity, Scalar, Stock
from erplink.wire.adapter import Capability, KeyPage, Page, Verb, Window
from erplink.wire.call import Reply


@frozen
class ManifestAdapter:
    """One open system. ``parallel`` bounds the requests of one page in flight.

    ``described`` is where its plans come from, ``missing`` what to do about an entity without one.
    """

    name: str
    asker: Asker
    plans: Mapping[Entity, Plan]
    stock: StockPlan | None
    parallel: int
    described: str = "manifest"
    missing: str = "write [entities.{entity}] in the manifest"

    @property
    def system(self) -> str:
        """Its name."""
        return self.name

    @property
    def mapping(self) -> str:
        """What dead letters name."""
        return f"{self.name} {self.described}"

    @property
    def settles_in(self) -> timedelta:
        """Zero where numbers or keys are told apart by the system; else long enough for a slow server."""
        ways = {plan.creating.idempotency for plan in self.plans.values() if plan.creating is not None}
        return timedelta(minutes=5) if "none" in ways else timedelta(0)

    @property
    def offers(self) -> tuple[Capability, ...]:
        """What it can do, with what is known of it."""
        of_plans = tuple(one for plan in self.plans.values() for one in plan.capabilities())
        return (*of_plans, Capability("stock", "get", {"live": "yes"})) if self.stock is not None else of_plans

    @property
    def capabilities(self) -> frozenset[tuple[Entity, Verb]]:
        """What it can do."""
        return frozenset((one.entity, one.verb) for one in self.offers)

    async def clock(self) -> datetime:
        """The server's present instant, by the Date of a reply; this machine's where the server gives none."""
        listed = [plan for plan in self.plans.values() if plan.listing or plan.changes]
        if listed:
            try:
                await Reading(self.asker, listed[0]).touch()
            except ErplinkError:
                if not self.asker.wire.has_heard:
                    raise
        return self.asker.wire.server_now()

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        """Every document of the window, in the order of the system's list; resumes after a token.

        A window that is open at its end is closed at the server's present instant.
        """
        if window.since is not None and window.until is None:
            window = evolve(window, until=await self.clock())
        async with aclosing(self._reading(entity, "list").pages(window, after, self.parallel)) as pages:
            async for page in pages:
                yield page

    async def keys(self, entity: Entity, after: str = "") -> AsyncIterator[KeyPage]:
        """Id, number and stamp of every document, in the order of ``Key.place``."""
        async with aclosing(self._reading(entity, "keys").keys(after)) as pages:
            async for page in pages:
                yield page

    async def get(self, entity: Entity, number: str) -> Document:
        """One document by its number. Raises ``NotFound``."""
        return await self._reading(entity, "get").get(number)

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        """A document created once per key. Raises ``Conflict``, ``Refused``."""
        return await self._writing(entity, "create").create(document, key)

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields. Raises ``NotFound``, ``Refused``, ``ConfigInvalid``."""
        await self._writing(entity, "update").update(number, changes)

    async def act(self, entity: Entity, number: str, action: str) -> None:
        """Press a button of the manifest; pressed already is fine."""
        await self._writing(entity, "act").act(number, action)

    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        """Live stock of the skus, one row per warehouse."""
        if self.stock is None:
            raise Unsupported(f"{self.name} has no stock", next_step=self.missing.format(entity="stock"))
        stock = self.stock
        parts = [skus[start : start + stock.per_call] for start in range(0, len(skus), stock.per_call)]
        found = await self.asker.io.gather(self.parallel, [partial(self._on_hand, stock, part) for part in parts])
        return tuple(row for rows in found for row in rows)

    async def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        """Any request through the same session, limits and retries: ``GET /path``, or an operation of a WSDL."""
        await self.asker.prepare()
        call = self.asker.dialect.tongue.raw(operation, payload)
        return await self.asker.wire.call(call)

    async def _on_hand(self, stock: StockPlan, skus: Sequence[str]) -> list[Stock]:
        came = await self.asker.ask(stock.ask, {"skus": list(skus), "sku": skus[0]})
        now = self.asker.wire.server_now()
        return [_stock(stock, record, now) for record in stock.records(came.tree)]

    def _reading(self, entity: Entity, verb: Verb) -> Reading:
        return Reading(self.asker, self._plan(entity, verb))

    def _writing(self, entity: Entity, verb: Verb) -> Writing:
        plan = self._plan(entity, verb)
        return Writing(self.asker, plan, Reading(self.asker, plan))

    def _plan(self, entity: Entity, verb: Verb) -> Plan:
        able = {other for each, other in self.capabilities if each == entity}
        if entity not in self.plans or (verb not in able and not (verb == "list" and "changes" in able)):
            known = ", ".join(sorted(able))
            step = f"it can: {known}" if known else self.missing.format(entity=entity)
            raise Unsupported(f"{self.name} cannot {verb} {entity}", next_step=step)
        return self.plans[entity]


def _stock(stock: StockPlan, record: Any, now: datetime) -> Stock:
    cells: dict[str, Any] = dict(stock.fixed)
    for name, (find, codec, path) in stock.fields.items():
        cell = find(record)
        try:
            value = codec.coerce(None if cell is MISSING and codec.optional else cell)
            cells[name] = value if codec.parse is None else codec.parse(value)
        except ValueError as error:
            step = "compare the path with a reply of the system"
            raise ShapeChanged(f"stock should hold {error}", where=f"stock.{path}", next_step=step) from None
    cells.setdefault("available", cells["on_hand"])
    cells.setdefault("as_of", now)
    return Stock(**cells)
