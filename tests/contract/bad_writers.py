"""Adapters that write wrongly, each in one way."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from erplink.errors import Conflict, Refused, Unsupported
from erplink.model.documents import Document, Entity, Scalar
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed
from tests.contract.wrapped import Sending, Wrapped


class SavesAgainUnderAnotherNumber(Sending):
    """Repeats a Save whose reply was lost, as if it had not been done."""

    async def send(self, call: Call) -> Reply:
        try:
            return await self.io.send(call)
        except SendFailed:
            if call.operation != "Save" or b"ERPL-" not in call.body:
                raise
            return await self.io.send(evolve(call, body=call.body.replace(b"ERPL-", b"ERPL-AGAIN-")))


class TakesAnyDocumentOfTheKey(Wrapped):
    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        try:
            return await self.adapter.create(entity, document, key)
        except Conflict as error:
            return await self.adapter.get(entity, error.what.split()[1])


class CountsItsOwnNumbers(Wrapped):
    """Derives a number from how many there were, not from the key."""

    made = 0

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        type(self).made += 1
        return await self.adapter.create(entity, document, f"{key}-{type(self).made}")


class ClearsThePhone(Wrapped):
    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        await self.adapter.update(entity, number, {**changes, "phone": ""} if entity == "customers" else changes)


class SkipsUnknownFields(Wrapped):
    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        known = {name: value for name, value in changes.items() if name != "no_such_field"}
        await self.adapter.update(entity, number, known)


class PressesBlindly(Wrapped):
    async def act(self, entity: Entity, number: str, action: str) -> None:
        if (await self.adapter.get(entity, number)).status == "pending":
            raise Refused("it is submitted already")
        await self.adapter.act(entity, number, action)


class SkipsUnknownButtons(Wrapped):
    async def act(self, entity: Entity, number: str, action: str) -> None:
        try:
            await self.adapter.act(entity, number, action)
        except Unsupported:
            return
