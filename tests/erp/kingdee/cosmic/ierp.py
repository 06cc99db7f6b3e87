"""A 苍穹 for these tests: a served world, and the settings to enter it."""

# ruff: noqa: ANN401 - settings of any kind

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from erplink.erp.kingdee.cosmic import Cosmic
from erplink.model.documents import Order, OrderLine
from erplink.testing.worlds.cosmic import CosmicWorld, serve
from erplink.testing.worlds.shop import Shop
from tests.erp.kingdee.line import Line

SAMPLE = Shop(sample=True, session_seconds=7200.0, hang_limit=0.05)
WRONG = "wrong-secret-0123456789"
Ierp = Line[Cosmic]


@contextmanager
def opened(world: CosmicWorld = CosmicWorld(shop=SAMPLE)) -> Iterator[Ierp]:  # noqa: B008 - frozen value
    """A served world."""
    with serve(world) as running:
        known = running.credentials

        def settings(**changed: Any) -> Cosmic:
            given: dict[str, Any] = {
                "url": running.url,
                "client_id": known.client_id,
                "client_secret": known.client_secret,
                "username": known.username,
                "account_id": known.account_id,
                "tenant_id": known.tenant_id,
            }
            return Cosmic(**(given | changed))

        yield Line(running.site, running.door, settings)


def order(*lines: OrderLine, customer: str = "CUST0001", number: str = "", note: str = "") -> Order:
    """An order to be created."""
    return Order(
        id="",
        number=number,
        customer=customer,
        status="draft",
        currency="CNY",
        created_at=None,
        version="",
        note=note,
        lines=lines or (OrderLine(line=1, sku="M101", qty=Decimal(2), amount=Decimal("19.90")),),
    )
