"""Reading from a 苍穹: forms as they are, windows that the platform cuts, keys that its APIs do not give."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from erplink.erp.kingdee.cosmic import Form
from erplink.errors import ConfigInvalid, NotFound, ShapeChanged
from erplink.facade.step import step
from erplink.testing.worlds.cosmic import CosmicWorld
from erplink.wire.adapter import Window
from tests.erp.kingdee.cosmic.ierp import SAMPLE, opened

if TYPE_CHECKING:
    from tests.erp.kingdee.cosmic.ierp import Ierp

WHEN = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)


def test_an_order_is_read_with_its_lines(ierp: Ierp) -> None:
    head = {"number": "甲-1", "customer_code": "客户-1", "remark": "\U00020bb7野家", "approved_at": WHEN.isoformat()}
    line = {"sku": "M-1", "quantity": "2", "unit_price": "0.1234567891", "amount": "9007199254740993"}
    ierp.plant({"entity": "orders", "head": head, "lines": [line, {"sku": "M-2", "quantity": "1", "is_gift": True}]})
    with ierp.connect() as erp:
        order = erp.orders.get("甲-1")
    assert (order.customer, order.note, order.status, order.approved_at) == (
        "客户-1",
        "\U00020bb7野家",
        "approved",
        WHEN,
    )
    first, gift = order.lines
    assert (first.qty, first.unit_price, first.amount) == (
        Decimal(2),
        Decimal("0.1234567891"),
        Decimal(9007199254740993),
    )
    assert (gift.sku, gift.free, gift.line) == ("M-2", True, 2)


def test_a_window_is_cut_by_the_platform_in_its_own_time(ierp: Ierp) -> None:
    for place in range(5):
        at = (WHEN + place * timedelta(minutes=1)).isoformat()
        ierp.plant({"entity": "orders", "head": {"number": f"N{place}", "updated_at": at}})
    with ierp.swift() as (adapter, io):
        window = Window(WHEN + timedelta(minutes=1), WHEN + timedelta(minutes=3))

        async def read() -> list[str]:
            return [order.number async for page in adapter.pages("orders", window) for order in page.items]

        assert step(read()) == ["N1", "N2"]
    asked = json.loads(io.calls[-1].body)
    assert asked["data"] == {"start_modifytime": "2026-03-01 10:31:00", "end_modifytime": "2026-03-01 10:33:00"}


def test_what_cannot_be_asked_for_by_time_is_cut_here(ierp: Ierp) -> None:
    at = (WHEN + timedelta(minutes=1)).isoformat()
    ierp.plant({"entity": "customers", "head": {"number": "NEW", "name": "新客户", "updated_at": at}})
    with ierp.connect(page=20) as erp:
        assert [one.number for one in erp.customers.changes(WHEN, WHEN + timedelta(minutes=2))] == ["NEW"]


def test_forms_and_their_apis_are_as_the_administrator_named_them(ierp: Ierp) -> None:
    elsewhere = {"orders": "kdtest/sm/kdtest_salorder"}
    with ierp.swift(forms=elsewhere) as (adapter, io), pytest.raises(ConfigInvalid, match="Cannot found OpenAPI"):
        step(adapter.get("orders", "XSDD000001"))
    assert io.calls[-1].url.endswith("/kapi/v2/kdtest/sm/kdtest_salorder/query")
    with ierp.connect(forms={"customers": Form("basedata/bd_customer", query="query", number="number")}) as erp:
        assert erp.customers.get("CUST0001").number == "CUST0001"


def test_returns_are_read_where_a_form_is_named_and_red_ones_are_not_taken_for_black(ierp: Ierp) -> None:
    line = {"sku": "M-1", "quantity": "2", "amount": "19.90", "order_no": "XSDD000001", "order_line_id": 50001}
    red = {**line, "quantity": "-2", "amount": "-19.90"}
    for number, told in (("R-1", line), ("R-2", red)):
        ierp.plant({"entity": "returns", "head": {"number": number, "customer_code": "CUST0001"}, "lines": [told]})
    with ierp.connect(forms={"returns": "kdec/im/kdec_salreturn"}) as erp:
        (row,) = erp.returns.get("R-1").lines
        assert (row.qty, row.amount, row.order, row.order_line) == (Decimal(2), Decimal("19.90"), "XSDD000001", "50001")
        with pytest.raises(ShapeChanged, match="red bills"):
            erp.returns.get("R-2")


def test_orders_may_be_kept_to_one_organisation(ierp: Ierp) -> None:
    with ierp.connect(org="BU-001") as erp:
        assert erp.orders.get("XSDD000001").number == "XSDD000001"
    with ierp.connect(org="BU-{002}") as erp:
        assert list(erp.orders.list()) == []
        with pytest.raises(NotFound):
            erp.orders.get("XSDD000001")


def test_a_key_that_the_api_does_not_give_is_named(quiet: Ierp) -> None:
    custom = {"orders": {"customer": "customer_simplename"}}
    named = r"sm/sm_salorder\.customer_simplename"
    with quiet.connect(custom=custom) as erp, pytest.raises(ShapeChanged, match=named):
        erp.orders.get("XSDD000001")


def test_an_unread_row_that_moves_to_the_front_is_not_lost() -> None:
    with opened(CosmicWorld(shop=SAMPLE, order="newest")) as ierp, ierp.connect(page=50) as erp:
        stream = erp.orders.list()
        found = [next(stream) for _ in range(60)]
        seen = {order.number for order in found}
        unread = next(one.number for one in ierp.site.books.tables["orders"] if one.number not in seen)
        ierp.edit("orders", unread)
        found += stream
    told = [order.number for order in found]
    assert len(told) == len(set(told))
    assert unread in told
