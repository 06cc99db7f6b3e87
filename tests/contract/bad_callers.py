"""Adapters that log in, call, repeat or tell wrongly, each in one way."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from attrs import asdict, evolve

from erplink.erp.kingdee import Kingdee
from erplink.errors import ErplinkError, LoginRefused, Refused, RetryError
from erplink.model.documents import Document, Entity
from erplink.wire.adapter import Adapter
from erplink.wire.call import Call, Reply
from erplink.wire.io import Io
from erplink.wire.retry import Calling
from tests.contract.wrapped import Sending, Wrapped


class TriesRefusedLoginsAgain(Wrapped):
    async def get(self, entity: Entity, number: str) -> Document:
        try:
            return await self.adapter.get(entity, number)
        except LoginRefused:
            return await self.settings.open(self.io, parallel=1).get(entity, number)


class LogsInForEachCall(Wrapped):
    async def get(self, entity: Entity, number: str) -> Document:
        return await self.settings.open(self.io, parallel=1).get(entity, number)


def gives_up_at_once(settings: Kingdee, io: Io) -> Adapter:
    return evolve(settings, calling=Calling(attempts=1)).open(io, parallel=1)


def never_gives_up(settings: Kingdee, io: Io) -> Adapter:
    calling = Calling(attempts=70, base=0.0, deadline=1e9, patience=1e9, budget=None, breaker=None)
    return evolve(settings, calling=calling).open(io, parallel=1)


class DoesNotReadRetryAfter(Sending):
    async def send(self, call: Call) -> Reply:
        reply: Reply = await self.io.send(call)
        return evolve(reply, headers={name: value for name, value in reply.headers.items() if name != "retry-after"})


class SwallowsWords(Wrapped):
    async def get(self, entity: Entity, number: str) -> Document:
        try:
            return await self.adapter.get(entity, number)
        except Refused:
            raise Refused("the system said no", next_step="ask it") from None


class RepeatsRawWrites(Wrapped):
    async def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        try:
            return await self.adapter.call(operation, payload)
        except RetryError:
            return await self.adapter.call(operation, payload)


class TellsTheSecret(Wrapped):
    async def get(self, entity: Entity, number: str) -> Document:
        try:
            return await self.adapter.get(entity, number)
        except ErplinkError as error:
            error.args = (f"{error} (as {self.settings.app_secret})",)
            raise


class HidesTheSecretInTheCause(Wrapped):
    async def get(self, entity: Entity, number: str) -> Document:
        try:
            return await self.adapter.get(entity, number)
        except ErplinkError as error:
            raise error from ValueError(self.settings.app_secret)


class LogsTheSecret(Wrapped):
    async def get(self, entity: Entity, number: str) -> Document:
        logging.getLogger("saboteur").debug("signing with %s", self.settings.app_secret)
        return await self.adapter.get(entity, number)


class ShowsItself(Wrapped):
    def __repr__(self) -> str:
        return f"<adapter of {asdict(self.settings)}>"
