"""How fast orders come out of a self-built ERP: a manifest beside the script that one would write with httpx.

The server is a process of its own; both sides ask for 200 orders a page, follow the same cursor and end with the same
typed orders. The script is the obvious one: a client kept open, ``json.loads`` with exact decimals, one ``Order`` after
the other. It logs in once, and does not survive anything. Runs alternate; medians are compared, and the orders of both
sides must be equal. Run: ``python benchmarks/pull_rest.py [--lines 100000] [--runs 5] [--latency 0.0]``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from pull import timed, write_orders

from erplink.facade.connect import connect
from erplink.facade.manifest import load_manifest
from erplink.model.documents import Order, OrderLine
from erplink.testing.worlds.rest import house
from erplink.testing.worlds.rest.manifest import manifest_of

GOAL = 0.8
PAGE = 200
STATUSES = {
    "草稿": "draft",
    "待审核": "pending",
    "已审核": "approved",
    "已完成": "closed",
    "已作废": "cancelled",
}
SERVER = """
import sys
from pathlib import Path
from attrs import evolve
from erplink.testing.worlds.rest import house, run
world = house("modern")
world = evolve(world, shop=evolve(world.shop, orders=Path(sys.argv[1]), latency=float(sys.argv[2])))
sys.exit(run(world))
"""


@contextmanager
def world(orders: Path, latency: float) -> Iterator[dict[str, Any]]:
    """A server process over the orders; yields what it says about itself."""
    command = [sys.executable, "-c", SERVER, str(orders), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not (line := process.stdout.readline()):
                message = "the server did not start"
                raise SystemExit(message)
            yield json.loads(line)
        finally:
            process.terminate()


def scripted(client: httpx.Client, known: dict[str, Any]) -> list[Order]:
    """All orders by hand."""
    grant = {"grant_type": "client_credentials"}
    grant |= {name: known[name] for name in ("client_id", "client_secret")}
    token = client.post(f"{known['url']}oauth/token", data=grant).raise_for_status().json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    found: list[Order] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {"size": str(PAGE), "sort": "updated_at,id"} | ({"cursor": cursor} if cursor else {})
        reply = client.get(f"{known['url']}orders", params=asked, headers=headers).raise_for_status()
        page = json.loads(reply.content, parse_float=Decimal)
        found += [typed(record) for record in page["items"]]
        cursor = page["next_cursor"]
    return found


def typed(record: dict[str, Any]) -> Order:
    """One order from its record."""
    return Order(
        id=str(record["id"]),
        number=record["number"],
        customer=record["customer"]["code"],
        status=STATUSES.get(record["status"], "unknown"),  # type: ignore[arg-type]
        currency=record["currency"],
        created_at=instant(record["created_at"]),
        version=str(record["version"]),
        lines=tuple(
            OrderLine(
                line=line["line_no"],
                sku=line["sku"],
                qty=Decimal(line["quantity"]),
                amount=Decimal(line["amount"]),
                unit_price=Decimal(line["unit_price"]),
                id=str(line["id"]),
                kind="service" if line["is_service"] else "goods",
                free=line["is_gift"],
            )
            for line in record["lines"]
        ),
        approved_at=instant(record["approved_at"]),
        note=record["remark"],
        raw_status=record["status"],
        custom={"points": Decimal(record["points"])},
    )


def instant(text: str | None) -> datetime | None:
    """A stamp with its offset as an instant."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def compare(known: dict[str, Any], folder: Path, runs: int) -> float:
    """Run both sides alternately, check that they agree, print the table; the ratio of the medians."""
    manifest = folder / "erp.toml"
    manifest.write_text(manifest_of(house("modern"), page=PAGE), encoding="utf-8")
    secrets = {name: known[name] for name in ("client_id", "client_secret")}
    settings = load_manifest(manifest, secrets=secrets, variables={"base": known["url"]})
    by_hand: list[float] = []
    ours: list[float] = []
    lines = 0
    with connect(settings) as erp, httpx.Client(timeout=60) as client:
        for run in range(runs):
            seconds, expected = timed(lambda: scripted(client, known))
            by_hand.append(seconds)
            seconds, found = timed(lambda: list(erp.orders.list()))
            ours.append(seconds)
            if found != expected:
                message = f"run {run}: the two sides got different orders ({len(expected)} and {len(found)})"
                raise SystemExit(message)
            lines = sum(len(order.lines) for order in found)
    ratio = statistics.median(by_hand) / statistics.median(ours)
    print(f"{lines:,} order lines, {runs} alternating runs, medians")
    print(f"{'':24}{'seconds':>9}{'rows/s':>11}   all runs")
    for name, times in (("a script with httpx", by_hand), ("erplink, by a manifest", ours)):
        median = statistics.median(times)
        print(f"{name:24}{median:9.2f}{lines / median:11,.0f}   {' '.join(f'{one:.2f}' for one in times)}")
    print(f"ratio {ratio:.2f} (goal {GOAL})")
    return ratio


def main() -> int:
    """Generate, serve, compare. Exit code 1 below the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_orders(folder / "orders.csv", given.lines)
        with world(folder / "orders.csv", given.latency) as known:
            return 0 if compare(known, folder, given.runs) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
