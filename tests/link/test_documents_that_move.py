"""A document that names another customer now, or nobody: points follow it."""

from __future__ import annotations

from pathlib import Path

import pytest

from erplink import Erp
from erplink.link.values import Progress
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
        hand_over(clerk, "1001", "C2")
        erp.clock.advance(2)
        link.sync()
        assert {row.code: row.points for row in link.members.top(9)} == {"C1": 0, "C2": 120}


def test_a_sync_that_follows_an_interrupted_one_reads_what_came_since_as_well(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(step: Progress) -> None:
        if step.what == "orders":
            raise Stop

    with company(tmp_path, *ROWS) as erp, erp.connect() as clerk, erp.link(APPROVED, writes=frozenset()) as link:
        with pytest.raises(Stop):
            link.sync(progress=stop)
        erp.clock.advance(60)
        hand_over(clerk, "1001", "C2")
        erp.clock.advance(2)
        link.sync()
        assert {row.code: row.points for row in link.members.top(9)} == {"C2": 120}


def hand_over(clerk: Erp, number: str, customer: str) -> None:
    """Put an approved order on another customer."""
    order = clerk.orders.get(number)
    clerk.orders.act(number, "unaudit")
    model = {"FID": order.id, "FCustId": {"FNumber": customer}}
    data = {"NeedUpDateFields": ["FCustId"], "IsDeleteEntry": "false", "Model": model}
    clerk.raw.call("Save", {"formid": "SAL_SaleOrder", "data": data})
    clerk.orders.act(number, "submit")
    clerk.orders.act(number, "audit")
