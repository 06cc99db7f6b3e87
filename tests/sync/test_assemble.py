from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

import msgspec
import pytest

from erplink.model.documents import (
    Document,
    Order,
    OrderLine,
    Receipt,
    Return,
    ReturnLine,
    Shipment,
    ShipmentLine,
)
from erplink.policy.programme import Assembly, CompletedBy
from erplink.sync.assemble import assemble


def day(n: int) -> datetime:
    return datetime(2026, 3, n, 10, tzinfo=UTC)


ORDER = Order(
    id="1",
    number="SO1",
    customer="C1",
    status="approved",
    currency="CNY",
    created_at=day(1),
    approved_at=day(2),
    version="v",
    lines=(
        OrderLine(line=1, sku="A", qty=Decimal(2), amount=Decimal("20.005"), id="11"),
        OrderLine(line=2, sku="B", qty=Decimal(1), amount=Decimal("5.00"), id="12"),
        OrderLine(line=3, sku="POST", qty=Decimal(1), amount=Decimal("3.00"), id="13", kind="service"),
    ),
)


def shipped(number: str, on: int, *lines: tuple[str, str, int]) -> Shipment:
    return Shipment(
        id=number,
        number=number,
        customer="C1",
        status="approved",
        shipped_at=day(on),
        version="v",
        lines=tuple(
            ShipmentLine(line=n, sku=sku, qty=Decimal(qty), order="SO1", order_line=ref)
            for n, (sku, ref, qty) in enumerate(lines, start=1)
        ),
    )


PART = shipped("OUT1", 3, ("A", "11", 1), ("B", "", 1))
REST = shipped("OUT2", 5, ("A", "", 1))
PAID = Receipt(
    id="9", number="R1", customer="C1", status="approved", currency="CNY", amount=Decimal("28.005"), received_at=day(7),
    version="v", order="SO1",
)  # fmt: skip


def completed(completion: CompletedBy, *documents: Document) -> datetime | None:
    (sale,) = assemble((("erp", each) for each in documents), Assembly(completed=completion)).sales
    return sale.completed_at


@pytest.mark.parametrize(
    ("completion", "documents", "at"),
    [
        ("approved", (ORDER,), day(2)),
        ("closed", (ORDER, PART, REST), None),
        ("closed", (msgspec.structs.replace(ORDER, status="closed"), PART, REST), day(5)),
        ("shipped", (ORDER, PART), None),
        ("shipped", (ORDER, PART, REST), day(5)),
        ("shipped_and_paid", (ORDER, PART, REST), None),
        ("shipped_and_paid", (ORDER, PART, REST, PAID), day(7)),
    ],
)
def test_an_order_is_completed_by_the_declared_rule(
    completion: CompletedBy, documents: tuple[Document, ...], at: datetime | None
) -> None:
    assert completed(completion, *documents) == at


def test_facts_do_not_depend_on_the_order_of_arrival() -> None:
    pairs = [("erp", each) for each in (ORDER, PART, REST, PAID)]
    facts = {
        msgspec.json.encode(assemble(order, Assembly(completed="shipped_and_paid")).sales)
        for order in permutations(pairs)
    }
    assert len(facts) == 1


def test_a_fact_names_its_sources_and_carries_fen() -> None:
    (sale,) = assemble((("erp", each) for each in (ORDER, PART, REST, PAID)), Assembly()).sales
    assert [str(source) for source in sale.evidence] == ["erp:shipments:OUT1", "erp:shipments:OUT2", "erp:receipts:R1"]
    assert [line.net for line in sale.lines] == [2001, 500, 300]


@pytest.mark.parametrize("status", ["draft", "pending", "cancelled", "unknown"])
def test_what_is_not_in_force_is_no_fact_and_is_counted(status: str) -> None:
    order = msgspec.structs.replace(ORDER, status=status)
    back = Return(
        id="5",
        number="TH1",
        customer="C1",
        status="pending",
        currency="CNY",
        returned_at=None,
        version="v",
        lines=(ReturnLine(line=1, sku="A", qty=Decimal(1), amount=Decimal(10)),),
    )
    facts = assemble([("erp", order), ("erp", back), ("erp", shipped("OUT9", 3))], Assembly())
    assert (facts.sales, facts.returns) == ((), ())
    assert dict(facts.waiting) == {f"order_{status}": 1, "return_pending": 1}


def test_a_declared_service_is_no_goods_wherever_it_appears() -> None:
    back = Return(
        id="5",
        number="TH1",
        customer="C1",
        status="approved",
        currency="CNY",
        returned_at=day(9),
        version="v",
        lines=(ReturnLine(line=1, sku="gift_0001_20", qty=Decimal(1), amount=Decimal(10)),),
    )
    facts = assemble([("erp", ORDER), ("erp", back)], Assembly(services=("A", "gift_*")))
    assert [line.kind for line in facts.sales[0].lines] == ["service", "goods", "service"]
    assert [line.kind for line in facts.returns[0].lines] == ["service"]
