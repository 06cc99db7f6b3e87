"""Booking what came in on PostgreSQL beside SQLite: a first load, into empty tables.

Order events of 900 customers are taken in, and then worked off, decided and booked with ``link.book()``; only that is
timed. Each run has databases of its own, so the planner of PostgreSQL knows nothing of them. Medians of alternating
runs; each run proves that every order was booked once.

Run: ``python benchmarks/book.py [--events 10000] [--runs 3] [--postgres URL]``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from intake import event, scratch

from erplink import Link
from erplink.testing.broker import MemoryBroker

POLICY = """
programme: Points
id: plain
zone: Asia/Shanghai
currency: CNY
assembly: {completed: approved}
points:
  rules: [{id: base, kind: rate, per_yuan: "1"}]
"""


def book(url: str, events: int) -> float:
    """Take events in and book them; the seconds that booking took."""
    broker = MemoryBroker()
    for number in range(events):
        broker.publish(event(number))
    with Link.open(url, space="bench") as link:
        link.policies.publish(POLICY)
        link.intake("shop", broker, until_empty=True)
        begun = time.perf_counter()
        booked = link.book()
        seconds = time.perf_counter() - begun
    if booked.entries != events:
        raise SystemExit(f"{booked.entries} of {events} orders were booked")
    return seconds


def main() -> int:
    """Print the medians and their ratio; there is no target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--postgres", default=os.environ.get("ERPLINK_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")
    )
    options = parser.parse_args()
    took: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder, scratch(options.postgres) as server:
            took["SQLite"].append(book(f"sqlite:///{Path(folder) / 'books.db'}", options.events))
            took["PostgreSQL"].append(book(server, options.events))
    medians = {name: statistics.median(each) for name, each in took.items()}
    for name, each in took.items():
        print(f"{name:12} {medians[name]:6.2f} s  ({', '.join(f'{seconds:.2f}' for seconds in each)})")
    print(f"PostgreSQL / SQLite: {medians['PostgreSQL'] / medians['SQLite']:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
