"""A small company for these tests: an ERP with just the orders a test names, a database, and a link between them."""

# ruff: noqa: ANN401 - documents and settings of any shape

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from erplink import Link, connect
from erplink.erp.kingdee import Kingdee
from erplink.facade.clock import utc_now
from erplink.facade.erp import Erp
from erplink.testing.worlds.kingdee import KingdeeWorld, Running, serve
from tests.databases import Databases

CUSTOM = {"customers": {"unionid": "F_ERPL_UnionId", "points": "F_ERPL_Points", "tier": "F_ERPL_Tier"}}
WRITES = frozenset({"orders.create", "customers.update"})
COLUMNS = ("invoice_no", "customer_id", "invoice_date", "stock_code", "quantity", "unit_price")

Row = tuple[str, str, str, str, int, str]

PLAIN = """
programme: 积分
id: plain
version: 1
zone: Asia/Shanghai
currency: CNY
assembly: {completed: shipped, anonymous: [WALKIN]}
points:
  clock: completed_at
  rules: [{id: base, kind: rate, per_yuan: "1"}]
"""


class Clock:
    """The ERP's clock: the machine's, moved forward by a test instead of waiting. ``watch`` is called on every look."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.watch: Callable[[], object] = lambda: None

    def __call__(self) -> datetime:
        self.watch()
        return utc_now() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class Company:
    """A running ERP and the ways to it."""

    def __init__(self, running: Running, place: Path | Databases, clock: Clock) -> None:
        self.running = running
        self.clock = clock
        self.place = place
        self.folder = place if isinstance(place, Path) else place.folder
        self.root = running.url.removesuffix("k3cloud/")

    def settings(self, **changed: Any) -> Kingdee:
        known = self.running.credentials
        given: dict[str, Any] = {
            "url": self.running.url,
            "acct_id": known.acct_id,
            "username": known.username,
            "app_id": known.app_id,
            "app_secret": known.app_secret,
            "custom": CUSTOM,
        }
        return Kingdee(**(given | changed))

    def connect(self, parallel: int = 1) -> Erp:
        return connect(self.settings(), parallel=parallel)

    def database(self, name: str = "books") -> str:
        """The address of a database that belongs to the test; the same name is the same database."""
        return f"sqlite:///{self.place / name}.db" if isinstance(self.place, Path) else self.place.url(name)

    @contextmanager
    def link(
        self,
        policy: str = PLAIN,
        *,
        writes: frozenset[str] = WRITES,
        database: str = "books",
        clock: Callable[[], datetime] | None = None,
    ) -> Iterator[Link]:
        url = self.database(database)
        opened = Link.open(url, space="acme", clock=clock) if clock else Link.open(url, space="acme")
        with self.connect(parallel=2) as erp, opened as link:
            link.policies.publish(policy)
            link.attach("kingdee", erp, writes=writes, parallel=2)
            yield link

    def stats(self) -> Any:
        return httpx.get(f"{self.root}_world/stats").raise_for_status().json()

    def written(self) -> Any:
        return httpx.get(f"{self.root}_world/export").raise_for_status().json()

    def arm(self, *faults: dict[str, Any]) -> None:
        httpx.post(f"{self.root}_world/faults", json=list(faults)).raise_for_status()


@contextmanager
def company(place: Path | Databases, *rows: Row, **world: Any) -> Iterator[Company]:
    """An ERP that knows these order rows (a C… number with a negative quantity is a return).

    Its links keep their books in SQLite files of a folder, or in databases of the kind that is given.
    """
    orders = (place if isinstance(place, Path) else place.folder) / "orders.csv"
    with orders.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(rows)
    clock = Clock()
    with serve(KingdeeWorld(orders=orders, hang_limit=0.05, clock=clock, **world)) as running:
        yield Company(running, place, clock)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
