"""Taking events in from a broker beside the broker's own client.

The same stream of order events (CloudEvents, three lines, about 700 bytes) is read to its end by each side in turn,
500 at a time, each time by a consumer of its own:

- by the native client, which fetches, acknowledges, and keeps nothing;
- by the native client and the bare driver: key and payload of a batch are inserted (unique key, ``ON CONFLICT DO
  NOTHING``), committed, and then acknowledged;
- by erplink into its inbox.

SQLite commits with ``synchronous=FULL``, PostgreSQL with ``synchronous_commit=on``. Medians of alternating runs are
compared, and each run proves that every event arrived once.

Run: ``python benchmarks/intake.py [--events 20000] [--runs 3] [--nats URL] [--redis URL] [--postgres URL]``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import nats
import psycopg
import redis
import redis.asyncio
import sqlalchemy as sa
from attrs import frozen
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from erplink import Link
from erplink.brokers import Broker, Nats, Redis
from erplink.store import inbox
from erplink.store.database import open_store

BATCH = 500
AIM = 0.5
"""Part of the native client's rate, on NATS; and of what the bare driver makes of it, everywhere."""

Save = Callable[[list[bytes]], None]
"""What is done with a batch before it is acknowledged."""

_turns = count(1)


def event(number: int) -> bytes:
    """An order of three lines, as a shop publishes it."""
    order = {
        "id": str(number),
        "number": f"SO{number:06d}",
        "customer": f"C{number % 900:04d}",
        "status": "approved",
        "currency": "CNY",
        "created_at": "2026-06-18T00:00:00+08:00",
        "approved_at": "2026-06-18T00:05:00+08:00",
        "version": "2026-06-18T00:05:00",
        "lines": [{"line": line, "sku": f"M{line:05d}", "qty": line, "amount": "19.90"} for line in (1, 2, 3)],
    }
    told = {"specversion": "1.0", "id": f"evt-{number}", "source": "/till", "type": "orders.changed"}
    return json.dumps({**told, "time": "2026-06-18T00:05:00Z", "data": order}).encode()


@frozen
class Feed:
    """A stream that is filled: how its native client reads it under a name, and what erplink is told of it."""

    name: str
    native: Callable[[str, int, Save], Awaitable[int]]
    settings: Callable[[str], Broker]


@contextmanager
def nats_feed(url: str, events: int) -> Iterator[Feed]:
    """A stream of NATS JetStream."""
    stream = f"erplink_bench_{os.getpid()}"

    async def with_stream(job: Callable[[JetStreamContext], Awaitable[object]]) -> None:
        client = await nats.connect(url)
        await job(client.jetstream())
        await client.close()

    async def fill(context: JetStreamContext) -> None:
        await context.add_stream(name=stream, subjects=[stream])
        for start in range(0, events, 1000):
            numbers = range(start, min(start + 1000, events))
            await asyncio.gather(*[context.publish(stream, event(number)) for number in numbers])

    async def native(name: str, wanted: int, save: Save) -> int:
        client, seen = await nats.connect(url), 0
        context = client.jetstream()
        config = ConsumerConfig(durable_name=name, ack_policy=AckPolicy.EXPLICIT, max_ack_pending=20_000)
        await context.add_consumer(stream, config)
        consumer = await context.pull_subscribe_bind(name, stream)
        while seen < wanted:
            messages = await consumer.fetch(BATCH, timeout=1)
            save([message.data for message in messages])
            for message in messages:
                await message.ack()
            seen += len(messages)
        await client.flush()
        await client.close()
        return seen

    asyncio.run(with_stream(fill))
    try:
        yield Feed("nats", native, lambda name: Nats(url, stream, name))
    finally:
        asyncio.run(with_stream(lambda context: context.delete_stream(stream)))


@contextmanager
def redis_feed(url: str, events: int) -> Iterator[Feed]:
    """A Redis stream."""
    stream = f"erplink_bench_{os.getpid()}"

    async def native(name: str, wanted: int, save: Save) -> int:
        client, seen = redis.asyncio.Redis.from_url(url, protocol=2), 0
        await client.xgroup_create(stream, name, id="0")
        while seen < wanted:
            found: Any = await client.xreadgroup(name, "bare", {stream: ">"}, count=BATCH, block=1000)
            save([entry[1][b"event"] for entry in found[0][1]])
            ids = [entry[0] for entry in found[0][1]]
            await client.xack(stream, name, *ids)
            seen += len(ids)
        await client.aclose()
        return seen

    with closing(redis.Redis.from_url(url)) as client:
        with client.pipeline(transaction=False) as pipe:
            for number in range(events):
                pipe.xadd(stream, {"event": event(number)})
            pipe.execute()
        try:
            yield Feed("redis", native, lambda name: Redis(url, stream, name))
        finally:
            client.delete(stream)


def nowhere(_bodies: list[bytes]) -> None:
    """What the native client alone does with a batch."""


BARE = "INSERT INTO bare (key, payload) VALUES ({0}, {0}) ON CONFLICT DO NOTHING"


@contextmanager
def bare(name: str, url: str) -> Iterator[Save]:
    """The bare driver: a table with a unique key, and a batch that is inserted and committed."""
    connection: Any
    if name == "SQLite":
        connection = sqlite3.connect(f"{url.removeprefix('sqlite:///')}.bare")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    else:
        connection = psycopg.connect(url.replace("+psycopg", ""))
    connection.execute("CREATE TABLE IF NOT EXISTS bare (key TEXT UNIQUE, payload TEXT)")
    connection.execute("DELETE FROM bare")
    connection.commit()
    insert = BARE.format("?" if name == "SQLite" else "%s")

    def save(bodies: list[bytes]) -> None:
        rows = [(json.loads(body)["id"], body.decode()) for body in bodies]
        connection.cursor().executemany(insert, rows)
        connection.commit()

    with closing(connection):
        yield save


def into_bare(name: str, url: str, feed: Feed, events: int) -> Callable[[], int]:
    """The native client with the bare driver."""

    def side() -> int:
        with bare(name, url) as save:
            return asyncio.run(_awaited(feed.native(f"bare{next(_turns)}", events, save)))

    return side


def intake(url: str, feed: Feed, events: int) -> Callable[[], int]:
    """Erplink's side, into a space of its own each time."""

    def side() -> int:
        name = f"turn{next(_turns)}"
        with Link.open(url, space=name) as link:
            taken = link.intake("shop", feed.settings(name), limit=events, batch=BATCH)
        return taken.new if taken.total == taken.new else -1

    return side


def waiting(url: str) -> int:
    """How many events lie in the inboxes of all spaces."""
    store = open_store(url)
    with store.begin() as connection:
        spaces = [f"turn{number}" for number in range(1, next(_turns))]
        found = sum(inbox.waiting(connection, space) for space in spaces)
    store.close()
    return found


def measure(feed: Feed, urls: dict[str, str], events: int, runs: int) -> dict[str, float]:
    """Events per second of each side: medians of alternating runs, after one that is not counted."""
    sides: dict[str, Callable[[], int]] = {
        "native": lambda: asyncio.run(_awaited(feed.native(f"bare{next(_turns)}", events, nowhere))),
    }
    for name, url in urls.items():
        sides[f"bare {name}"] = into_bare(name, url, feed, events)
        sides[f"erplink {name}"] = intake(url, feed, events)
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, side in sides.items():
            begun = time.perf_counter()
            arrived = side()
            seconds = time.perf_counter() - begun
            if arrived != events:
                raise SystemExit(f"{feed.name}, {name}: {arrived} of {events} events arrived")
            if turn:
                rates[name].append(events / seconds)
    return {name: statistics.median(each) for name, each in rates.items()}


async def _awaited(job: Awaitable[int]) -> int:
    return await job


@contextmanager
def scratch(server: str) -> Iterator[str]:
    """A database of its own on the server, dropped afterwards."""
    name = f"erplink_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        url = sa.make_url(server).set(drivername="postgresql+psycopg", database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def main() -> int:
    """Print rates and ratios; how many miss their aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--nats", default="nats://127.0.0.1:4222")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/0")
    parser.add_argument(
        "--postgres", default=os.environ.get("ERPLINK_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")
    )
    options = parser.parse_args()
    missed = 0
    for make, address in ((nats_feed, options.nats), (redis_feed, options.redis)):
        with (
            tempfile.TemporaryDirectory() as folder,
            scratch(options.postgres) as server,
            make(address, options.events) as feed,
        ):
            urls = {"SQLite": f"sqlite:///{Path(folder) / 'books.db'}", "PostgreSQL": server}
            found = measure(feed, urls, options.events, options.runs)
            kept = {name: waiting(url) for name, url in urls.items()}
            if set(kept.values()) != {options.events * (options.runs + 1)}:
                raise SystemExit(f"{feed.name}: the inboxes hold {kept}")
        missed += told(feed.name, found, list(urls))
    return missed


def told(broker: str, found: dict[str, float], databases: list[str]) -> int:
    """Print rates and ratios of one broker; how many of them miss the aim."""
    for name, rate in found.items():
        print(f"{broker:6} {name:20} {rate:9,.0f} events/s")
    missed = 0
    for database in databases:
        ours = found[f"erplink {database}"]
        native, floor = ours / found["native"], ours / found[f"bare {database}"]
        aim = f"aim {AIM}" if broker == "nats" else "no aim: nothing is kept there"
        print(
            f"{broker:6} {database}: {native:.2f} of native ({aim}), {floor:.2f} of native and bare insert (aim {AIM})"
        )
        missed += (broker == "nats" and native < AIM) + (floor < AIM)
    return missed


if __name__ == "__main__":
    sys.exit(main())
