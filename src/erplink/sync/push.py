"""Push: the outbox into the systems, only what was named at attach, each write once however often it is tried."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal, cast

import msgspec
from attrs import frozen

from erplink.errors import ErplinkError, NotFound, Refused, RetryError, SkipError
from erplink.model.documents import Entity, Order, Scalar
from erplink.store import outbox
from erplink.store.database import Connection
from erplink.store.outbox import Write
from erplink.sync.progress import Progress
from erplink.sync.redeem import give_back
from erplink.sync.run import Run
from erplink.wire.adapter import Adapter
from erplink.wire.io import Io

BATCH = 64
ROUNDS = 4
"""How often one push goes over what could not be reached before it leaves the rest to the next sync."""

_ORDER = msgspec.json.Decoder(Order)
_CHANGES: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@frozen
class Pushed:
    """How the writes of one push ended."""

    done: int = 0
    refused: int = 0
    later: int = 0


@frozen
class Target:
    """One attached system: what may be written there (``entity.verb``), and how many calls at once."""

    system: str
    adapter: Adapter
    writes: frozenset[str]
    parallel: int


@frozen
class _Ended:
    write: Write
    state: Literal["done", "refused", "pending"]
    outcome: str = ""
    stop: ErplinkError | None = None


async def push(io: Io, run: Run, target: Target) -> Pushed:
    """Send what waits in the outbox for one system. Raises ``StopError`` or ``FixError`` when a person must act first.

    Deeds go before values, so that a balance written is the one after all that happened.
    """
    done = refused = later = 0
    for operation in sorted(target.writes, key=lambda name: (not name.endswith(".create"), name)):
        for turn in range(ROUNDS):
            later_now = 0
            async for ended in _batches(io, run, target, operation):
                done += sum(end.state == "done" for end in ended)
                refused += sum(end.state == "refused" for end in ended)
                later_now += sum(end.state == "pending" for end in ended)
                run.tell(Progress("push", operation, done + refused))
            if not later_now or turn + 1 == ROUNDS:
                later += later_now
                break
            await io.sleep(2.0**turn * io.random())
    return Pushed(done, refused, later)


async def _batches(io: Io, run: Run, target: Target, operation: str) -> AsyncIterator[list[_Ended]]:
    after = ""
    while taken := await io.transact(run.store, outbox.take, run.space, target.system, (operation,), after, BATCH):
        jobs = [partial(_send, target.adapter, write) for write in taken]
        ended = await io.gather(target.parallel, jobs)
        await io.transact(run.store, _settle, run.space, ended, run.clock())
        yield ended
        after = taken[-1].key
        for end in ended:
            if end.stop is not None:
                raise end.stop


async def _send(adapter: Adapter, write: Write) -> _Ended:
    entity, verb = write.operation.split(".")
    try:
        if verb == "create":
            await _create(adapter, cast("Entity", entity), write)
        else:
            changes: dict[str, Scalar] = _CHANGES.decode(write.payload)
            await adapter.update(cast("Entity", entity), write.target, changes)
    except RetryError as error:
        return _Ended(write, "pending", str(error))
    except SkipError as error:
        return _Ended(write, "refused", str(error))
    except ErplinkError as error:
        return _Ended(write, "pending", str(error), error)
    return _Ended(write, "done")


async def _create(adapter: Adapter, entity: Entity, write: Write) -> None:
    """Create a document; one that is refused half-way is cancelled, so that nobody brings it into force later."""
    try:
        await adapter.create(entity, _ORDER.decode(write.payload), write.key)
    except SkipError as refusal:
        try:
            await adapter.act(entity, write.target, "cancel")
        except NotFound:
            raise refusal from None
        except SkipError as stays:
            raise Refused(
                refusal.what, where=refusal.where, next_step=f"cancel {write.target} in the ERP: {stays.what}"
            ) from refusal
        raise Refused(refusal.what, where=refusal.where, next_step=f"{write.target} was cancelled") from refusal


def _settle(connection: Connection, space: str, ended: list[_Ended], now: datetime) -> None:
    for end in ended:
        noted = outbox.settle(connection, space, end.write, end.state, end.outcome, now)
        if noted and end.state == "refused" and end.write.operation == "orders.create":
            give_back(connection, space, end.write.key, end.outcome, now)
