"""What those who waited for a login get when it fails in passing."""

from __future__ import annotations

import anyio
import pytest

from erplink.errors import Unreachable
from erplink.facade.io_async import AsyncIo
from erplink.wire.dialect import Ticket
from erplink.wire.session import Session


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_passing_failure_is_shared_by_those_who_waited_and_later_ones_try_anew(backend: str) -> None:
    tries: list[int] = []
    heard: list[Unreachable] = []

    async def attempt() -> tuple[Ticket, None]:
        tries.append(1)
        await anyio.wait_all_tasks_blocked()
        if len(tries) == 1:
            raise Unreachable("the reply broke off", sent="maybe")
        return Ticket({"n": str(len(tries))}), None

    async def scene() -> None:
        session: Session[None] = Session(AsyncIo())

        async def one() -> None:
            try:
                await session.open(attempt)
            except Unreachable as failure:
                heard.append(failure)

        async with anyio.create_task_group() as group:
            for _ in range(16):
                group.start_soon(one)
        assert len(tries) == 1
        assert len({id(failure) for failure in heard}) == 16
        assert [failure.sent for failure in heard[1:]] == ["no"] * 15
        assert (await session.open(attempt))[0].headers == {"n": "2"}
        assert (await session.open(attempt))[0].headers == {"n": "2"}

    anyio.run(scene, backend=backend)
    assert len(tries) == 2
