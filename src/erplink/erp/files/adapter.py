"""``FilesAdapter``: the contract of every adapter, for files in a folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

import msgspec
from attrs import frozen

from erplink.erp.files.looking import found_keys, found_one
from erplink.erp.files.outbox import Outbox
from erplink.erp.files.plan import FilePlan
from erplink.erp.files.reread import reread
from erplink.erp.files.rows_out import Layout
from erplink.erp.files.settings import Files
from erplink.erp.files.walk import Walk
from erplink.errors import ConfigInvalid, Unsupported
from erplink.mapping.numbers import number_for
from erplink.model.documents import Document, Entity, Scalar, Stock
from erplink.wire.adapter import Capability, KeyPage, Page, Verb, Window, can
from erplink.wire.call import Reply
from erplink.wire.io import Io


@frozen
class FilesAdapter:
    """The files of one manifest. Holds no connection; every file is opened when its turn comes, and closed."""

    io: Io
    files: Files

    @property
    def system(self) -> str:
        """The manifest's name."""
        return self.files.name

    @property
    def mapping(self) -> str:
        """What dead letters name."""
        return f"{self.files.name} manifest"

    @property
    def settles_in(self) -> timedelta:
        """Zero: what is handed over under a key is handed over once."""
        return timedelta(0)

    @property
    def offers(self) -> tuple[Capability, ...]:
        """What it can do, and how."""
        of_plans = tuple(one for plan in self.files.plans.values() for one in plan.capabilities())
        stock = Capability("stock", "get", {"live": "no"})
        return (*of_plans, stock) if self.files.stock is not None else of_plans

    async def clock(self) -> datetime:
        """The instant up to which files are settled: what came later may still be written."""
        return self.io.now() - self.files.habits.settle

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        """The documents of a window, file by file in the order of writing: everything in a file that came in it.

        Where a stamp is mapped, also what older files have of the window by their stamps. Without a window everything
        there is, each document from the last file that has it.
        """
        async with aclosing(self._walk(entity, "list").pages(window, after)) as pages:
            async for page in pages:
                yield page

    async def keys(self, entity: Entity, after: str = "") -> AsyncIterator[KeyPage]:
        """Id, number and stamp of every document, in the order of ``Key.place``."""
        plan = self._plan(entity, "keys")
        while True:
            keys = await self.io.transact(self.files.folder, found_keys, plan, after)
            if not keys:
                return
            after = keys[-1].id
            yield KeyPage(keys, after)

    async def get(self, entity: Entity, number: str) -> Document:
        """One document by its number, from the last file that has it. Raises ``NotFound``, ``ShapeChanged``."""
        return await self.io.transact(self.files.folder, found_one, self._plan(entity, "get"), number)

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        """Hand a document over as a file, once per key; what is returned is what can be read of the file.

        It is in force when the other side has taken it in. Raises ``Conflict`` where the key was used for another
        document, ``ConfigInvalid`` and ``FileInvalid`` for one that cannot be written.
        """
        plan = self._plan(entity, "create")
        words = plan.words.create
        if words is None or not isinstance(document, plan.mapped.mapping.document):
            kind = plan.mapped.mapping.document.__name__
            raise ConfigInvalid(f"{entity} takes {kind}, not {type(document).__name__}", where="create")
        wanted = document
        if not document.number:
            wanted = msgspec.structs.replace(document, number=number_for(key, words.number_prefix))
        layout = Layout.of(plan.mapped, words.values, self.files.habits.language)
        rows = [*layout.rows(wanted)]
        made = reread(plan.mapped, layout, wanted, rows)
        await self.io.transact(self.files.folder, Outbox(words, layout).hand_over, key, rows)
        return made

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        """Hand single fields over as a file of one row, with the number and these columns only.

        Nobody looks whether the record is there. Raises ``ConfigInvalid`` for a name that is not written.
        """
        plan = self._plan(entity, "update")
        words = plan.words.update
        if words is None:
            raise Unsupported(f"{self.files.name} cannot update {entity}", next_step="write update in the manifest")
        known = {column.attr for column in plan.mapped.out if column.side == "head"} - {"number", "id", "version"}
        for name in changes:
            if name not in known:
                listed = ", ".join(sorted(known))
                what = f"{entity} have no writable field {name!r}; configured are: {listed}"
                step = f"name it among the fields of {entity} in the manifest"
                raise ConfigInvalid(what, where=plan.mapped.mapping.source, next_step=step)
        layout = Layout.of(plan.mapped, words.values, self.files.habits.language, {"number", *changes})
        row = layout.changed(number, changes)
        await self.io.transact(self.files.folder, Outbox(words, layout).drop, number, row, self.io.now())

    async def act(self, entity: Entity, number: str, action: str) -> None:
        """Files have no buttons: raises ``Unsupported``."""
        del number
        raise Unsupported(f"{self.files.name} cannot {action} {entity}", next_step="files have no actions")

    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        """Stock of the skus as the newest file has it, one row per warehouse."""
        stock = self.files.stock
        if stock is None:
            raise Unsupported(f"{self.files.name} has no stock", next_step="write [entities.stock] in the manifest")
        if not skus:
            return ()
        return await self.io.transact(self.files.folder, stock.on_hand, frozenset(skus))

    async def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        """Files have no operations: raises ``Unsupported``."""
        del payload
        raise Unsupported(f"{self.files.name} cannot {operation}", next_step="files have no operations")

    def _walk(self, entity: Entity, verb: Verb) -> Walk:
        return Walk(self.io, self.files.folder, self._plan(entity, verb), self.files.habits)

    def _plan(self, entity: Entity, verb: Verb) -> FilePlan:
        plan = self.files.plans.get(entity)
        if plan is None or not can(self, entity, verb):
            able = ", ".join(sorted(one.verb for one in self.offers if one.entity == entity))
            step = f"it can: {able}" if able else f"write [entities.{entity}] in the manifest"
            raise Unsupported(f"{self.files.name} cannot {verb} {entity}", next_step=step)
        return plan
