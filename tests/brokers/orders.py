"""Order events as a shop publishes them, and what an inbox and the books hold of them afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from erplink import Link
from erplink.store.database import open_store
from erplink.store.sync_tables import inbox

POLICY = """
programme: 积分
id: plain
version: 1
zone: Asia/Shanghai
currency: CNY
assembly: {completed: approved, anonymous: [WALKIN]}
points:
  rules: [{id: base, kind: rate, per_yuan: "1"}]
"""


def event(number: int, *, version: int = 1, customers: int = 50) -> bytes:
    """The event of an order of 10 yuan, in CloudEvents."""
    order = {
        "id": str(number),
        "number": f"SO{number:06d}",
        "customer": f"C{number % customers:04d}",
        "status": "approved",
        "currency": "CNY",
        "created_at": "2026-06-18T00:00:00+08:00",
        "approved_at": "2026-06-18T00:05:00+08:00",
        "version": f"2026-06-18T00:05:{version:02d}",
        "lines": [{"line": 1, "sku": "茶-1", "qty": 2, "amount": "10.00"}],
    }
    told = {"specversion": "1.0", "id": f"{number}-{version}", "source": "/till", "type": "orders.changed"}
    return json.dumps({**told, "time": "2026-06-18T00:05:00Z", "data": order}).encode()


def events(numbers: range) -> list[bytes]:
    """The events of these orders."""
    return [event(number) for number in numbers]


def kept(url: str, space: str = "acme") -> list[tuple[str, str]]:
    """Key and subject of every message of the inbox, in its order."""
    store = open_store(url)
    try:
        with store.begin() as connection:
            query = sa.select(inbox.c.key, inbox.c.subject).where(inbox.c.space == space).order_by(inbox.c.seq)
            return [(row.key, row.subject) for row in connection.execute(query)]
    finally:
        store.close()


def keys_of(numbers: range) -> list[str]:
    """The keys under which the inbox keeps these events."""
    return [f"shop:/till:{number}-1" for number in numbers]


def assert_once(url: str, numbers: range) -> None:
    """Each of these events is in the inbox, once."""
    found = Counter(key for key, _ in kept(url))
    assert found == Counter(keys_of(numbers))


def book(url: str) -> Sequence[str]:
    """Work off the inbox and book; the ledger."""
    with Link.open(url, space="acme") as link:
        link.policies.publish(POLICY)
        link.book()
        return link.export()


def points_in(ledger: Sequence[str]) -> int:
    """All points of a ledger."""
    return sum(int(line.split("\t")[5]) for line in ledger)
