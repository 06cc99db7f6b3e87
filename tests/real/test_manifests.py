"""Real systems read and written with nothing but a manifest; the figures come from the systems themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from erplink import connect
from erplink.errors import Conflict, LoginRefused, NotFound, Refused
from erplink.facade.erp import Erp
from erplink.facade.manifest import load_manifest
from erplink.facade.step import step
from erplink.model.documents import Order, OrderLine
from erplink.wire.check import Examinable
from tests.real.soap import NodeSoap, PhpSoap
from tests.real.tryton import Line, Tryton

pytestmark = pytest.mark.real

MANIFESTS = Path(__file__).parent / "manifests"


def opened(name: str, base: str, **secrets: str) -> Erp:
    return connect(load_manifest(MANIFESTS / name, secrets=secrets, variables={"base": base}))


def healthy(name: str, base: str, **secrets: str) -> list[str]:
    """What a doctor finds wrong."""
    settings = load_manifest(MANIFESTS / name, secrets=secrets, variables={"base": base})
    assert isinstance(settings, Examinable)
    with connect(settings) as erp:
        return [f"{check.name}: {check.words}" for check in step(settings.doctor(erp.io)) if not check.ok]


def sold(lines: tuple[Line, ...], sign: int = 1) -> Mapping[tuple[str, Decimal, Decimal], int]:
    return Counter((line.product, sign * line.quantity, sign * line.amount) for line in lines)


def test_the_doctor_finds_every_one_well(tryton: Tryton, node_soap: NodeSoap, php_soap: PhpSoap) -> None:
    assert healthy("tryton.toml", tryton.url, key=tryton.key) == []
    assert healthy("tryton-rpc.toml", tryton.url, password=tryton.password) == []
    assert healthy("node.toml", node_soap.base, password=node_soap.password) == []
    assert healthy("php.toml", php_soap.base, password=php_soap.password) == []


def test_the_confirmed_orders_of_tryton_are_read_to_the_last_fen(tryton: Tryton) -> None:
    expected = {str(one.number): one for one in tryton.expected.confirmed if one.total >= 0}
    with opened("tryton.toml", tryton.url, key=tryton.key) as erp:
        orders = list(erp.orders.list())
        changed = list(erp.orders.changes("2026-01-01"))
    assert Counter(order.number for order in orders) == Counter(expected.keys())
    assert [order.id for order in changed] == [order.id for order in orders]
    for order in orders:
        wanted = expected[order.number]
        assert order.customer == wanted.customer
        assert order.paid == wanted.untaxed
        assert order.status == ("closed" if wanted.state == "done" else "approved")
        assert Counter((line.sku, line.qty, line.amount) for line in order.lines) == sold(wanted.lines)
        assert order.created_at == wanted.created
    ties = Counter(order.version for order in orders)
    assert max(ties.values()) > 10, "a page of ten always ends inside a tie"


def test_the_returns_of_tryton_have_positive_figures(tryton: Tryton) -> None:
    expected = {str(one.number): one for one in tryton.expected.confirmed if one.total < 0}
    with opened("tryton.toml", tryton.url, key=tryton.key) as erp:
        returns = {each.number: each for each in erp.returns.list()}
    assert set(returns) == set(expected)
    for number, wanted in expected.items():
        lines = Counter((line.sku, line.qty, line.amount) for line in returns[number].lines)
        assert lines == sold(wanted.lines, sign=-1)


def test_a_customer_of_tryton_is_updated_and_read_back(tryton: Tryton) -> None:
    with opened("tryton.toml", tryton.url, key=tryton.key) as erp:
        customers = {one.number: one for one in erp.customers.list()}
        assert set(customers) == {one.code for one in tryton.expected.customers} | {"1"}, "1 is the company itself"
        erp.customers.update("C005", {"name": "杨记茶庄 (金卡)"})
        assert erp.customers.get("C005").name == "杨记茶庄 (金卡)"
    assert tryton.rows("SELECT name FROM party_party WHERE code = 'C005'") == [("杨记茶庄 (金卡)",)]


def test_what_was_written_into_tryton_comes_with_the_next_changes_and_nothing_else(tryton: Tryton) -> None:
    with opened("tryton.toml", tryton.url, key=tryton.key) as erp:
        orders = list(erp.orders.list())
        newest = max(order.version for order in orders)
        for order in orders[:3]:
            erp.orders.update(order.number, {"note": f"积分 {order.paid}"})
        written = [order for order in erp.orders.list() if order.version > newest]
    assert {order.number: order.note for order in written} == {o.number: f"积分 {o.paid}" for o in orders[:3]}


def test_json_rpc_says_the_same_as_rest(tryton: Tryton) -> None:
    through_rest = opened("tryton.toml", tryton.url, key=tryton.key)
    through_rpc = opened("tryton-rpc.toml", tryton.url, password=tryton.password)
    with through_rest as rest, through_rpc as rpc:
        assert {o.number: o.paid for o in rpc.orders.list()} == {o.number: o.paid for o in rest.orders.list()}
        number = next(iter(rpc.orders.list())).number
        rpc.orders.update(number, {"note": "经 RPC"})
        assert rest.orders.get(number).note == "经 RPC"
        with pytest.raises(NotFound):
            rpc.orders.get("no such order")


def test_a_wrong_password_is_sent_to_tryton_once(tryton: Tryton) -> None:
    with opened("tryton-rpc.toml", tryton.url, password="wrong") as erp:
        for _ in range(3):
            with pytest.raises(LoginRefused):
                erp.orders.get("1")


def test_the_orders_of_a_node_service_are_read_written_and_made_once(node_soap: NodeSoap) -> None:
    with opened("node.toml", node_soap.base, password=node_soap.password) as erp:
        figures = node_soap.figures()
        orders = list(erp.orders.list())
        assert Counter(order.number for order in orders) == Counter(one.number for one in figures.orders)
        assert {o.number: o.paid for o in orders} == {one.number: one.total for one in figures.orders}
        wanted = gift("M001", Decimal("1533.00"))
        first, again = erp.orders.create(wanted, key="redeem-1"), erp.orders.create(wanted, key="redeem-1")
        assert first == again
        assert len(node_soap.figures().orders) == len(figures.orders) + 1
        with pytest.raises(Conflict):
            erp.orders.create(gift("M002", Decimal("288.80")), key="redeem-1")
        erp.customers.update("C002", {"points": 120, "remark": "积分 <&> 余额"})
        found = {one.number: one for one in erp.customers.list()}["C002"]
        assert (found.custom["points"], found.custom["remark"]) == (120, "积分 <&> 余额")


def test_a_php_service_is_read_across_its_short_sessions(php_soap: PhpSoap) -> None:
    with opened("php.toml", php_soap.base, password=php_soap.password) as erp:
        orders = list(erp.orders.list())
        figures = php_soap.figures()
        assert Counter(order.number for order in orders) == Counter(one.bill_no for one in figures.bills)
        assert {o.number: o.paid for o in orders} == {one.bill_no: one.total for one in figures.bills}
        assert all(order.customer for order in orders)
        erp.customers.update("C003", {"points": 7})
        assert {one.number: one.custom["points"] for one in erp.customers.list()}["C003"] == 7
        with pytest.raises(NotFound, match="客户C999不存在"):
            erp.customers.update("C999", {"points": 7})


def test_a_php_service_refuses_a_wrong_password_in_words(php_soap: PhpSoap) -> None:
    with opened("php.toml", php_soap.base, password="wrong") as erp, pytest.raises((LoginRefused, Refused)) as refused:
        list(erp.orders.list())
    assert isinstance(refused.value, LoginRefused)
    assert "<" not in refused.value.what


def gift(sku: str, amount: Decimal) -> Order:
    line = OrderLine(line=1, sku=sku, qty=Decimal(1), amount=amount)
    return Order(
        id="",
        number="",
        customer="C002",
        status="draft",
        currency="CNY",
        created_at=None,
        version="",
        lines=(line,),
    )
