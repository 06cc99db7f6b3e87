"""How fast orders come out of a SOAP service: a manifest beside the script that one would write with zeep.

The server is a process of its own; both sides ask for 100 orders a call, follow the same cursor and end with the same
typed orders. The script is the obvious one: ``client.service.QueryOrders`` in a loop, one ``Order`` after the other.
Runs alternate; medians are compared, and the orders of both sides must be equal. Then the same reply of 100 orders is
read again and again by both, without a server: zeep into its own objects, erplink into typed orders.
Run: ``python benchmarks/pull_soap.py [--lines 20000] [--runs 5] [--latency 0.0]``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import requests
from pull import timed, write_orders
from zeep import Client
from zeep.wsse.username import UsernameToken
from zeep.xsd import CompoundValue

from erplink.erp.soap import from_manifest
from erplink.facade.connect import connect
from erplink.manifest.head import Source, read_manifest
from erplink.manifest.settings import Described
from erplink.model.documents import Order, OrderLine
from erplink.testing.worlds.soap import house
from erplink.testing.worlds.soap.manifest import manifest_of
from erplink.wire.call import Reply

GOAL = 2.0
PARSING_GOAL = 8.0
PAGE = 100
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
from erplink.testing.worlds.soap import house, run
world = house("document")
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


def scripted(client: Client) -> list[Order]:
    """All orders by hand."""
    found: list[Order] = []
    after: str | None = ""
    while after is not None:
        page = client.service.QueryOrders(SortBy="Id", After=after, PageSize=str(PAGE))
        found += [typed(record) for record in page.Orders.Order]
        after = page.Next or None
    return found


def typed(record: CompoundValue) -> Order:
    """One order from zeep's object."""
    return Order(
        id=str(record.Id),
        number=record.Number,
        customer=record.CustomerCode,
        status=STATUSES.get(record.Status, "unknown"),  # type: ignore[arg-type]
        currency=record.Currency,
        created_at=instant(record.CreatedAt),
        version=record.UpdatedAt.isoformat(),
        lines=tuple(
            OrderLine(
                line=int(line.LineNo),
                sku=line.Sku,
                qty=Decimal(line.Quantity),
                amount=Decimal(line.Amount),
                unit_price=Decimal(line.UnitPrice),
                id=str(line.Id),
                kind="service" if line.IsService else "goods",
                free=line.IsGift,
            )
            for line in record.Lines.Line
        ),
        approved_at=instant(record.ApprovedAt),
        note=record.Remark or "",
        raw_status=record.Status,
        custom={"points": Decimal(record.Points)},
    )


def instant(stamp: datetime | None) -> datetime | None:
    """A stamp with its offset as an instant."""
    return None if stamp is None else stamp.astimezone(UTC)


def settings_of(known: dict[str, Any]) -> Described:
    """The service by its manifest."""
    text = read_manifest(manifest_of(house("document"), page=PAGE), "erp.toml")
    return from_manifest(Source(text, Path.cwd(), {"password": known["password"]}, {"base": known["url"]}))


def compare(settings: Described, client: Client, runs: int) -> float:
    """Run both sides alternately, check that they agree, print the table; the ratio of the medians."""
    by_hand: list[float] = []
    ours: list[float] = []
    lines = 0
    with connect(settings) as erp:
        for run in range(runs):
            seconds, expected = timed(lambda: scripted(client))
            by_hand.append(seconds)
            seconds, found = timed(lambda: list(erp.orders.list()))
            ours.append(seconds)
            if [plain(one) for one in found] != [plain(one) for one in expected]:
                message = f"run {run}: the two sides got different orders ({len(expected)} and {len(found)})"
                raise SystemExit(message)
            lines = sum(len(order.lines) for order in found)
    ratio = statistics.median(by_hand) / statistics.median(ours)
    print(f"{lines:,} order lines, {runs} alternating runs, medians")
    print(f"{'':24}{'seconds':>9}{'rows/s':>11}   all runs")
    for name, times in (("a script with zeep", by_hand), ("erplink, by a manifest", ours)):
        median = statistics.median(times)
        print(f"{name:24}{median:9.2f}{lines / median:11,.0f}   {' '.join(f'{one:.2f}' for one in times)}")
    print(f"ratio {ratio:.2f} (goal {GOAL})")
    return ratio


def plain(order: Order) -> Order:
    """The order without the text of its stamp, which zeep does not keep."""
    return msgspec.structs.replace(order, version="")


def parse(settings: Described, client: Client, runs: int) -> float:
    """Read one reply of 100 orders by both, in turn; the ratio of the medians."""
    with connect(settings) as erp:
        asked = {"SortBy": "Id", "After": "", "PageSize": PAGE}
        reply = erp.raw.call("QueryOrders", asked)
    response = requests.Response()
    response.status_code = reply.status
    response._content = reply.body  # noqa: SLF001 - a reply that came already
    response.headers["Content-Type"] = reply.headers["content-type"]
    operation = client.service._binding.get("QueryOrders")  # noqa: SLF001 - zeep has no public door to its parser

    def by_zeep() -> int:
        return len(client.service._binding.process_reply(client, operation, response).Orders.Order)  # noqa: SLF001

    def by_us() -> int:
        return len(orders_of(settings, reply))

    seconds: dict[str, list[float]] = {"zeep, its own objects": [], "erplink, typed orders": []}
    for _ in range(runs * 4):
        for name, read in zip(seconds, (by_zeep, by_us), strict=True):
            seconds[name].append(taken(read))
    zeep, ours = (statistics.median(each) for each in seconds.values())
    print(f"\na reply of {PAGE} orders ({len(reply.body) / 1000:.0f} kB), medians of {runs * 4} in turn")
    for name, each in seconds.items():
        print(f"{name:24}{statistics.median(each) * 1000:9.2f} ms")
    print(f"ratio {zeep / ours:.1f} (goal {PARSING_GOAL})")
    return zeep / ours


def orders_of(settings: Described, reply: Reply) -> list[Order]:
    """The typed orders of a reply, as the adapter makes them."""
    plan = settings.plans["orders"]
    if plan.listing is None:
        message = "the manifest lists no orders"
        raise SystemExit(message)
    records = plan.listing.records(settings.dialect.tongue.tree(reply))
    return [one for one in plan.reader.read(records).documents if isinstance(one, Order)]


def taken(read: Callable[[], int]) -> float:
    """Seconds of one reading of 100 orders."""
    begun = time.perf_counter()
    if read() != PAGE:
        message = f"the reply does not hold {PAGE} orders"
        raise SystemExit(message)
    return time.perf_counter() - begun


def main() -> int:
    """Generate, serve, compare. Exit code 1 below a goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        orders = Path(name) / "orders.csv"
        write_orders(orders, given.lines)
        with world(orders, given.latency) as known:
            settings = settings_of(known)
            proof = UsernameToken(known["username"], known["password"])  # type: ignore[no-untyped-call]
            client = Client(known["wsdl"], wsse=proof)  # type: ignore[no-untyped-call]
            pulled = compare(settings, client, given.runs)
            parsed = parse(settings, client, given.runs)
    return 0 if pulled >= GOAL and parsed >= PARSING_GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
