"""Reading from 云星辰: heads, then whole records, in a window that is cut by what is whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from erplink.errors import NotFound, Unsupported
from erplink.facade.step import step
from erplink.testing.worlds.xingchen import XingchenWorld
from erplink.wire.adapter import Window
from tests.erp.kingdee.xingchen.jdy import SAMPLE, opened

if TYPE_CHECKING:
    from erplink.manifest.adapter import ManifestAdapter
    from tests.erp.kingdee.xingchen.jdy import Jdy

WHEN = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OWN = {"customers": {"phone": "custom_field.mobile__1__abc", "points": "custom_field.points__1__abc"}}


def numbers(adapter: ManifestAdapter, window: Window) -> list[str]:
    async def read() -> list[str]:
        return [order.number async for page in adapter.pages("orders", window) for order in page.items]

    return step(read())


def test_an_order_is_read_with_its_lines(jdy: Jdy) -> None:
    head = {"number": "甲/1 ?&=", "customer_code": "客户-1", "remark": "\U00020bb7野家", "status": "已完成"}
    line = {"sku": "M-1", "quantity": "2.5", "unit_price": "0.1234567891", "amount": "9007199254740993"}
    jdy.plant({"entity": "orders", "head": head, "lines": [line, {"sku": "M-2", "quantity": "1", "is_gift": True}]})
    with jdy.connect() as erp:
        order = erp.orders.get("甲/1 ?&=")
    assert (order.customer, order.note, order.status) == ("客户-1", "\U00020bb7野家", "closed")
    first, gift = order.lines
    assert (first.qty, first.unit_price) == (Decimal("2.5"), Decimal("0.1234567891"))
    assert first.amount == Decimal(9007199254740993)
    assert (gift.sku, gift.free) == ("M-2", True)


@pytest.mark.parametrize("windows", [True, False])
def test_a_window_is_asked_for_in_milliseconds_and_cut_by_whole_records(windows: bool) -> None:  # noqa: FBT001 - a row
    with opened(XingchenWorld(SAMPLE, calls_per_minute=100_000, windows=windows)) as jdy:
        for place in range(5):
            jdy.plant({"entity": "orders", "head": {"number": f"N{place}", "updated_at": f"{WHEN + place * MINUTE}"}})
        with jdy.swift() as (adapter, io):
            assert numbers(adapter, Window(WHEN + MINUTE, WHEN + 3 * MINUTE)) == ["N1", "N2"]
    asked = next(parse_qs(urlsplit(call.url).query) for call in io.calls if call.operation == "orders list")
    assert asked["modify_start_time"] == [str(int((WHEN + MINUTE).timestamp() * 1000))]
    assert asked["modify_end_time"] == [str(int((WHEN + 3 * MINUTE).timestamp() * 1000))]


def test_what_is_deleted_between_list_and_detail_is_left_out(jdy: Jdy) -> None:
    jdy.plant({"entity": "orders", "head": {"number": "GONE", "updated_at": f"{WHEN}"}})
    with jdy.swift() as (adapter, io):
        seen = io.send

        async def send(call: object) -> object:
            reply = await seen(call)  # type: ignore[arg-type]
            if getattr(call, "operation", "") == "orders list":
                jdy.site.books.empty()
            return reply

        io.send = send  # type: ignore[method-assign,assignment]
        assert numbers(adapter, Window(WHEN, WHEN + MINUTE)) == []


def test_customers_have_their_own_fields_where_somebody_filled_them_in(jdy: Jdy) -> None:
    jdy.plant(
        {"entity": "customers", "head": {"number": "K-1", "name": "茶客", "mobile": "13900001111"}},
        {"entity": "customers", "head": {"number": "K-2", "name": "过客", "disabled": True}},
    )
    with jdy.connect(custom=OWN) as erp:
        first, second = (erp.customers.get(number) for number in ("K-1", "K-2"))
    assert (first.phone, first.active, second.phone, second.active) == ("13900001111", True, "", False)
    assert {first.status, second.status} == {"approved"}


def test_products_that_are_disabled_are_listed_too(jdy: Jdy) -> None:
    jdy.plant({"entity": "products", "head": {"number": "OLD", "name": "旧", "disabled": True}})
    with jdy.connect() as erp:
        assert [one.active for one in erp.products.list() if one.number == "OLD"] == [False]


def test_what_is_not_there_is_not_found(quiet: Jdy) -> None:
    with quiet.connect() as erp, pytest.raises(NotFound, match="XSDD9"):
        erp.orders.get("XSDD9")


def test_it_is_read_and_not_written(quiet: Jdy) -> None:
    with quiet.connect() as erp:
        before = quiet.calls
        with pytest.raises(Unsupported, match="cannot update customers"):
            erp.customers.update("CUST0001", {"name": "x"})
        with pytest.raises(Unsupported, match="no receipts"):
            list(erp.receipts.list())
        assert quiet.calls == before
        assert not [one for one in erp.adapter.offers if one.verb == "keys"]


def test_the_escape_hatch_signs_what_it_sends(jdy: Jdy) -> None:
    with jdy.connect() as erp:
        told = erp.raw.call("POST jdy/v2/bd/customer", {"name": "新客户"}).json()
        assert told["data"]["ids"]
        found = erp.raw.call("GET jdy/v2/scm/sal_order", {"page": 1, "page_size": 2, "bill_status": ""}).json()
    assert len(found["data"]["rows"]) == 2


def test_by_default_it_stays_below_the_limit_of_a_company() -> None:
    from erplink.erp.kingdee.xingchen.settings import POLITE

    assert POLITE.rate is not None
    assert POLITE.rate.per == 60.0
    assert POLITE.rate.calls + POLITE.rate.burst < 500
