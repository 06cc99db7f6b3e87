"""Transactions on an ERP's database: limits, patience, one proof of the login for everybody, and errors that help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import sqlalchemy as sa
from attrs import evolve, frozen

from erplink.erp.sql.engines import Address, Side, engine_of
from erplink.erp.sql.failures import Missing
from erplink.erp.sql.missing import explained
from erplink.erp.sql.plan import Table
from erplink.errors import ErplinkError, LoginRefused, RetryError, Unreachable
from erplink.text.source import Text
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import Ticket
from erplink.wire.fence import is_too_late
from erplink.wire.io import Io
from erplink.wire.pace import Pacing
from erplink.wire.retry import Calling, Effort, may_repeat, pause_before_next
from erplink.wire.session import Session
from erplink.wire.traffic import Traffic

T = TypeVar("T")
P = ParamSpec("P")
_ANSWER = Reply(200)


@frozen
class _Result(Generic[T]):
    value: T


class Database:
    """One ERP's database, for all callers of a connection. Opens nothing before the first call.

    Every function that is run here leaves the same behind when it is run twice, so all of them are repeated when the
    connection breaks.
    """

    def __init__(self, io: Io, address: Address, text: Text, calling: Calling, pacing: Pacing) -> None:
        connections = calling.in_flight or 1
        self.io = io
        self.address = address
        self.text = text
        self._engine = engine_of(address, connections)
        self._calling = evolve(calling, in_flight=connections)
        self._traffic = Traffic(io, self._calling, pacing(io, address.shown, calling.rate))
        self._session: Session[_Result[Any]] = Session(io)

    async def read(
        self,
        operation: str,
        tables: Sequence[Table],
        fn: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What a function finds, in a transaction that only reads. ``tables`` are those it asks."""
        side = Side(self._engine, self.address.place(operation), writes=False)
        return await self._run(side, tables, lambda connection: fn(connection, *args, **kwargs))

    async def write(
        self,
        operation: str,
        tables: Sequence[Table],
        fn: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Likewise, in a transaction that may write to agreed tables."""
        side = Side(self._engine, self.address.place(operation), writes=True)
        return await self._run(side, tables, lambda connection: fn(connection, *args, **kwargs))

    async def write_or_find(
        self,
        operation: str,
        tables: Sequence[Table],
        write: Callable[[sa.Connection], T],
        find: Callable[[sa.Connection], T | None],
    ) -> T:
        """Likewise; when an outcome is unknown, what was written is looked for before it is written again."""
        side = Side(self._engine, self.address.place(operation), writes=True)
        return await self._run(side, tables, write, find)

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    async def _run(
        self,
        side: Side,
        tables: Sequence[Table],
        fn: Callable[[sa.Connection], T],
        find: Callable[[sa.Connection], T | None] | None = None,
    ) -> T:
        call = Call(side.place.operation, self.address.shown, safe=True)
        effort = Effort(self.io.now())
        while True:
            try:
                return await self._once(side, call, effort, fn)
            except Missing as missing:
                raise await self._explained(missing, side, tables) from None
            except RetryError as error:
                if not may_repeat(call, error):
                    raise
                await self._pause(call, error, effort)
            if find is not None:
                found = await self._run(evolve(side, writes=False), tables, find)
                if found is not None:
                    return found
            effort = effort.another()

    async def _once(self, side: Side, call: Call, effort: Effort, fn: Callable[[sa.Connection], T]) -> T:
        """One transaction. The first of all goes alone: it proves the login for everybody who waits."""
        if self._session.current() is None:

            async def first() -> tuple[Ticket, _Result[Any]]:
                return Ticket(), _Result(await self._exchange(side, call, effort, fn))

            _, found = await self._session.open(first)
            if found is not None:
                value: T = found.value
                return value
        return await self._exchange(side, call, effort, fn)

    async def _exchange(self, side: Side, call: Call, effort: Effort, fn: Callable[[sa.Connection], T]) -> T:
        async with (
            self._traffic.turn(call, effort.begun) as waited,
            self.io.span(
                "erp.call", operation=call.operation, attempt=effort.attempts, waited=round(waited, 3)
            ) as span,
        ):
            try:
                found = await self.io.transact(side, fn)
            except ErplinkError as error:
                # A driver's complaint may hold the whole address it connected with.
                error.__context__ = None
                span.note(verdict=type(error).__name__)
                await self._learn(call, error)
                raise
            span.note(verdict="ok", **self._traffic.facts(call))
            await self._traffic.heard(call, _ANSWER, None)
        return found

    async def _learn(self, call: Call, error: ErplinkError) -> None:
        if isinstance(error, LoginRefused):
            self._session.refuse(error)
        if isinstance(error, Unreachable):
            await self._traffic.lost(call)
        else:
            await self._traffic.heard(call, _ANSWER, error)

    async def _pause(self, call: Call, error: RetryError, effort: Effort) -> None:
        if is_too_late(self.io.now()) or self._traffic.is_open(call):
            raise error
        seconds = pause_before_next(self._calling, call, error, effort, self.io.now(), self.io.random())
        await self._traffic.afford(error)
        await self.io.sleep(seconds)

    async def _explained(self, missing: Missing, side: Side, tables: Sequence[Table]) -> ErplinkError:
        """The error that names what is missing, and what there is instead."""
        looking = evolve(side, writes=False)
        try:
            found = await self.io.transact(looking, explained, tables, self.text)
        except ErplinkError:
            return missing
        return found or missing
