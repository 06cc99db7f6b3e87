"""An old ERP in the whole loop: sales become points, points become a gift order, a refusal gives them back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from erplink import Link
from erplink.facade.clock import utc_now
from tests.erp.sql.between import OUTBOUND, REPORTS, UPDATES, inbox
from tests.erp.sql.conftest import Place, on
from tests.erp.sql.old_erp import ORDERS, entry, order, tables

POLICY = """
programme: Points
id: p1
zone: Asia/Shanghai
assembly: {completed: closed}
points:
  clock: completed_at
  rules:
    - {id: base, kind: rate, per_yuan: "1"}
"""
CUSTOMERS = """
[entities.customers]
table = "t_Organization"

[entities.customers.fields]
number = "FNumber"
name = "FName"
phone = "FPhone"
modified = "FModified"
status = { value = "approved" }
"""
MANIFEST = ORDERS + CUSTOMERS + UPDATES


@on("sqlite", "postgresql")
@pytest.mark.parametrize("cancels", [True, False])
def test_sales_become_points_and_a_refused_gift_gives_them_back(place: Place, cancels: bool) -> None:  # noqa: FBT001
    gifts = REPORTS if cancels else REPORTS.replace('cancelled = "X"\n', "")
    with inbox(place) as old:
        orders, entries = tables(old.metadata)
        columns = [sa.Column(name, sa.String(30)) for name in ("FNumber", "FName", "FPhone")]
        people = sa.Table("t_Organization", old.metadata, *columns, sa.Column("FModified", sa.DateTime))
        old.make()
        stamp = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - wall time
        old.put(people, [{"FNumber": "C1", "FName": "客户一", "FPhone": "13900001111", "FModified": stamp}])
        old.put(orders, [order(n, FStatus=3, FCustNo="C1") for n in range(1, 4)])
        old.put(entries, [entry(n, FAmount=100.5) for n in range(1, 4)])
        later = [utc_now()]
        books = f"sqlite:///{place.folder / 'books.db'}"
        with (
            old.open(MANIFEST + gifts) as erp,
            Link.open(books, space="acme", clock=lambda: later[0]) as link,
        ):
            link.policies.publish(POLICY)
            link.attach("k3", erp, writes={"orders.create", "customers.update"}, lag=timedelta(0))
            link.sync()
            member = link.members.find(code="C1")
            assert link.points.balance(member).points == 300
            assert old.all("SELECT cust, points, source FROM points_in ORDER BY id")[-1][:2] == ("C1", 300)
            link.points.redeem(member, 100, gift="GIFT-1", key="gift-1")
            link.sync()
            assert link.points.redemption("gift-1").state == "pending"  # type: ignore[union-attr]
            assert old.all("SELECT cust, flag FROM orders_in") == [("C1", "N")]
            table = old.metadata.tables["orders_in"]
            old.do(sa.update(table).values(flag="E", err="库存不足"))
            later[0] += timedelta(hours=2)
            link.sync()
            told = link.points.redemption("gift-1")
            assert told is not None
            assert (told.state, "库存不足" in told.outcome) == ("refused", True)
            assert link.points.balance(member).points == 300
            assert old.all("SELECT flag FROM orders_in") == [("X" if cancels else "E",)]
            assert link.sync().unchanged


@on("postgresql")
def test_a_gift_that_the_erp_takes_without_a_word_is_done_when_it_is_written(place: Place) -> None:
    with inbox(place) as old:
        orders, entries = tables(old.metadata)
        old.make()
        old.put(orders, [order(1, FStatus=3, FCustNo="C1")])
        old.put(entries, [entry(1, FAmount=100)])
        books = f"sqlite:///{place.folder / 'books.db'}"
        with old.open(ORDERS + OUTBOUND) as erp, Link.open(books, space="acme") as link:
            link.policies.publish(POLICY)
            link.attach("k3", erp, writes={"orders.create"}, lag=timedelta(0))
            link.sync()
            link.points.redeem(link.members.find(code="C1"), 100, gift="GIFT-1", key="gift-1")
            link.sync()
            assert link.points.redemption("gift-1").state == "done"  # type: ignore[union-attr]
            assert old.all("SELECT sku, qty, amount, gift FROM lines_in")[0][::3] == ("GIFT-1", "Y")
