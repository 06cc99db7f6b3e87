"""The main job with Kingdee's other lines: the same points as with a 云星空, whatever goes wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from erplink import Calling, Link, connect
from erplink.erp.kingdee.cosmic import Cosmic
from erplink.erp.kingdee.xingchen import Xingchen
from erplink.testing.worlds import cosmic, xingchen
from erplink.testing.worlds.shop import Shop
from erplink.testing.worlds.shop.site import Site
from tests.link.company import COLUMNS, PLAIN, WRITES, Row, company
from tests.link.test_loop import SHOP, points

PATIENT = Calling(attempts=20, base=0.0, budget=None, breaker=None)
OWN = {"phone": "kdec_mobile", "unionid": "kdec_unionid", "points": "kdec_points"}


def shop(folder: Path, *rows: Row, rate: float = 0.0) -> Shop:
    """A shop that knows these order rows and commits that share of faults."""
    orders = folder / "orders.csv"
    with orders.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(rows)
    faults = ({"rate": rate, "seed": 7, "seconds": 0.01},) if rate else ()
    return Shop(orders=orders, session_seconds=86_400.0, hang_limit=0.05, faults=faults)


@contextmanager
def linked_cosmic(folder: Path, *rows: Row, rate: float = 0.0) -> Iterator[tuple[Link, Site]]:
    """A link to a 苍穹 that may be written to."""
    world = cosmic.CosmicWorld(shop(folder, *rows, rate=rate), tokens_per_minute=10_000)
    with cosmic.serve(world) as running:
        known = running.credentials
        settings = Cosmic(
            url=running.url,
            client_id=known.client_id,
            client_secret=known.client_secret,
            username=known.username,
            account_id=known.account_id,
            custom={"customers": OWN},
            forms={"returns": "kdec/im/kdec_salreturn"},
            calling=PATIENT,
        )
        with connect(settings) as erp, Link.open(f"sqlite:///{folder}/books.db", space="a") as link:
            link.policies.publish(PLAIN)
            link.attach("ours", erp, writes=WRITES)
            yield link, running.site


@contextmanager
def linked_xingchen(folder: Path, *rows: Row, rate: float = 0.0) -> Iterator[tuple[Link, Site]]:
    """A link to a company of 云星辰, which is only read."""
    world = xingchen.XingchenWorld(shop(folder, *rows, rate=rate), calls_per_minute=10**6, tokens_per_minute=10**6)
    with xingchen.serve(world) as running:
        known = running.credentials
        settings = Xingchen(
            url=running.url,
            client_id=known.client_id,
            client_secret=known.client_secret,
            outer_instance_id=known.outer_instance_id,
            custom={"returns": {"order": "src_bill_no", "order_line": "src_entry_id"}},
            calling=PATIENT,
        )
        with connect(settings) as erp, Link.open(f"sqlite:///{folder}/books.db", space="a") as link:
            link.policies.publish(PLAIN)
            link.attach("ours", erp)
            yield link, running.site


def test_orders_become_points_that_a_cosmic_shows(tmp_path: Path) -> None:
    with linked_cosmic(tmp_path, *SHOP) as (link, site):
        link.sync()
        assert points(link) == {"C1": 67, "C2": 0}
        shown = {one.number: int(one.head["points"]) for one in site.books.tables["customers"]}
        assert {code: shown[code] for code in ("C1", "C2")} == {"C1": 67, "C2": 0}
        ledger = link.export()
        assert link.sync().unchanged
        assert link.export() == ledger


def test_a_gift_becomes_one_order_in_force_in_a_cosmic(tmp_path: Path) -> None:
    with linked_cosmic(tmp_path, *SHOP) as (link, site):
        link.sync()
        member = link.members.find(code="C1")
        for _ in range(2):
            link.points.redeem(member, 60, gift="10002", key="cart-1")
        link.sync()
        done = link.points.redemption("cart-1")
        assert done is not None
        assert (done.state, link.points.balance(member).points) == ("done", 7)
        orders = site.books.tables["orders"]
        gifts = [one for one in orders if one.lines[0]["is_gift"]]
        assert [(one.head["customer_code"], one.head["status"]) for one in gifts] == [("C1", "已审核")]


def test_a_cosmics_ledger_is_the_one_a_kingdee_gives_though_every_sixth_call_fails(tmp_path: Path) -> None:
    (tmp_path / "kingdee").mkdir()
    with company(tmp_path / "kingdee", *SHOP) as erp, erp.link() as link:
        link.sync()
        expected = [line.replace("kingdee:", "ours:") for line in link.export()]
    with linked_cosmic(tmp_path, *SHOP, rate=0.15) as (link, site):
        for _ in range(30):
            if link.sync().unchanged:
                break
        assert link.export() == expected
        assert site.faults.injected.total() > 0


def test_orders_of_a_xingchen_become_points_and_nothing_is_written(tmp_path: Path) -> None:
    with linked_xingchen(tmp_path, *SHOP, rate=0.15) as (link, site):
        for _ in range(30):
            if link.sync().unchanged:
                break
        assert points(link) == {"C1": 67, "C2": 0}
        assert site.books.writes == 0
        assert site.faults.injected.total() > 0
