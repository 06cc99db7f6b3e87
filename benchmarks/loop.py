"""What the whole loop costs: seconds per stage and the client's peak memory at a quarter, a half and all of a file.

The file is cut by invoices, in the order of the file. Each part has a server of its own and an empty database; the
client is a process of its own, and only its memory counts. Memory must not grow with the number of orders: the whole
file may take at most ``GROWTH`` times what a quarter of it takes. Run: ``python benchmarks/loop.py [--orders FILE]
[--parallel 4] [--profile 25]``; without a file it takes the reference year, or makes up a year when that is not here.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

PARTS = (("1/4", 0.25), ("1/2", 0.5), ("all", 1.0))
GROWTH = 1.15
CLIENT = Path(__file__).resolve().with_name("_loop_client.py")


def made_up(lines: int) -> pa.Table:
    """A year of orders of 1 to 39 lines, a return after every sixth order; the same on every run."""
    begun = datetime.fromisoformat("2025-01-01T09:00")
    columns: dict[str, list[Any]] = {
        name: [] for name in ("invoice_no", "stock_code", "quantity", "invoice_date", "unit_price", "customer_id")
    }
    order = 0
    while len(columns["stock_code"]) < lines:
        order += 1
        size = 1 if order % 7 == 0 else 1 + order * 7919 % 39
        for line in range(size):
            price = Decimal((order * 31 + line * 17) % 9000 + 100) / 100
            row = (
                f"C{order}" if order % 7 == 0 else str(order),
                f"M{(order + line) % 3000:05d}",
                -1 if order % 7 == 0 else 1 + line % 12,
                begun + timedelta(minutes=order * 20),
                price,
                order % 900,
            )
            for name, value in zip(columns, row, strict=True):
                columns[name].append(value)
    return pa.table(columns)


def cut(table: pa.Table, share: float) -> pa.Table:
    """The first invoices of a table, whole ones, that hold about this share of its rows."""
    numbers = table.column("invoice_no")
    end = round(table.num_rows * share)
    while 0 < end < table.num_rows and numbers[end].as_py() == numbers[end - 1].as_py():
        end += 1
    return table.slice(0, end)


@contextmanager
def server(orders: Path) -> Iterator[str]:
    """A server process over the orders; yields its first line."""
    command = [sys.executable, "-m", "erplink.testing.worlds.kingdee", "--orders", str(orders)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not (line := process.stdout.readline()):
                message = "the server did not start"
                raise SystemExit(message)
            yield line
        finally:
            process.terminate()


def measure(table: pa.Table, parallel: int, profile: int) -> dict[str, Any]:
    """One part of the file: its figures."""
    with tempfile.TemporaryDirectory() as room:
        orders = Path(room) / "orders.parquet"
        pq.write_table(table, orders)
        with server(orders) as line:
            command = [sys.executable, str(CLIENT), room, str(parallel), str(profile)]
            done = subprocess.run(command, input=line, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main() -> int:
    """Measure every part, print the table; 1 when memory grows with the number of orders."""
    reference = (
        Path(os.environ.get("ERPLINK_SHARED") or CLIENT.parents[2] / "shared") / "data" / "online_retail.parquet"
    )
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=Path, default=reference if reference.is_file() else None)
    parser.add_argument("--parallel", type=int, default=4)
    parser.add_argument("--profile", type=int, default=0, metavar="N", help="print the N dearest functions")
    given = parser.parse_args()
    table = pq.read_table(given.orders) if given.orders else made_up(200_000)
    print(f"{given.orders.name if given.orders else 'a made-up year'}, {given.parallel} calls in flight")
    heads = ("lines", "documents", "entries", "writes", "pull s", "decide s", "push s", "all s", "peak MiB")
    print(f"{'part':<5}", *(f"{head:>9}" for head in heads))
    peaks = []
    for name, share in PARTS:
        part = cut(table, share)
        found = measure(part, given.parallel, given.profile)
        counts = (part.num_rows, found["documents"], found["entries"], found["writes"])
        print(f"{name:<5}", *(f"{count:>9,}" for count in counts), end=" ")
        print(*(f"{seconds:>9.1f}" for seconds in found["seconds"]), f"{found['peak']:>9,}", flush=True)
        peaks.append(found["peak"])
    growth = peaks[-1] / peaks[0]
    print(f"all of it takes {growth:.2f} times the memory of a quarter (at most {GROWTH})")
    return int(growth > GROWTH)


if __name__ == "__main__":
    sys.exit(main())
