"""Outbox and inbox in tasks, on the connections of asynchronous hosts; and each pair held against its twin."""

# ruff: noqa: ANN401 - connections of any library

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from erplink import AsyncInbox, AsyncOutbox, Inbox, Message, Outbox, Store
from erplink.facade.dead import AsyncDeadLetters, DeadLetters
from tests.borrowed.hosts import ASYNC_HOSTS, INSERT, AsyncOpens, dsn, spoken
from tests.borrowed.shop import VISITS, visits
from tests.databases import Databases, only
from tests.primitives.test_outbox_alone import AT_ONCE

PAIRS = [(Outbox, AsyncOutbox), (Inbox, AsyncInbox), (DeadLetters, AsyncDeadLetters)]
ASYNC = [
    pytest.param(kind, opens, driver, id=f"{opens.__name__} on {driver}")
    for kind, several in ASYNC_HOSTS.items()
    for opens, driver in several
]
WELCOME = Message("mail.welcome", key="welcome:1", payload={"to": "ann"})
PAID = Message("order.paid", key="evt_1", payload={"order": "SO1"})


def doors(kind: type) -> dict[str, Callable[..., Any]]:
    return {name: member for name, member in inspect.getmembers(kind, inspect.isroutine) if not name.startswith("_")}


@pytest.mark.parametrize(("plain", "tasks"), PAIRS, ids=lambda kind: kind.__name__)
def test_both_have_the_same_doors(plain: type, tasks: type) -> None:
    ours, theirs = doors(plain), doors(tasks)
    assert ours.keys() == theirs.keys()
    for name, method in ours.items():
        mine, other = inspect.signature(method), inspect.signature(theirs[name])
        assert [*mine.parameters] == [*other.parameters], name
        assert mine.return_annotation == other.return_annotation, name


@pytest.mark.parametrize(("databases", "opens", "driver"), ASYNC, indirect=["databases"])
def test_messages_are_put_and_accepted_in_the_transaction_of_the_host(
    databases: Databases, opens: AsyncOpens, driver: str
) -> None:
    url, told = databases.url(), list[str]()
    with (engine := sa.create_engine(url)).begin() as connection:
        VISITS.metadata.create_all(connection)
    engine.dispose()
    store = Store.open(url)
    outbox, inbox = AsyncOutbox(store), AsyncInbox(store)

    async def put(end: str) -> int:
        async with opens(spoken(url, driver)) as host:
            await host.visit()
            fresh = await outbox.put(host.lent, WELCOME) | await inbox.accept(host.lent, PAID)
            assert await outbox.release(host.lent, "nothing") == await inbox.release(host.lent, "nothing") == 0
            await getattr(host, end)()
        assert fresh == {"welcome:1", "evt_1"}
        return (await outbox.deliver({"mail.welcome": lambda message: told.append(message.key)})).done

    assert anyio.run(put, "rollback") == 0
    assert anyio.run(put, "commit") == 1
    assert told == ["welcome:1"]
    assert visits(url) == ["host"]
    store.close()


async def twice(inbox: AsyncInbox, visit: Callable[[Any], Any], begin: Any) -> tuple[int, list[int]]:
    """Work off one message whose first attempt fails after its effect."""
    attempts: list[int] = []

    async def handle(host: Any, message: Message) -> None:
        await visit(host)
        attempts.append(message.attempt)
        if message.attempt == 1:
            raise OSError("not yet")

    done = (await inbox.work({"order.paid": handle}, begin=begin, patience=AT_ONCE)).done
    return done, attempts


@pytest.fixture
def shop(databases: Databases) -> str:
    url = databases.url()
    store, engine = Store.open(url), sa.create_engine(url)
    VISITS.metadata.create_all(engine)
    with store.begin() as connection:
        Inbox(store).accept(connection, PAID)
    store.close()
    engine.dispose()
    return url


def test_an_effect_in_a_session_of_the_host_is_there_once(databases: Databases, shop: str) -> None:
    driver = "sqlite+aiosqlite" if databases.engine == "sqlite" else "postgresql+asyncpg"
    store = Store.open(shop)

    async def main() -> tuple[int, list[int]]:
        engine = create_async_engine(spoken(shop, driver))
        try:
            begin = async_sessionmaker(engine).begin
            return await twice(AsyncInbox(store), _insert, begin)
        finally:
            await engine.dispose()

    assert anyio.run(main) == (1, [1, 2])
    assert visits(shop) == ["host"]
    store.close()


async def _insert(session: AsyncSession) -> None:
    await session.execute(sa.text(INSERT))


@only("postgresql")
def test_an_effect_by_asyncpg_is_there_once(databases: Databases, shop: str) -> None:
    store = Store.open(shop)

    async def main() -> tuple[int, list[int]]:
        async with asyncpg.create_pool(dsn(shop), min_size=1, max_size=2) as pool:

            @asynccontextmanager
            async def begin() -> AsyncIterator[Any]:
                async with pool.acquire() as raw, raw.transaction():
                    yield raw

            return await twice(AsyncInbox(store), lambda raw: raw.execute(INSERT), begin)

    assert anyio.run(main) == (1, [1, 2])
    assert visits(shop) == ["host"]
    store.close()
