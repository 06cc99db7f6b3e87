"""Taking events in from either world: awaited in a running asyncio, or in a loop of one's own."""

from __future__ import annotations

import asyncio

import anyio

from erplink.errors import ProtocolBroken
from erplink.facade.io_async import AsyncIo
from erplink.sync.intake import Broker, Taken, Wants, intake
from erplink.sync.run import Run


async def take(run: Run, broker: Broker, system: str, wants: Wants) -> Taken:
    """Take events in, in this task."""
    source, io = broker.open(), AsyncIo(parallel=2)  # one batch is committed while the next one is fetched
    try:
        return await intake(io, run, source, system, wants)
    finally:
        with anyio.CancelScope(shield=True):
            await source.close()
            await io.close()


def take_here(run: Run, broker: Broker, system: str, wants: Wants) -> Taken:
    """Take events in, in this thread and a loop of its own. Raises ``ProtocolBroken`` where a loop runs already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return anyio.run(take, run, broker, system, wants)
    raise ProtocolBroken(
        "Link.intake was called where asyncio runs already", next_step="use AsyncLink, or call it in a thread"
    )
