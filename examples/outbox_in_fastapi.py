"""Use the outbox alone in FastAPI: a request writes its row and a mail in one transaction; a worker sends the mail.

Prints:
    201, sent: welcome ann
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from erplink import AsyncOutbox, Message, Store

users = sa.Table("users", sa.MetaData(), sa.Column("name", sa.String, primary_key=True))
engine, store = create_async_engine("sqlite+aiosqlite:///shop.db"), Store.open("sqlite:///shop.db")
outbox, sent = AsyncOutbox(store), asyncio.Queue[str]()


async def sign_up(name: str) -> None:
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(sa.insert(users).values(name=name))
        await outbox.put(session, Message("mail.welcome", key=f"welcome:{name}", payload=name))


async def work() -> None:
    while True:
        await outbox.deliver({"mail.welcome": lambda message: sent.put(f"welcome {message.payload}")})
        await anyio.sleep(0.5)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(users.metadata.create_all)
    async with anyio.create_task_group() as group:
        group.start_soon(work)
        yield
        group.cancel_scope.cancel()
    await engine.dispose()
    store.close()


app = FastAPI(lifespan=lifespan)
app.add_api_route("/users/{name}", sign_up, methods=["POST"], status_code=201)


async def main() -> None:
    async with lifespan(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        print(f"{(await client.post('/users/ann')).status_code}, sent: {await sent.get()}")


if __name__ == "__main__":
    asyncio.run(main())
