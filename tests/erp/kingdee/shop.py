"""Helpers of these tests: a served shop, connections to it, and pauses that take no time."""

# ruff: noqa: ANN401 - settings and replies of any shape

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx

from erplink.erp.kingdee import Kingdee, KingdeeAdapter
from erplink.facade.connect import connect
from erplink.facade.erp import Erp
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import step
from erplink.model.documents import Order, OrderLine
from erplink.testing.clock import VirtualClock, VirtualIo
from erplink.testing.worlds.kingdee import KingdeeWorld, Running, serve

CUSTOM = {"customers": {"unionid": "F_ERPL_UnionId", "points": "F_ERPL_Points"}}
SHOP = KingdeeWorld(sample=True, hang_limit=0.05)


class Shop:
    """A running world and ways to talk to it."""

    def __init__(self, running: Running) -> None:
        self.running = running
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

    @property
    def password(self) -> str:
        return self.running.credentials.password

    @contextmanager
    def swift(self, **changed: Any) -> Iterator[tuple[KingdeeAdapter, VirtualIo]]:
        """An adapter over real HTTP whose pauses take no time."""
        real = SyncIo(timeout=10)
        io = VirtualIo(lambda call: step(real.send(call)), clock=VirtualClock(real.now()))
        try:
            yield self.settings(**changed).open(io, parallel=1), io
        finally:
            real.close()

    def connect(self, parallel: int = 1, **changed: Any) -> Erp:
        return connect(self.settings(**changed), parallel=parallel)

    def arm(self, *faults: dict[str, Any]) -> None:
        httpx.post(f"{self.root}_world/faults", json=list(faults)).raise_for_status()

    def stats(self) -> Any:
        return httpx.get(f"{self.root}_world/stats").raise_for_status().json()

    def export(self) -> Any:
        return httpx.get(f"{self.root}_world/export").raise_for_status().json()


@contextmanager
def opened(world: KingdeeWorld = SHOP) -> Iterator[Shop]:
    """A served world."""
    with serve(world) as running:
        yield Shop(running)


def gift(sku: str = "GIFT-001", *, customer: str = "CUST0001", number: str = "", qty: str = "1") -> Order:
    """A 0-yuan order of one line."""
    line = OrderLine(line=1, sku=sku, qty=Decimal(qty), amount=Decimal(0), free=True)
    return order(line, customer=customer, number=number)


def order(*lines: OrderLine, customer: str = "CUST0001", number: str = "") -> Order:
    """An order to be created."""
    return Order(
        id="",
        number=number,
        customer=customer,
        status="draft",
        currency="CNY",
        created_at=None,
        version="",
        lines=lines,
    )
