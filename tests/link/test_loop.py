"""The main job through the public doors: an ERP over HTTP, a database, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from erplink import ConfigInvalid, Conflict, InsufficientBalance, Link, NotFound, WriteNotAllowed
from erplink.testing.worlds.kingdee import KingdeeWorld, serve
from tests.databases import Databases
from tests.link.company import PLAIN, Clock, Company, company

SHOP = (
    ("1001", "C1", "2026-03-01 10:00:00", "10001", 3, "33.50"),
    ("1001", "C1", "2026-03-01 10:00:00", "10002", 1, "0.99"),
    ("1002", "C2", "2026-03-02 10:00:00", "10001", 1, "50.00"),
    ("1003", "", "2026-03-02 11:00:00", "10001", 1, "70.00"),
    ("C1004", "C1", "2026-03-05 10:00:00", "10001", -1, "33.50"),
    ("C1005", "C2", "2026-03-06 10:00:00", "10001", -3, "50.00"),
    ("C1006", "", "2026-03-06 10:00:00", "10001", -1, "70.00"),
)


def points(link: Link) -> dict[str, int]:
    return {row.code: row.points for row in link.members.top(10)}


def test_orders_become_points_and_returns_take_them_back(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        report = link.sync()
        assert points(link) == {"C1": 67, "C2": 0}
        assert [(left.document, left.qty, left.reason) for left in link.overview().left_over] == [
            ("kingdee:returns:C1005", "2", "bought_too_little"),
            ("kingdee:returns:C1006", "1", "no_customer"),
        ]
        assert not report.unchanged


def test_balances_are_written_back_and_a_second_sync_changes_nothing(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        link.sync()
        ledger, documents = link.export(), erp.written()
        shown = {head["FNumber"]: int(head["F_ERPL_Points"]) for head in _heads(documents, "BD_Customer")}
        assert shown == {"C1": 67, "C2": 0}
        again = link.sync()
        assert again.unchanged
        assert (link.export(), erp.written()) == (ledger, documents)


def test_a_gift_is_ordered_once_and_costs_its_points(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        link.sync()
        member = link.members.find(code="C1")
        first = link.points.redeem(member, 60, gift="GIFT-001", key="cart-1")
        assert link.points.redeem(member, 60, gift="GIFT-001", key="cart-1") == first
        link.sync()
        assert link.points.balance(member).points == 7
        (order,) = _heads(erp.written(), "SAL_SaleOrder")
        assert (order["FBillNo"], order["FDocumentStatus"]) == (first.order, "C")
        done = link.points.redemption("cart-1")
        assert done is not None
        assert done.state == "done"


def test_a_gift_out_of_stock_gives_the_points_back_and_leaves_nothing_in_force(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        link.sync()
        member = link.members.find(code="C1")
        link.points.redeem(member, 60, gift="GIFT-002", key="cart-1")
        link.sync()
        refused = link.points.redemption("cart-1")
        assert refused is not None
        assert refused.state == "refused"
        assert "库存不足" in refused.outcome
        assert link.points.balance(member).points == 67
        assert [entry.kind for entry in link.points.history(member)] == ["earn", "clawback", "spend", "restore"]
        (order,) = _heads(erp.written(), "SAL_SaleOrder")
        assert (order["FCancelStatus"], order["FDocumentStatus"]) == ("B", "A")


def test_nobody_can_spend_more_than_is_there(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        link.sync()
        member = link.members.find(code="C1")
        before = link.export()
        with pytest.raises(InsufficientBalance, match="68 points were asked for and 67 are available"):
            link.points.redeem(member, 68, gift="GIFT-001", key="cart-1")
        assert link.export() == before
        assert link.points.redemption("cart-1") is None


def test_one_key_is_one_wish(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        link.sync()
        member = link.members.find(code="C1")
        link.points.redeem(member, 10, gift="GIFT-001", key="cart-1")
        with pytest.raises(Conflict):
            link.points.redeem(member, 11, gift="GIFT-001", key="cart-1")
        assert link.points.balance(member).points == 57


def test_nothing_is_written_that_was_not_named(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link(writes=frozenset()) as link:
        report = link.sync()
        assert dict(report.withheld) == {"customers.update": 2}
        with pytest.raises(WriteNotAllowed, match="nothing was taken"):
            link.points.redeem(link.members.find(code="C1"), 10, gift="GIFT-001", key="cart-1")
        assert erp.stats()["writes"] == 0


def test_shadow_mode_shows_what_it_would_have_written(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        report = link.sync(push=False)
        assert {(write.operation, write.target, write.payload) for write in report.would_write} == {
            ("customers.update", "C1", '{"points":67}'),
            ("customers.update", "C2", '{"points":0}'),
        }
        assert erp.stats()["writes"] == 0
        assert points(link) == {"C1": 67, "C2": 0}


def test_a_changed_policy_needs_a_version_of_its_own(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        with pytest.raises(Conflict, match="give the changed text a higher version"):
            link.policies.publish(PLAIN.replace('per_yuan: "1"', 'per_yuan: "2"'))
        link.sync()
        assert points(link) == {"C1": 67, "C2": 0}


def test_what_was_awarded_stays_under_the_version_that_awarded_it(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        link.sync()
        ledger = link.export()
        doubled = PLAIN.replace("version: 1", "version: 2").replace('per_yuan: "1"', 'per_yuan: "2"')
        link.policies.publish(doubled)
        link.sync()
        assert link.export() == ledger


def test_an_order_is_awarded_under_the_version_of_its_own_time(databases: Databases) -> None:
    rows = (
        ("1001", "C1", "2026-03-01 23:59:59", "10001", 1, "100.00"),
        ("1002", "C2", "2026-03-02 00:00:00", "10001", 1, "100.00"),
        ("C1003", "C1", "2026-03-05 10:00:00", "10001", -1, "100.00"),
    )
    with company(databases, *rows) as erp, erp.link() as link:
        doubled = PLAIN.replace("version: 1", "version: 2").replace('per_yuan: "1"', 'per_yuan: "2"')
        link.policies.publish(doubled, effective="2026-03-02", approved_by="head of loyalty")
        link.sync()
        assert {row.code: (row.earned, row.taken_back) for row in link.members.top(5)} == {
            "C1": (100, -100),
            "C2": (200, 0),
        }


@pytest.mark.parametrize("wrong", [{"code": "C9"}, {"phone": "13912345678"}, {"unionid": "u-9"}])
def test_an_unknown_member_is_not_found(databases: Databases, wrong: dict[str, str]) -> None:
    with company(databases, *SHOP) as erp, erp.link() as link:
        link.sync()
        with pytest.raises(NotFound):
            link.members.find(**wrong)


def test_a_sync_without_a_policy_or_a_system_says_what_is_missing(databases: Databases) -> None:
    with Link.open("sqlite://", space="acme") as link:
        with pytest.raises(ConfigInvalid, match=r"call link\.attach"):
            link.sync()
        with company(databases, *SHOP) as erp, erp.connect() as connected:
            link.attach("kingdee", connected)
            with pytest.raises(ConfigInvalid, match=r"link\.policies\.publish"):
                link.sync()


def test_an_unknown_write_is_refused_at_attach(databases: Databases) -> None:
    with company(databases, *SHOP) as erp, erp.connect() as connected, Link.open("sqlite://", space="acme") as link:
        with pytest.raises(ConfigInvalid, match="'orders.delete' is no write"):
            link.attach("kingdee", connected, writes={"orders.delete"})
        link.attach("kingdee", connected)
        with pytest.raises(ConfigInvalid, match="attached already"):
            link.attach("kingdee", connected)


def _heads(documents: list[dict[str, Any]], form: str) -> list[dict[str, Any]]:
    return [each["head"] for each in documents if each["form"] == form]


def test_a_campaign_finds_the_category_of_a_product(databases: Databases) -> None:
    with serve(KingdeeWorld(sample=True)) as running:
        erp = Company(running, databases, Clock())
        with erp.connect() as connected:
            category = {product.number: product.category for product in connected.products.list()}
            orders = {order.number: order for order in connected.orders.list()}
        chosen = next(category[order.lines[0].sku] for order in orders.values() if order.customer == "CUST0018")
        rule = f'{{id: 品类, kind: multiplier, role: campaign, factor: "3", when: {{category: [{chosen}]}}}}'
        with erp.link(PLAIN.replace('per_yuan: "1"}]', f'per_yuan: "1"}}, {rule}]')) as link:
            link.sync(push=False)
            member = link.members.find(code="CUST0018")
            earned = {e.document.split(":")[2]: e.points for e in link.points.history(member) if e.kind == "earn"}
    expected = {
        number: int(sum(line.amount * (3 if category[line.sku] == chosen else 1) for line in orders[number].lines))
        for number in earned
    }
    assert earned == expected
    assert len({category[line.sku] == chosen for number in earned for line in orders[number].lines}) == 2
