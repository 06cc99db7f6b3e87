"""Every kind of document that erplink knows can be described by a manifest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from erplink.model.documents import PriceLine, PriceList, Receivable, Refund
from tests.manifest.test_hostile import opened
from tests.wire.server import Request, Say, serving

MANIFEST = """
erplink = 1
kind = "rest"
name = "shop"
zone = "Asia/Shanghai"
times = "%Y-%m-%d"
currency = "CNY"

[vars]
base = "http://127.0.0.1:1"

[server]
url = "{base}/api/"

[entities.prices]
fields = { number = "code", name = "name", status = { value = "approved" }, effective_at = "from" }
lines.path = "rows"
lines.fields = { sku = "sku", price = "price", from_qty = { path = "least", optional = true } }
list = { path = "prices" }

[entities.refunds]
fields = { number = "code", customer = "who", status = { value = "approved" }, amount = "paid", paid_at = "on" }
list = { path = "refunds" }

[entities.receivables]
fields = { number = "code", customer = "who", status = { value = "approved" }, amount = "due", due_at = "until" }
list = { path = "receivables" }
"""
RECORDS = {
    "prices": {
        "code": "P1",
        "name": "经销商价",
        "from": "2026-01-01",
        "rows": [{"sku": "A", "price": 9.5}, {"sku": "A", "price": 9, "least": 10}],
    },
    "refunds": {"code": "R1", "who": "C1", "paid": 12.3, "on": "2026-02-01"},
    "receivables": {"code": "B1", "who": "C1", "due": -5, "until": "2026-03-01"},
}


def answer(request: Request) -> Say:
    name = request.path.rpartition("/")[2]
    return Say(json.dumps([RECORDS[name]]).encode(), headers={"Content-Type": "application/json"})


def midnight(month: int) -> datetime:
    """The first of a month in Shanghai."""
    return datetime(2026, month, 1, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def test_price_lists_refunds_and_receivables_are_read_like_the_others(tmp_path: Path) -> None:
    with serving(answer) as served, opened(tmp_path, MANIFEST, served.url) as erp:
        prices, refunds, receivables = [*erp.prices.list()], [*erp.refunds.list()], [*erp.receivables.list()]
    assert prices == [
        PriceList(
            id="P1",
            number="P1",
            name="经销商价",
            status="approved",
            currency="CNY",
            version="",
            effective_at=midnight(1),
            lines=(
                PriceLine(line=1, sku="A", price=Decimal("9.5")),
                PriceLine(line=2, sku="A", price=Decimal(9), from_qty=Decimal(10)),
            ),
        )
    ]
    assert [(one.amount, one.paid_at) for one in refunds] == [(Decimal("12.3"), midnight(2))]
    assert isinstance(refunds[0], Refund)
    assert [(one.amount, one.due_at) for one in receivables] == [(Decimal(-5), midnight(3))]
    assert isinstance(receivables[0], Receivable)
