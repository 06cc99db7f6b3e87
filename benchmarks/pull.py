"""How fast orders come out of a Kingdee: erplink beside the vendor's own client, on the same server and the same rows.

The server is a process of its own with a fixed latency; both sides ask for at most 2,000 rows a call. The vendor's
client pages by StartRow, its text goes through ``json.loads`` with exact decimals and becomes the same ``Order``s.
erplink makes its pass over the ids and then the ranges, 8 in flight. Runs alternate; medians are compared, and the
orders of both sides must be equal. Run: ``python benchmarks/pull.py [--lines 100000] [--runs 5] [--parallel 8]``.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from k3cloud_webapi_sdk.main import K3CloudApiSdk

from erplink.erp.kingdee import Kingdee
from erplink.facade.connect import connect
from erplink.model.documents import Order, OrderLine

LIMIT = 2000
GOAL = 4.0
ZONE = ZoneInfo("Asia/Shanghai")
KEYS = (
    "FID,FBillNo,FModifyDate,FDocumentStatus,FCustId.FNumber,FCreateDate,FApproveDate,FNote,FCloseStatus,"
    "FCancelStatus,FSaleOrderEntry_FEntryID,FSaleOrderEntry_FSeq,FMaterialId.FNumber,FQty,FAllAmount,FTaxPrice,"
    "FRowType,FIsFree,FSettleCurrId.FNumber"
)
LIFE = {"Z": "draft", "A": "draft", "D": "draft", "B": "pending", "C": "approved"}


def write_orders(path: Path, lines: int) -> None:
    """A year of orders of 1 to 39 lines, the same on every run."""
    begun = datetime(2025, 11, 1, 9, tzinfo=UTC)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("order_no", "sku", "quantity", "order_date", "unit_price", "customer"))
        order = written = 0
        while written < lines:
            order += 1
            size = min(1 + order * 7919 % 39, lines - written)
            moment = (begun + timedelta(minutes=order * 97)).strftime("%Y-%m-%d %H:%M:%S")
            for line in range(size):
                price = f"{(order * 31 + line * 17) % 9000 / 100 + 1:.2f}"
                writer.writerow(
                    (f"SO{order:06d}", f"M{(order + line) % 3000:05d}", 1 + line % 12, moment, price, order % 900)
                )
            written += size


@contextmanager
def world(orders: Path, latency: float) -> Iterator[dict[str, Any]]:
    """A server process over the orders; yields what it says about itself."""
    command = [sys.executable, "-m", "erplink.testing.worlds.kingdee", "--orders", str(orders)]
    command += ["--latency", str(latency), "--limit", str(LIMIT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not (line := process.stdout.readline()):
                message = "the server did not start"
                raise SystemExit(message)
            yield json.loads(line)
        finally:
            process.terminate()


def vendor_orders(sdk: K3CloudApiSdk) -> list[Order]:
    """All orders by the vendor's client: pages one after the other, decoded by the standard library."""
    rows: list[list[Any]] = []
    while True:
        asked = {"FormId": "SAL_SaleOrder", "FieldKeys": KEYS, "FilterString": "", "StartRow": len(rows)}
        asked |= {"OrderString": "FID ASC,FSaleOrderEntry_FEntryID ASC", "TopRowCount": 0, "Limit": LIMIT}
        page = json.loads(sdk.ExecuteBillQuery(asked), parse_float=Decimal)
        rows += page
        if len(page) < LIMIT:
            return [typed(list(group)) for _, group in groupby(rows, itemgetter(0))]


def typed(rows: list[list[Any]]) -> Order:
    """One order from its rows."""
    head = rows[0]
    status = "cancelled" if head[9] == "B" else LIFE.get(head[3], "unknown")
    return Order(
        id=str(head[0]),
        number=head[1],
        customer=head[4],
        status="closed" if status == "approved" and head[8] == "B" else status,  # type: ignore[arg-type]
        currency="CNY" if head[18] == "PRE001" else head[18],
        created_at=instant(head[5]),
        version=head[2],
        lines=tuple(
            OrderLine(
                line=row[11],
                sku=row[12],
                qty=Decimal(row[13]),
                amount=Decimal(row[14]),
                unit_price=Decimal(row[15]),
                id=str(row[10]),
                kind="service" if row[16] == "Service" else "goods",
                free=row[17],
            )
            for row in rows
        ),
        approved_at=instant(head[6]) if head[6] else None,
        note=head[7],
        raw_status=head[3],
    )


def instant(text: str) -> datetime:
    """A wall-clock stamp of the server as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def timed(pull: Callable[[], list[Order]]) -> tuple[float, list[Order]]:
    """Seconds and orders of one run."""
    begun = time.perf_counter()
    orders = pull()
    return time.perf_counter() - begun, orders


def compare(known: dict[str, Any], runs: int, parallel: int) -> float:
    """Run both sides alternately, check that they agree, print the table; the ratio of the medians."""
    sdk = K3CloudApiSdk(known["url"], timeout=60)
    sdk.InitConfig(known["acct_id"], known["username"], known["app_id"], known["app_secret"], known["url"], 2052, 0)
    names = ("url", "acct_id", "username", "app_id", "app_secret")
    settings = Kingdee(**{name: known[name] for name in names}, page=LIMIT)
    vendor: list[float] = []
    ours: list[float] = []
    lines = 0
    with connect(settings, parallel=parallel) as erp:
        for run in range(runs):
            seconds, expected = timed(lambda: vendor_orders(sdk))
            vendor.append(seconds)
            seconds, found = timed(lambda: list(erp.orders.list()))
            ours.append(seconds)
            if found != expected:
                message = f"run {run}: the two sides got different orders ({len(expected)} and {len(found)})"
                raise SystemExit(message)
            lines = sum(len(order.lines) for order in found)
    ratio = statistics.median(vendor) / statistics.median(ours)
    print(f"{lines:,} order lines, {runs} alternating runs, medians")
    print(f"{'':24}{'seconds':>9}{'rows/s':>11}   all runs")
    for name, times in (("vendor's client", vendor), (f"erplink, {parallel} in flight", ours)):
        median = statistics.median(times)
        print(f"{name:24}{median:9.2f}{lines / median:11,.0f}   {' '.join(f'{one:.2f}' for one in times)}")
    print(f"ratio {ratio:.2f} (goal {GOAL})")
    return ratio


def main() -> int:
    """Generate, serve, compare. Exit code 1 below the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--latency", type=float, default=0.05)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        orders = Path(folder) / "orders.csv"
        write_orders(orders, given.lines)
        with world(orders, given.latency) as known:
            return 0 if compare(known, given.runs, given.parallel) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
