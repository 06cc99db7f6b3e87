"""A document that names another customer now, or nobody: points follow it."""

from __future__ import annotations

from pathlib import Path

from tests.link.company import PLAIN, company

APPROVED = PLAIN.replace("completed: shipped", "completed: approved")

ROWS = (
    ("1001", "C1", "2026-03-01 10:00", "M1", 1, "100.00"),
    ("1002", "C2", "2026-03-01 10:00", "M1", 1, "20.00"),
)


def test_an_order_that_is_put_on_another_customer_takes_its_points_along(tmp_path: Path) -> None:
    with company(tmp_path, *ROWS) as erp, erp.connect() as clerk, erp.link(APPROVED, writes=frozenset()) as link:
        link.sync()
        assert {row.code: row.points for row in link.members.top(9)} == {"C1": 100, "C2": 20}
        order = clerk.orders.get("1001")
        clerk.orders.act("1001", "unaudit")
        model = {"FID": order.id, "FCustId": {"FNumber": "C2"}}
        data = {"NeedUpDateFields": ["FCustId"], "IsDeleteEntry": "false", "Model": model}
        clerk.raw.call("Save", {"formid": "SAL_SaleOrder", "data": data})
        clerk.orders.act("1001", "submit")
        clerk.orders.act("1001", "audit")
        erp.clock.advance(2)
        link.sync()
        assert {row.code: row.points for row in link.members.top(9)} == {"C1": 0, "C2": 120}
