"""How fast orders come out of a database: erplink by a manifest beside the script that one would write by hand.

The script runs one joined SELECT through a DBAPI cursor and makes the same typed ``Order``s of its rows in a loop.
erplink reads pages, by key, each of one instant, that could be resumed. Runs alternate; medians are compared, and the
orders of both sides must be equal. Run: ``python benchmarks/pull_sql.py [--lines 100000] [--runs 5]``; PostgreSQL is
the server at ``--postgres``, and is left out with ``--postgres ''``.
"""

# ruff: noqa: ANN401 - whatever a driver gives

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from erplink.facade.connect import connect
from erplink.facade.manifest import load_manifest
from erplink.model.documents import Order, OrderLine

GOAL = 1.3
SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
ZONE = ZoneInfo("Asia/Shanghai")
LIFE = {"0": "draft", "1": "approved", "3": "closed"}
TABLES = """
create table orders (id integer primary key, no varchar(30) not null, customer varchar(20) not null,
  made_at timestamp not null, changed_at timestamp not null, state integer not null, note varchar(200));
create table order_lines (id integer primary key, order_id integer not null, line integer not null,
  sku varchar(30) not null, qty numeric(18,4) not null, amount numeric(18,2) not null, price numeric(18,6) not null,
  gift integer not null);
create index order_lines_order on order_lines (order_id, line);
create index orders_changed on orders (changed_at, id);
"""
SELECT = """
select o.id, o.no, o.customer, o.made_at, o.changed_at, o.state, o.note,
  l.line, l.sku, l.qty, l.amount, l.price, l.gift, l.id
from orders o left join order_lines l on l.order_id = o.id order by o.id, l.line
"""
MANIFEST = """
erplink = 1
kind = "sql"
name = "bench"
times = "local"

[database]
url = "{url}"
page = {page}

[entities.orders]
table = "orders"

[entities.orders.fields]
id = "id"
number = "no"
customer = "customer"
created_at = "made_at"
modified = "changed_at"
status = {{ path = "state", map = {{ "0" = "draft", "1" = "approved", "3" = "closed" }} }}
note = "note"

[entities.orders.lines]
table = "order_lines"
parent = "order_id"

[entities.orders.lines.fields]
line = "line"
sku = "sku"
qty = "qty"
amount = "amount"
unit_price = "price"
free = "gift"
id = "id"
"""


def rows(lines: int) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """A year of orders of 1 to 39 lines, the same on every run."""
    begun = datetime(2025, 11, 1, 9, tzinfo=UTC).replace(tzinfo=None)
    heads: list[tuple[Any, ...]] = []
    found: list[tuple[Any, ...]] = []
    while len(found) < lines:
        order = len(heads) + 1
        made = str(begun + timedelta(minutes=order * 97))
        changed = str(begun + timedelta(minutes=order * 97, seconds=order % 50))
        heads.append((order, f"SO{order:06d}", f"C{order % 900}", made, changed, (0, 1, 3)[order % 3], "礼品随货"))
        for line in range(1, min(1 + order * 7919 % 39, lines - len(found)) + 1):
            price = f"{(order * 31 + line * 17) % 9000 / 100 + 1:.2f}"
            amount = str(Decimal(price) * (1 + line % 12))
            sku = f"M{(order + line) % 3000:05d}"
            found.append((len(found) + 1, order, line, sku, 1 + line % 12, amount, price, int(line % 7 == 0)))
    return heads, found


def typed(group: list[tuple[Any, ...]]) -> Order:
    """One order from its rows, whatever the driver gives for a date."""
    head = group[0]
    return Order(
        id=str(head[0]),
        number=head[1],
        customer=head[2],
        status=LIFE.get(str(head[5]), "unknown"),  # type: ignore[arg-type]
        currency="CNY",
        created_at=instant(head[3]),
        version=head[4] if isinstance(head[4], str) else head[4].isoformat(),
        lines=tuple(
            OrderLine(
                line=row[7],
                sku=row[8],
                qty=number(row[9]),
                amount=number(row[10]),
                unit_price=number(row[11]),
                id=str(row[13]),
                free=bool(row[12]),
            )
            for row in group
            if row[7] is not None
        ),
        note=head[6],
        raw_status=str(head[5]),
    )


def instant(cell: Any) -> datetime:
    """A wall-clock stamp as an instant."""
    read = datetime.fromisoformat(cell) if isinstance(cell, str) else cell
    return read.replace(tzinfo=ZONE).astimezone(UTC)


def number(cell: Any) -> Decimal:
    """An exact figure."""
    return cell if isinstance(cell, Decimal) else Decimal(str(cell))


def by_hand(cursor: Any) -> list[Order]:
    """All orders by a cursor."""
    cursor.execute(SELECT)
    return [typed(list(group)) for _, group in groupby(cursor, itemgetter(0))]


@contextmanager
def sqlite(folder: Path, lines: int) -> Iterator[tuple[str, Callable[[], list[Order]]]]:
    """The tables in a file."""
    with closing(sqlite3.connect(folder / "erp.db")) as connection:
        connection.executescript(TABLES)
        heads, found = rows(lines)
        connection.executemany("insert into orders values (?,?,?,?,?,?,?)", heads)
        connection.executemany("insert into order_lines values (?,?,?,?,?,?,?,?)", found)
        connection.commit()
        yield "sqlite:///erp.db", lambda: by_hand(connection.cursor())


@contextmanager
def postgresql(server: str, lines: int) -> Iterator[tuple[str, Callable[[], list[Order]]]]:
    """The tables in a database of their own."""
    name = f"erplink_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute(f"create database {name}".encode())
        try:
            url = f"{server.rpartition('/')[0]}/{name}"
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(TABLES.encode())
                heads, found = rows(lines)
                with connection.cursor().copy("copy orders from stdin") as copy:
                    for row in heads:
                        copy.write_row(row)
                with connection.cursor().copy("copy order_lines from stdin") as copy:
                    for row in found:
                        copy.write_row(row)
                connection.execute("analyze")
                yield url.replace("postgresql:", "postgresql+psycopg:"), lambda: by_hand(connection.cursor())
        finally:
            owner.execute(f"drop database {name} with (force)".encode())


def timed(pull: Callable[[], list[Order]]) -> tuple[float, list[Order]]:
    """Seconds and orders of one run."""
    begun = time.perf_counter()
    orders = pull()
    return time.perf_counter() - begun, orders


def compare(name: str, folder: Path, url: str, hand: Callable[[], list[Order]], given: argparse.Namespace) -> float:
    """Run both sides alternately, check that they agree, print the table; the ratio of the medians."""
    manifest = folder / f"{name}.toml"
    manifest.write_text(MANIFEST.format(url=url, page=given.page), encoding="utf-8")
    scripts: list[float] = []
    ours: list[float] = []
    lines = 0
    with connect(load_manifest(manifest)) as erp:
        for run in range(given.runs):
            seconds, expected = timed(hand)
            scripts.append(seconds)
            seconds, found = timed(lambda: list(erp.orders.list()))
            ours.append(seconds)
            if found != expected:
                message = f"run {run}: the two sides got different orders ({len(expected)} and {len(found)})"
                raise SystemExit(message)
            lines = sum(len(order.lines) for order in found)
    ratio = statistics.median(ours) / statistics.median(scripts)
    print(f"{name}: {lines:,} order lines, {given.runs} alternating runs, medians")
    print(f"{'':24}{'seconds':>9}{'rows/s':>11}   all runs")
    for who, times in (("script by hand", scripts), ("erplink, by a manifest", ours)):
        median = statistics.median(times)
        print(f"{who:24}{median:9.2f}{lines / median:11,.0f}   {' '.join(f'{one:.2f}' for one in times)}")
    print(f"ratio {ratio:.2f} (goal: at most {GOAL})")
    return ratio


def main() -> int:
    """Generate, compare. Exit code 1 above the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--page", type=int, default=2000)
    parser.add_argument("--postgres", default=SERVER)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with sqlite(folder, given.lines) as (url, hand):
            ratios = [compare("sqlite", folder, url, hand, given)]
        if given.postgres:
            with postgresql(given.postgres, given.lines) as (url, hand):
                ratios.append(compare("postgresql", folder, url, hand, given))
    return int(max(ratios) > GOAL)


if __name__ == "__main__":
    sys.exit(main())
