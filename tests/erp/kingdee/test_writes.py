"""Writing: once is once, whatever breaks on the way."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.errors import ConfigInvalid, Conflict, NotFound, Refused, ServerFault, Unsupported
from erplink.facade.step import step
from erplink.mapping.numbers import number_for
from erplink.model.documents import Order, OrderLine
from tests.erp.kingdee.shop import gift, order

if TYPE_CHECKING:
    from erplink.erp.kingdee import KingdeeAdapter
    from tests.erp.kingdee.shop import Shop

FAULTS = [
    "drop_before_commit",
    "drop_after_commit",
    "bad_gateway",
    "lose_session",
    "lock_conflict",
    "call_limit",
    "short_body",
    "html_page",
    "response_error",
]


def create(adapter: KingdeeAdapter, wanted: Order, key: str) -> Order:
    made = step(adapter.create("orders", wanted, key))
    assert isinstance(made, Order)
    return made


def ours(shop: Shop) -> list[dict[str, Any]]:
    return [one for one in shop.export() if one["form"] == "SAL_SaleOrder"]


def test_a_gift_order_is_in_force_and_free_and_takes_its_goods(shop: Shop) -> None:
    with shop.connect() as erp:
        made = erp.orders.create(gift(qty="3"), key="redeem-42")
        (stock,) = erp.stock.on_hand(["GIFT-001"])
    assert made.status == "approved"
    assert made.customer == "CUST0001"
    assert made.paid == 0
    (line,) = made.lines
    assert line.sku == "GIFT-001"
    assert line.free
    assert (line.qty, line.amount) == (Decimal(3), Decimal(0))
    assert stock.available == 997


def test_the_same_key_twice_is_one_order(shop: Shop) -> None:
    with shop.connect() as erp:
        first = erp.orders.create(gift(), key="redeem-42")
        again = erp.orders.create(gift(), key="redeem-42")
    assert again == first
    assert len(ours(shop)) == 1


def test_a_number_of_ones_own_is_kept(shop: Shop) -> None:
    with shop.connect() as erp:
        assert erp.orders.create(gift(number="GIFT-2026-1"), key="k").number == "GIFT-2026-1"


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("operation", ["Save", "Submit", "Audit"])
@pytest.mark.parametrize("times", [1, 2])
def test_each_fault_at_each_step_leaves_exactly_one_order(shop: Shop, kind: str, operation: str, times: int) -> None:
    shop.arm({"kind": kind, "next": times, "operation": operation})
    with shop.swift() as (adapter, _):
        assert create(adapter, gift(), "k").status == "approved"
    assert len(ours(shop)) == 1
    assert shop.stats()["faults"][kind] >= 1


@pytest.mark.parametrize("seed", range(4))
def test_a_hostile_world_ends_up_as_a_kind_one_does(shop: Shop, seed: int) -> None:
    shop.arm({"rate": 0.3, "kinds": FAULTS, "seed": seed})
    with shop.swift() as (adapter, _):
        for n in range(5):
            create(adapter, gift(), f"k{n}")
        for _ in range(3):
            step(adapter.update("customers", "CUST0001", {"points": 123}))
    shop.arm({"clear": True})
    with shop.connect() as erp:
        assert erp.customers.get("CUST0001").custom["points"] == 123
        assert [erp.orders.get(number_for(f"k{n}", "ERPL-")).status for n in range(5)] == ["approved"] * 5
    assert len(ours(shop)) == 5


@pytest.mark.parametrize("stopped_at", ["A", "B", "D"])
def test_an_order_is_taken_up_where_it_stopped(shop: Shop, stopped_at: str) -> None:
    with shop.connect() as erp:
        number = erp.orders.create(gift(), key="k").number
        erp.orders.act(number, "unaudit")
        if stopped_at == "B":
            erp.orders.act(number, "submit")
        assert erp.orders.get(number).status != "approved"
        assert erp.orders.create(gift(), key="k").status == "approved"


def test_workers_with_one_key_make_one_order(shop: Shop) -> None:
    with shop.connect() as erp, ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: erp.orders.create(gift(), key="k"), range(6)))
    assert {one.number for one in made} == {number_for("k", "ERPL-")}
    assert {one.status for one in made} == {"approved"}
    assert len(ours(shop)) == 1


@pytest.mark.parametrize(
    "other",
    [gift(customer="CUST0002"), gift("M101"), gift(qty="2")],
)
def test_one_key_for_two_orders_is_a_conflict_and_changes_nothing(shop: Shop, other: Order) -> None:
    with shop.connect() as erp:
        erp.orders.create(gift(), key="k")
        before = shop.export()
        with pytest.raises(Conflict, match="another customer or other lines"):
            erp.orders.create(other, key="k")
    assert shop.export() == before


def test_a_cancelled_order_is_not_made_again_by_its_key(shop: Shop) -> None:
    with shop.connect() as erp:
        number = erp.orders.create(gift(), key="k").number
        erp.orders.act(number, "unaudit")
        erp.orders.act(number, "cancel")
        with pytest.raises(Conflict, match="cancelled"):
            erp.orders.create(gift(), key="k")
        assert erp.orders.get(number).status == "cancelled"


def test_a_gift_out_of_stock_is_refused_in_the_erps_words_and_stays_submitted(shop: Shop) -> None:
    with shop.connect() as erp:
        with pytest.raises(Refused, match="库存不足") as caught:
            erp.orders.create(gift("GIFT-002"), key="k")
        number = number_for("k", "ERPL-")
        assert number in str(caught.value)
        assert "审核中" in str(caught.value)
        assert erp.orders.get(number).status == "pending"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [(gift("NOPE"), "NOPE"), (gift(customer="NOBODY"), "NOBODY"), (gift(customer=""), "no customer")],
)
def test_an_order_that_names_what_is_not_there_leaves_nothing_behind(shop: Shop, wanted: Order, said: str) -> None:
    with shop.connect() as erp, pytest.raises((Refused, ConfigInvalid), match=said):
        erp.orders.create(wanted, key="k")
    assert ours(shop) == []


def test_an_order_must_have_lines_and_a_free_line_costs_nothing(shop: Shop) -> None:
    costly = OrderLine(line=1, sku="M101", qty=Decimal(1), amount=Decimal(5), free=True)
    with shop.connect() as erp:
        with pytest.raises(ConfigInvalid, match="no lines"):
            erp.orders.create(order(), key="k")
        with pytest.raises(ConfigInvalid, match="free but costs 5"):
            erp.orders.create(order(costly), key="k")
    assert shop.stats()["writes"] == 0


def test_an_order_with_prices_keeps_them_to_the_cent(shop: Shop) -> None:
    lines = (
        OrderLine(line=1, sku="M101", qty=Decimal("1.5"), amount=Decimal("19.99"), unit_price=Decimal("13.326667")),
        OrderLine(line=2, sku="M102", qty=Decimal(3), amount=Decimal("10.00")),
    )
    with shop.connect() as erp:
        made = erp.orders.create(order(*lines), key="k")
        assert made.paid == Decimal("29.99")
        assert erp.orders.create(order(*lines), key="k") == made


def test_what_the_tenants_forms_demand_goes_along(shop: Shop) -> None:
    save = {"orders": {"FReceiveAddress": "上海", "FSaleOrderEntry": {"FEntryNote": "积分兑换"}}}
    with shop.connect(save=save, org_num="100") as erp:
        erp.orders.create(gift(), key="k")
    (made,) = ours(shop)
    assert made["head"]["FReceiveAddress"] == "上海"
    assert made["head"]["FSaleOrgId"] == "100"
    assert made["lines"][0]["FEntryNote"] == "积分兑换"


def test_single_fields_are_written_and_the_rest_stays(shop: Shop) -> None:
    with shop.connect() as erp:
        before = erp.customers.get("CUST0001")
        erp.customers.update("CUST0001", {"points": 123})
        erp.customers.update("CUST0001", {"points": 123})
        after = erp.customers.get("CUST0001")
        assert after.custom["points"] == 123
        assert (after.name, after.phone, after.unionid, after.status) == (
            before.name,
            before.phone,
            before.unionid,
            before.status,
        )
        with pytest.raises(NotFound):
            erp.customers.update("NOBODY", {"points": 1})
        with pytest.raises(ConfigInvalid, match="points"):
            erp.customers.update("CUST0001", {"pionts": 1})


@pytest.mark.parametrize("kind", FAULTS)
def test_an_update_survives_each_fault(shop: Shop, kind: str) -> None:
    shop.arm({"kind": kind, "next": 2, "operation": "Save"})
    with shop.swift() as (adapter, _):
        step(adapter.update("customers", "CUST0001", {"points": 7}))
        step(adapter.update("customers", "CUST0001", {"points": 8}))
    with shop.connect() as erp:
        assert erp.customers.get("CUST0001").custom["points"] == 8


def test_buttons_can_be_pressed_twice(shop: Shop) -> None:
    with shop.connect() as erp:
        number = erp.orders.create(gift(), key="k").number
        for action, status in [
            ("audit", "approved"),
            ("unaudit", "draft"),
            ("submit", "pending"),
            ("audit", "approved"),
            ("unaudit", "draft"),
            ("cancel", "cancelled"),
        ]:
            erp.orders.act(number, action)
            erp.orders.act(number, action)
            assert erp.orders.get(number).status == status
        erp.orders.act(number, "delete")
        with pytest.raises(NotFound):
            erp.orders.get(number)


def test_a_submitted_order_is_revoked_before_it_is_cancelled(shop: Shop) -> None:
    with shop.connect() as erp:
        with pytest.raises(Refused, match="库存不足"):
            erp.orders.create(gift("GIFT-002"), key="k")
        number = number_for("k", "ERPL-")
        erp.orders.act(number, "cancel")
        assert erp.orders.get(number).status == "cancelled"


def test_a_button_that_is_not_there_or_may_not_be_pressed(shop: Shop) -> None:
    with shop.connect() as erp:
        number = erp.orders.create(gift(), key="k").number
        with pytest.raises(Unsupported, match="submit, audit"):
            erp.orders.act(number, "explode")
        with pytest.raises(Refused, match="不允许"):
            erp.orders.act(number, "delete")
        with pytest.raises(NotFound):
            erp.orders.act("NOPE", "audit")


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("action", ["unaudit", "delete", "cancel"])
def test_a_button_survives_each_fault(shop: Shop, kind: str, action: str) -> None:
    with shop.swift() as (adapter, _):
        number = create(adapter, gift(), "k").number
        if action != "unaudit":
            step(adapter.act("orders", number, "unaudit"))
        operation = {"unaudit": "UnAudit", "delete": "Delete", "cancel": "ExcuteOperation"}[action]
        shop.arm({"kind": kind, "next": 1, "operation": operation})
        step(adapter.act("orders", number, action))
    assert shop.stats()["faults"] == {kind: 1}


def test_a_raw_write_of_unknown_outcome_is_not_repeated(shop: Shop) -> None:
    shop.arm({"kind": "bad_gateway", "next": 1, "operation": "Save"})
    with shop.swift() as (adapter, io):
        with pytest.raises(ServerFault):
            step(adapter.call("Save", {"formid": "BD_Customer", "data": {"Model": {"FName": "新"}}}))
        assert [call.operation for call in io.calls].count("raw Save") == 1


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_numbers_suit_the_erp_and_differ_with_their_keys(one: str, other: str) -> None:
    numbers = number_for(one, "ERPL-"), number_for(other, "ERPL-")
    assert all(re.fullmatch(r"ERPL-[A-Z0-9-]{1,25}", number) for number in numbers)
    assert (numbers[0] == numbers[1]) == (one == other)
