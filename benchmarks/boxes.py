"""Outbox and inbox beside the bare database doing the same inserts and claims, and beside procrastinate.

Each message is put in batches of 500 inside a transaction, handed out under a lease in batches of 500, handled by one
call of a function that does nothing, and acknowledged. The bare side does the same with the driver alone: a unique key,
``ON CONFLICT DO NOTHING``, ``UPDATE ... RETURNING`` of the next 500, and an acknowledging update. Everybody commits
durably (SQLite ``synchronous=FULL``, PostgreSQL ``synchronous_commit=on``). Runs alternate, medians are compared, and
each run proves that every message was handled once. procrastinate defers the same number of jobs in batches of 500 and
works them off with its own worker at ``concurrency=20``.

Run: ``python benchmarks/boxes.py [--messages 10000] [--runs 5] [--postgres URL]``.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa
from attrs import frozen

from erplink.facade.clock import utc_now
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import step
from erplink.store import inbox, outbox
from erplink.store.database import Store, open_store
from erplink.store.queue import Box, Claimed, Message
from erplink.sync.deliver import Lane, Patience, deliver
from erplink.sync.progress import silent
from erplink.sync.run import Run

BATCH = 500
PAYLOAD = '{"to":"C0001","template":"welcome"}'
BARE, PEER = 0.3, 20.0
"""Aims: part of the bare database's rate, and times procrastinate's. The second is a bar."""

Side = Callable[[int], int]
"""Puts and handles so many messages; how many were handled."""


def batches(messages: int) -> Iterator[range]:
    """The numbers of the messages, 500 at a time."""
    for start in range(0, messages, BATCH):
        yield range(start, min(start + BATCH, messages))


def erplink_side(store: Store, box: Box) -> Side:
    """Our box, worked off as a sync does it."""
    put = {"outbox": outbox.put, "inbox": inbox.accept}[box]
    rounds = iter(range(1_000_000))

    def side(messages: int) -> int:
        handled, round_ = 0, next(rounds)

        async def handle(claimed: Claimed) -> None:
            nonlocal handled
            del claimed
            handled += 1

        for numbers in batches(messages):
            part = [Message(f"{round_}:{n}", "mail", "mail.send", PAYLOAD, subject=f"C{round_}:{n}") for n in numbers]
            with store.begin() as connection:
                put(connection, "bench", part, utc_now())
        io = SyncIo()
        run = Run(store, "bench", utc_now, silent)
        step(deliver(io, run, Lane(box, "mail", (), handle, patience=Patience(batch=BATCH))))
        io.close()
        return handled

    return side


BARE_TABLE = "CREATE TABLE bare (seq {serial}, key TEXT UNIQUE, payload TEXT, state TEXT, lease TEXT)"
BARE_INDEX = "CREATE INDEX bare_open ON bare (seq) WHERE state = 'pending'"
PUT = "INSERT INTO bare (key, payload, state) VALUES ({0}, {0}, 'pending') ON CONFLICT DO NOTHING"
CLAIM = (
    "UPDATE bare SET lease = {0} WHERE seq IN (SELECT seq FROM bare WHERE state = 'pending' AND lease IS NULL"
    " ORDER BY seq LIMIT 500 {skip}) RETURNING seq, key, payload"
)
ACK = "UPDATE bare SET state = 'done' WHERE seq = {0} AND lease = {0}"


def bare_sqlite(path: Path) -> Side:
    """The driver alone, on SQLite."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(BARE_TABLE.format(serial="INTEGER PRIMARY KEY"))
        connection.execute(BARE_INDEX)
    rounds = iter(range(1_000_000))

    def side(messages: int) -> int:
        handled, round_ = 0, next(rounds)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            for numbers in batches(messages):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(PUT.format("?"), [(f"{round_}:{n}", PAYLOAD) for n in numbers])
                connection.execute("COMMIT")
            while True:
                connection.execute("BEGIN IMMEDIATE")
                lease = f"{round_}-{handled}"
                rows = connection.execute(CLAIM.format("?", skip=""), (lease,)).fetchall()
                connection.execute("COMMIT")
                if not rows:
                    return handled
                handled += sum(nothing(row) for row in rows)
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(ACK.format("?"), [(seq, lease) for seq, _, _ in rows])
                connection.execute("COMMIT")

    return side


def bare_postgres(url: str) -> Side:
    """The driver alone, on PostgreSQL."""
    with psycopg.connect(url) as connection:
        connection.execute(BARE_TABLE.format(serial="BIGSERIAL PRIMARY KEY").encode())
        connection.execute(BARE_INDEX.encode())
    rounds = iter(range(1_000_000))

    def side(messages: int) -> int:
        handled, round_ = 0, next(rounds)
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            for numbers in batches(messages):
                cursor.executemany(PUT.format("%s").encode(), [(f"{round_}:{n}", PAYLOAD) for n in numbers])
                connection.commit()
            while True:
                lease = f"{round_}-{handled}"
                claim = CLAIM.format("%s", skip="FOR UPDATE SKIP LOCKED").encode()
                rows = cursor.execute(claim, (lease,)).fetchall()
                connection.commit()
                if not rows:
                    return handled
                handled += sum(nothing(row) for row in rows)
                cursor.executemany(ACK.format("%s").encode(), [(seq, lease) for seq, _, _ in rows])
                connection.commit()

    return side


def nothing(row: object) -> int:
    """The handler of the bare side."""
    del row
    return 1


def procrastinate_side(url: str) -> Side:
    """The peer: jobs deferred in batches, worked off by its own worker."""
    import procrastinate
    from procrastinate.types import JSONValue

    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    handled = 0
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, max_size=8))

    @app.task(name="mail.send")
    async def send(to: str, template: str) -> None:
        nonlocal handled
        del to, template
        handled += 1

    async def work(messages: int) -> None:
        async with app.open_async():
            if not await app.check_connection_async():
                await app.schema_manager.apply_schema_async()
            for numbers in batches(messages):
                jobs: list[dict[str, JSONValue]] = [{"to": f"C{n}", "template": "welcome"} for n in numbers]
                await send.batch_defer_async(*jobs)
            await app.run_worker_async(wait=False, concurrency=20, install_signal_handlers=False)

    def side(messages: int) -> int:
        nonlocal handled
        handled = 0
        asyncio.run(work(messages))
        return handled

    return side


@frozen
class Measured:
    """Messages per second of every run of one side."""

    name: str
    rates: tuple[float, ...]

    @property
    def rate(self) -> float:
        """The median."""
        return statistics.median(self.rates)


def measure(sides: Sequence[tuple[str, Side, int]], runs: int) -> list[Measured]:
    """Every side in turn, ``runs`` times after one that is not counted."""
    rates: dict[str, list[float]] = {name: [] for name, _, _ in sides}
    for turn in range(runs + 1):
        for name, side, messages in sides:
            begun = time.perf_counter()
            handled = side(messages)
            seconds = time.perf_counter() - begun
            if handled != messages:
                raise SystemExit(f"{name} handled {handled} of {messages} messages")
            if turn:
                rates[name].append(messages / seconds)
    return [Measured(name, tuple(each)) for name, each in rates.items()]


@contextmanager
def scratch(server: str) -> Iterator[str]:
    """A database of its own on the server, dropped afterwards."""
    name = f"erplink_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def main() -> int:
    """Print rates and ratios; 1 if the outbox misses its bar beside procrastinate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--postgres", default=os.environ.get("ERPLINK_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")
    )
    options = parser.parse_args()
    many, few = options.messages, max(options.messages // 10, 500)
    with tempfile.TemporaryDirectory() as folder, scratch(options.postgres) as url:
        files = open_store(f"sqlite:///{folder}/ours.db")
        server = open_store(url.replace("postgresql://", "postgresql+psycopg://"))
        sides = [
            ("sqlite bare", bare_sqlite(Path(folder) / "bare.db"), many),
            ("sqlite outbox", erplink_side(files, "outbox"), many),
            ("sqlite inbox", erplink_side(files, "inbox"), many),
            ("postgresql bare", bare_postgres(url), many),
            ("postgresql outbox", erplink_side(server, "outbox"), many),
            ("postgresql inbox", erplink_side(server, "inbox"), many),
            ("procrastinate", procrastinate_side(url), few),
        ]
        found = {each.name: each for each in measure(sides, options.runs)}
        files.close()
        server.close()
    for each in found.values():
        print(f"{each.name:18} {each.rate:10,.0f} messages/s  ({min(each.rates):,.0f} to {max(each.rates):,.0f})")
    for engine in ("sqlite", "postgresql"):
        for box in ("outbox", "inbox"):
            ratio = found[f"{engine} {box}"].rate / found[f"{engine} bare"].rate
            print(f"{engine} {box} / bare: {ratio:.2f} (aim at least {BARE})")
    peer = found["postgresql outbox"].rate / found["procrastinate"].rate
    print(f"postgresql outbox / procrastinate: {peer:.1f} (at least {PEER:.0f})")
    return int(peer < PEER)


if __name__ == "__main__":
    sys.exit(main())
