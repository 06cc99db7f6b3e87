"""``SqlAdapter``: the contract of every adapter, over the tables and views of a database."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, MutableMapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attrs import field, frozen

from erplink.erp.sql.calls import Database
from erplink.erp.sql.clock import now
from erplink.erp.sql.exchange import Plans
from erplink.erp.sql.inbound import Inlet
from erplink.erp.sql.outbound import Outlet
from erplink.erp.sql.reading import Kinds, Reading
from erplink.erp.sql.stock import on_hand
from erplink.erp.sql.updates import update
from erplink.errors import NotFound, Unsupported
from erplink.model.documents import Document, Entity, Scalar, Stock
from erplink.wire.adapter import Capability, KeyPage, Page, Verb, Window
from erplink.wire.call import Reply


@frozen
class SqlAdapter:
    """One open database. ``known`` is what was seen of how its tables keep keys and stamps."""

    name: str
    zone: ZoneInfo
    size: int
    db: Database
    plans: Plans
    known: MutableMapping[Entity, Kinds] = field(factory=dict, repr=False)

    @property
    def system(self) -> str:
        """The manifest's name."""
        return self.name

    @property
    def mapping(self) -> str:
        """What dead letters name."""
        return f"{self.name} manifest"

    @property
    def settles_in(self) -> timedelta:
        """Zero: a row that is written has a unique key."""
        return timedelta(0)

    @property
    def offers(self) -> tuple[Capability, ...]:
        """What it can do, with what is known of it."""
        return self.plans.capabilities()

    async def clock(self) -> datetime:
        """The database's own present instant."""
        return await self.db.read("clock", (), now, self.zone)

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        """Every document of the window, in the order of its keys within slices of time; resumes after a token.

        Of an intermediate table it is every row that waits, whatever the window: it is claimed, and confirmed when the
        next page is asked for, or with ``after``.
        """
        async with aclosing(self._pages(entity, window, after)) as pages:
            async for page in pages:
                yield page

    async def keys(self, entity: Entity, after: str = "") -> AsyncIterator[KeyPage]:
        """Id, number and stamp of every document, in the order of ``Key.place``."""
        async with aclosing(self._reading(entity, "keys").keys(after)) as pages:
            async for page in pages:
                yield page

    async def get(self, entity: Entity, number: str) -> Document:
        """One document by its number. Raises ``NotFound``.

        One that was written to an intermediate table and that the ERP has not made is told as it stands there: pending,
        or refused in the ERP's words (``Refused``).
        """
        outlet = self._outlet(entity)
        try:
            if entity in self.plans.taken:
                return await self._inlet(entity).get(number)
            if entity in self.plans.read or outlet is None:
                return await self._reading(entity, "get").get(number)
        except NotFound:
            if outlet is None or (row := await outlet.find(number)) is None:
                raise
            return outlet.judged(row)
        row = await outlet.find(number)
        if row is None:
            raise NotFound(f"there is no {number!r} among the {entity}", where=self.name, next_step="check the number")
        return outlet.judged(row)

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        """Write a document once per key, and hear what the ERP made of it. Raises ``Conflict``, ``Refused``, ``Busy``.

        Where the ERP does not report back, it is pending when this returns.
        """
        outlet = self._outlet(entity)
        if outlet is None:
            raise self._cannot(entity, "create")
        made = outlet.judged(await outlet.create(document, key))
        if entity not in self.plans.read:
            return made
        try:
            return await self._reading(entity, "get").get(made.number)
        except NotFound:
            return made

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields. Raises ``NotFound`` where documents can be read, ``ConfigInvalid``."""
        if entity not in self.plans.updated:
            raise self._cannot(entity, "update")
        if entity in self.plans.read and not await self._reading(entity, "get").numbered(number):
            raise NotFound(f"there is no {number!r} among the {entity}", where=self.name, next_step="check the number")
        await update(self.db, self.plans.updated[entity], number, changes)

    async def act(self, entity: Entity, number: str, action: str) -> None:
        """``cancel`` withdraws a row that the ERP has not made. Raises ``NotFound``, ``Refused``."""
        outlet = self._outlet(entity)
        if outlet is None or self.plans.created[entity].words.cancelled is None or action != "cancel":
            raise self._cannot(entity, "act", action)
        await outlet.cancel(number)

    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        """Live stock of the skus, one row per warehouse."""
        if self.plans.stock is None:
            raise Unsupported(f"{self.name} has no stock", next_step="write [entities.stock] in the manifest")
        return await on_hand(self.db, self.plans.stock, skus, self.db.io.now()) if skus else ()

    async def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:  # noqa: ARG002 - as the contract has it
        """No statement is taken as text, for no look at a text tells in every dialect what it would do.

        Raises ``Unsupported``.
        """
        step = "make a view in the database and name it in the manifest, or use a connection of your own"
        raise Unsupported(f"{self.name} takes no SQL: {operation[:40]!r}", next_step=step)

    def close(self) -> None:
        """Give back every connection."""
        self.db.close()

    def _pages(self, entity: Entity, window: Window, after: str) -> AsyncGenerator[Page, None]:
        if entity not in self.plans.taken:
            return self._reading(entity, "list").pages(window, after)
        if window == Window() and not after:
            raise self._cannot(entity, "list")
        return self._inlet(entity).pages(after)

    def _reading(self, entity: Entity, verb: Verb) -> Reading:
        if entity not in self.plans.read:
            raise self._cannot(entity, verb)
        return Reading(self.db, self.plans.read[entity], self._of(entity), self.size, self.known)

    def _inlet(self, entity: Entity) -> Inlet:
        return Inlet(self.db, self.plans.taken[entity], self._of(entity), self.size, self.known)

    def _outlet(self, entity: Entity) -> Outlet | None:
        plan = self.plans.created.get(entity)
        return None if plan is None else Outlet(self.db, plan)

    def _of(self, entity: Entity) -> str:
        return f"{self.name} {entity}"

    def _cannot(self, entity: Entity, verb: Verb, action: str = "") -> Unsupported:
        able = sorted({one.verb for one in self.offers if one.entity == entity})
        step = f"it can: {', '.join(able)}" if able else f"write [entities.{entity}] in the manifest"
        return Unsupported(f"{self.name} cannot {action or verb} {entity}", next_step=step)
