"""Documents other than orders: customers, receipts, refunds, shipments, and gifts that leave as goods given away."""

# ruff: noqa: ANN401 - documents of any shape

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from erplink.erp.kingdee import FormField, FormFields, Kingdee
from erplink.erp.kingdee.forms.prices import prices
from erplink.errors import ConfigInvalid, Conflict, NotFound, Refused, Unsupported
from erplink.facade.step import step
from erplink.model.documents import Customer, Order, OrderLine, Receipt, Refund, Shipment, ShipmentLine
from tests.erp.kingdee.shop import CUSTOM, gift, order
from tests.erp.kingdee.test_writes import FAULTS

if TYPE_CHECKING:
    from erplink.facade.erp import Erp
    from tests.erp.kingdee.shop import Shop

AWAY: dict[str, Any] = {"gifts": "misdelivery"}


def customer(name: str = "欧阳 小红", *, number: str = "", **more: Any) -> Customer:
    return Customer(id="", number=number, name=name, status="draft", version="", **more)


def receipt(amount: str, *, order: str = "XSDD000001", customer: str = "CUST0001") -> Receipt:
    return Receipt(
        id="",
        number="",
        customer=customer,
        status="draft",
        currency="CNY",
        amount=Decimal(amount),
        received_at=None,
        version="",
        order=order,
    )


def refund(amount: str, *, order: str = "") -> Refund:
    return Refund(
        id="",
        number="",
        customer="CUST0001",
        status="draft",
        currency="CNY",
        amount=Decimal(amount),
        paid_at=None,
        version="",
        order=order,
    )


def shipment(*lines: ShipmentLine, customer: str = "CUST0001") -> Shipment:
    return Shipment(id="", number="", customer=customer, status="draft", shipped_at=None, version="", lines=lines)


def written(shop: Shop, form: str) -> list[dict[str, Any]]:
    return [one for one in shop.export() if one["form"] == form]


def sold(erp: Erp) -> Order:
    lines = [
        OrderLine(line=1, sku="M101", qty=Decimal(3), amount=Decimal("30.00"), unit_price=Decimal(10)),
        OrderLine(line=2, sku="M102", qty=Decimal(1), amount=Decimal("5.00"), unit_price=Decimal(5)),
    ]
    return erp.orders.create(order(*lines), key="SOLD-1")


def test_a_customer_is_created_in_force_with_own_fields_and_chinese_name(shop: Shop) -> None:
    with shop.connect(org_num="100") as erp:
        wanted = customer(phone="13800000001", unionid="oX-1", custom={"points": 7})
        made = erp.customers.create(wanted, key="NEW-1")
        again = erp.customers.create(wanted, key="NEW-1")
    assert made == again
    assert (made.number, made.name, made.phone, made.unionid) == ("ERPL-NEW-1", "欧阳 小红", "13800000001", "oX-1")
    assert (made.status, made.active, made.custom) == ("approved", True, {"points": 7})
    (stored,) = written(shop, "BD_Customer")
    assert (stored["head"]["FCreateOrgId"], stored["head"]["FTRADINGCURRID"]) == ("100", "PRE001")


def test_a_customer_with_what_has_no_key_or_another_name_is_refused(shop: Shop) -> None:
    with shop.connect(custom={}) as erp:
        with pytest.raises(ConfigInvalid, match="'unionid'"):
            erp.customers.create(customer(unionid="oX-1"), key="k")
        with pytest.raises(ConfigInvalid, match="'tier'"):
            erp.customers.create(customer(custom={"tier": "gold"}), key="k")
        with pytest.raises(ConfigInvalid, match="no name"):
            erp.customers.create(customer(""), key="k")
        erp.customers.create(customer(number="C-1"), key="k")
        with pytest.raises(Conflict, match="customer C-1 has another name or phone"):
            erp.customers.create(customer("别人", number="C-1"), key="k")
    assert len(written(shop, "BD_Customer")) == 1


def test_customers_and_materials_are_forbidden_and_enabled(shop: Shop) -> None:
    with shop.connect(custom={"products": {"colour": "FMnemonicCode"}}) as erp:
        for _ in range(2):
            erp.customers.act("CUST0003", "forbid")
            erp.products.act("M101", "forbid")
        assert (erp.customers.get("CUST0003").active, erp.products.get("M101").active) == (False, False)
        erp.customers.act("CUST0003", "enable")
        assert erp.customers.get("CUST0003").active
        erp.products.update("M101", {"name": "龙井 2026", "colour": "绿"})
        assert (erp.products.get("M101").name, erp.products.get("M101").custom) == ("龙井 2026", {"colour": "绿"})
        with pytest.raises(Unsupported, match="forbid, enable"):
            erp.customers.act("CUST0003", "close")


def test_money_that_came_and_money_that_went_back(shop: Shop) -> None:
    with shop.connect() as erp:
        came = erp.receipts.create(receipt("12.34"), key="PAY-1")
        went = erp.refunds.create(refund("2.30"), key="BACK-1")
        assert erp.receipts.create(receipt("12.34"), key="PAY-1") == came
        with pytest.raises(Conflict, match="another customer, amount or order"):
            erp.receipts.create(receipt("12.35"), key="PAY-1")
        assert erp.refunds.get("ERPL-BACK-1") == went
    assert (came.amount, came.order, came.status, came.currency) == (Decimal("12.34"), "XSDD000001", "approved", "CNY")
    assert (went.amount, went.customer, went.status) == (Decimal("2.30"), "CUST0001", "approved")
    (bill,) = written(shop, "AR_REFUNDBILL")
    assert bill["lines"][0]["FREFUNDAMOUNTFOR"] == "2.3"


@pytest.mark.parametrize(
    ("entity", "wanted", "said"),
    [
        ("receipts", receipt("0", order=""), "amount is 0"),
        ("receipts", receipt("-1", order=""), "a receipt is above zero"),
        ("refunds", refund("-1"), "a refund is above zero"),
        ("refunds", refund("1", order="XSDD000001"), "no field for the order"),
    ],
)
def test_money_that_no_form_can_hold_is_refused_before_anything_is_sent(
    shop: Shop, entity: str, wanted: Receipt | Refund, said: str
) -> None:
    with shop.connect() as erp, pytest.raises(ConfigInvalid, match=said):
        getattr(erp, entity).create(wanted, key="k")
    assert shop.stats()["writes"] == 0


def test_what_customers_owe_is_read_with_its_origin(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp:
        owed = next(iter(erp.receivables.list()))
        delivered = erp.shipments.get(owed.origin)
        of = erp.orders.get(delivered.lines[0].order)
        assert (owed.customer, owed.amount, owed.status) == (of.customer, of.paid, "approved")
        assert owed.due_at == owed.dated_at
        back = [one.amount for one in erp.refunds.list()]
        assert len(back) > 10
        assert min(back) > 0


def test_prices_are_read_by_the_keys_the_form_names(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp:
        (prices,) = erp.prices.list()
        assert erp.prices.get(prices.number) == prices
        sold_at = {line.sku: line.unit_price for one in erp.orders.list() for line in one.lines}
    assert (prices.name, prices.status, prices.currency, prices.active) == ("零售价目表", "approved", "CNY", True)
    assert {line.sku: line.price for line in prices.lines} == sold_at
    assert prices.expires_at is not None
    assert [line.line for line in prices.lines] == [*range(1, len(sold_at) + 1)]
    assert quiet_shop.stats()["calls"]["QueryBusinessInfo"] == 1


def test_a_form_without_prices_is_said() -> None:
    known = FormFields(
        "BD_SAL_PriceList", "销售价目表", "FID", (FormField("FNumber", "编码", "231", True, "", "FBillHead"),)
    )
    with pytest.raises(ConfigInvalid, match="no materials with prices"):
        prices(Kingdee(url="http://erp.example.com/k3cloud/", acct_id="a", username="u", password="p"), known)


def test_a_shipment_names_its_order_and_closes_it(shop: Shop) -> None:
    with shop.connect(org_num="100") as erp:
        of = sold(erp)
        lines = [
            ShipmentLine(line=1, sku="M101", qty=Decimal(3), order=of.number, order_line=of.lines[0].id),
            ShipmentLine(line=2, sku="M102", qty=Decimal(1), order=of.number),
        ]
        half = erp.shipments.create(shipment(lines[0]), key="OUT-1")
        assert erp.orders.get(of.number).status == "approved"
        whole = erp.shipments.create(shipment(lines[1]), key="OUT-2")
        assert erp.shipments.create(shipment(lines[1]), key="OUT-2") == whole
        assert [(line.order, line.order_line) for one in (half, whole) for line in one.lines] == [
            (of.number, line.id) for line in of.lines
        ]
        assert erp.orders.get(of.number).status == "closed"
        erp.shipments.act(whole.number, "unaudit")
        assert erp.orders.get(of.number).status == "approved"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (ShipmentLine(line=1, sku="M101", qty=Decimal(1), order="NOPE"), "no order NOPE"),
        (ShipmentLine(line=1, sku="M103", qty=Decimal(1), order="ERPL-SOLD-1"), "no line for M103"),
        (ShipmentLine(line=1, sku="M101", qty=Decimal(1), order="ERPL-SOLD-1", order_line="7"), "no line for M101"),
    ],
)
def test_a_shipment_of_what_was_not_ordered_is_not_made(shop: Shop, line: ShipmentLine, said: str) -> None:
    with shop.connect() as erp:
        sold(erp)
        with pytest.raises(NotFound, match=said):
            erp.shipments.create(shipment(line), key="k")
        with pytest.raises(ConfigInvalid, match="no lines"):
            erp.shipments.create(shipment(), key="k")
    assert written(shop, "SAL_OUTSTOCK") == []


def test_an_organisation_that_is_not_there_is_refused_by_the_erp_in_its_words(shop: Shop) -> None:
    with shop.connect(org_num="999") as erp, pytest.raises(Refused, match=r"组织机构\[999\]不存在"):
        erp.orders.create(gift(), key="k")


def test_an_order_is_closed_and_opened_by_hand(shop: Shop) -> None:
    with shop.connect() as erp:
        number = sold(erp).number
        for action, status in (("close", "closed"), ("unclose", "approved")):
            erp.orders.act(number, action)
            erp.orders.act(number, action)
            assert erp.orders.get(number).status == status
        with pytest.raises(Unsupported, match="close, unclose"):
            erp.orders.act(number, "uncancel")


def test_a_gift_given_away_is_an_order_to_us_and_no_sale_to_the_erp(shop: Shop) -> None:
    save = {"gifts": {"FEntity": {"FEntryNote": "积分兑换"}}}
    with shop.connect(**AWAY, save=save, org_num="100") as erp:
        made = erp.orders.create(gift(qty="3"), key="redeem-42")
        assert erp.orders.create(gift(qty="3"), key="redeem-42") == made
        assert erp.orders.get(made.number) == made
        (stock,) = erp.stock.on_hand(["GIFT-001"])
    assert (made.status, made.customer, made.paid) == ("approved", "CUST0001", Decimal(0))
    assert [(line.sku, line.qty, line.free) for line in made.lines] == [("GIFT-001", Decimal(3), True)]
    assert (stock.on_hand, stock.available) == (Decimal(997), Decimal(997))
    assert written(shop, "SAL_SaleOrder") == []
    (bill,) = written(shop, "STK_MisDelivery")
    assert (bill["head"]["FStockOrgId"], bill["lines"][0]["FEntryNote"]) == ("100", "积分兑换")


def test_only_orders_of_nothing_but_gifts_are_given_away(shop: Shop) -> None:
    paid = OrderLine(line=2, sku="M101", qty=Decimal(1), amount=Decimal(9))
    with shop.connect(**AWAY) as erp:
        mixed = erp.orders.create(order(*gift().lines, paid), key="k")
        assert erp.orders.get(mixed.number).paid == 9
    assert [one["number"] for one in written(shop, "SAL_SaleOrder")] == [mixed.number]


def test_a_gift_that_was_begun_as_a_sale_stays_one(shop: Shop) -> None:
    with shop.connect() as erp:
        begun = erp.orders.create(gift(), key="k")
        erp.orders.act(begun.number, "unaudit")
    with shop.connect(**AWAY) as erp:
        assert erp.orders.create(gift(), key="k").number == begun.number
        assert erp.orders.get(begun.number).status == "approved"
    assert written(shop, "STK_MisDelivery") == []


def test_buttons_of_a_gift_given_away(shop: Shop) -> None:
    with shop.connect(**AWAY) as erp:
        number = erp.orders.create(gift(), key="k").number
        erp.orders.act(number, "unaudit")
        erp.orders.update(number, {"note": "改"})
        assert (erp.orders.get(number).status, erp.orders.get(number).note) == ("draft", "改")
        erp.orders.act(number, "cancel")
        assert erp.orders.get(number).status == "cancelled"
        with pytest.raises(Conflict, match="cancelled"):
            erp.orders.create(gift(), key="k")
        with pytest.raises(NotFound, match="'NOPE' among the orders"):
            erp.orders.get("NOPE")
        with pytest.raises(Conflict, match="another customer or other goods"):
            erp.orders.create(gift(qty="2"), key="k")


def test_a_gift_out_of_stock_is_refused_and_can_be_withdrawn(shop: Shop) -> None:
    with shop.connect(**AWAY) as erp:
        with pytest.raises(Refused, match="库存不足"):
            erp.orders.create(gift("GIFT-002", number="ERPL-X"), key="k")
        erp.orders.act("ERPL-X", "cancel")
        assert erp.orders.get("ERPL-X").status == "cancelled"


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("operation", ["Save", "Submit", "Audit"])
def test_each_fault_leaves_exactly_one_gift(shop: Shop, kind: str, operation: str) -> None:
    shop.arm({"kind": kind, "next": 2, "operation": operation})
    with shop.swift(**AWAY) as (adapter, _):
        made = step(adapter.create("orders", gift(), "k"))
    assert isinstance(made, Order)
    assert made.status == "approved"
    assert len(written(shop, "STK_MisDelivery")) == 1


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("entity", ["customers", "receipts", "shipments"])
def test_each_fault_leaves_exactly_one_document(shop: Shop, kind: str, entity: str) -> None:
    wanted: dict[str, Any] = {
        "customers": customer(),
        "receipts": receipt("1"),
        "shipments": shipment(ShipmentLine(line=1, sku="M101", qty=Decimal(1))),
    }
    shop.arm({"kind": kind, "next": 2, "operation": "Save"}, {"kind": kind, "next": 1, "operation": "Audit"})
    with shop.swift(custom=CUSTOM) as (adapter, _):
        made = step(adapter.create(entity, wanted[entity], "k"))  # type: ignore[arg-type]
    assert made.status == "approved"
    assert msgspec.structs.replace(made, id="", version="") == msgspec.structs.replace(
        step_again(shop, entity, made.number), id="", version=""
    )
    assert len([one for one in shop.export() if one["form"] != "STK_Inventory"]) == 1


def step_again(shop: Shop, entity: str, number: str) -> Any:
    with shop.connect() as erp:
        return getattr(erp, entity).get(number)
