"""Use the inbox alone in FastAPI: a web hook keeps what it is told and answers at once; the effect is there once.

Prints:
    the hook answers 202, 202
    worked off: 1
    paid: ['SO1']
"""

from __future__ import annotations

import asyncio

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from erplink import AsyncInbox, Message, Store

paid = sa.Table("paid", sa.MetaData(), sa.Column("order", sa.String, primary_key=True))
engine, store = create_async_engine("sqlite+aiosqlite:///shop.db"), Store.open("sqlite:///shop.db")
begin, inbox = async_sessionmaker(engine).begin, AsyncInbox(store)
app = FastAPI()


@app.post("/hooks/{event}", status_code=202)
async def hook(event: str, order: str) -> None:
    async with begin() as session:
        await inbox.accept(session, Message("order.paid", key=event, payload={"order": order}))


async def pay(session: AsyncSession, message: Message) -> None:
    await session.execute(sa.insert(paid).values(order=message.payload["order"]))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(paid.metadata.create_all)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        replies = [await client.post("/hooks/evt_1?order=SO1") for _ in range(2)]
    print("the hook answers", ", ".join(str(reply.status_code) for reply in replies))
    done = (await inbox.work({"order.paid": pay}, begin=begin)).done  # in the lifespan, or in a process of its own
    print("worked off:", done)
    async with begin() as session:
        print("paid:", [*await session.scalars(sa.select(paid.c.order))])
    await engine.dispose()
    store.close()


if __name__ == "__main__":
    asyncio.run(main())
