"""The main job with an ERP that only a manifest describes: the same points as with a Kingdee, whatever goes wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve

from erplink import Calling, Link, connect, load_manifest
from erplink.facade.manifest import secrets_of
from erplink.manifest.settings import Described
from erplink.testing.worlds.rest import Running, house, serve
from erplink.testing.worlds.rest.manifest import manifest_of
from tests.link.company import COLUMNS, PLAIN, WRITES, Row, company
from tests.link.test_loop import SHOP, points

HOUSES = ("modern", "classic", "signed", "typed")


@contextmanager
def described(name: str, folder: Path, *rows: Row, rate: float = 0.0) -> Iterator[tuple[Link, Running]]:
    """A link to one of the houses, which knows these order rows and commits that share of faults."""
    orders = folder / "orders.csv"
    with orders.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(rows)
    world = house(name)
    faults = ({"rate": rate, "seed": 7, "seconds": 0.01},) if rate else ()
    world = evolve(world, shop=evolve(world.shop, orders=orders, hang_limit=0.05, faults=faults))
    manifest = folder / "erp.toml"
    manifest.write_text(manifest_of(world), encoding="utf-8")
    with serve(world) as running:
        secrets = {each: str(getattr(world.credentials, each)) for each in secrets_of(manifest)}
        settings = load_manifest(manifest, secrets=secrets, variables={"base": running.url})
        assert isinstance(settings, Described)
        patient = Calling(attempts=20, base=0.0, budget=None, breaker=None)
        with (
            connect(evolve(settings, calling=patient)) as erp,
            Link.open(f"sqlite:///{folder}/books.db", space="a") as link,
        ):
            link.policies.publish(PLAIN)
            link.attach("ours", erp, writes=WRITES)
            yield link, running


def balances(running: Running) -> dict[str, int]:
    """What the ERP shows of points."""
    records = running.site.books.tables["customers"].records.values()
    return {record.number: int(record.head["points"]) for record in records}


@pytest.mark.parametrize("name", HOUSES)
def test_orders_become_points_that_the_erp_shows(name: str, tmp_path: Path) -> None:
    with described(name, tmp_path, *SHOP) as (link, running):
        link.sync()
        assert points(link) == {"C1": 67, "C2": 0}
        assert {code: balances(running)[code] for code in ("C1", "C2")} == {"C1": 67, "C2": 0}
        ledger = link.export()
        assert link.sync().unchanged
        assert link.export() == ledger


@pytest.mark.parametrize("name", HOUSES)
def test_a_gift_becomes_one_order_in_force(name: str, tmp_path: Path) -> None:
    with described(name, tmp_path, *SHOP) as (link, running):
        link.sync()
        member = link.members.find(code="C1")
        link.points.redeem(member, 60, gift="10002", key="cart-1")
        link.points.redeem(member, 60, gift="10002", key="cart-1")
        link.sync()
        done = link.points.redemption("cart-1")
        assert done is not None
        assert (done.state, link.points.balance(member).points) == ("done", 7)
        records = running.site.books.tables["orders"].records.values()
        assert [record.head["customer_code"] for record in records if record.lines[0]["is_gift"]] == ["C1"]


@pytest.mark.parametrize("name", HOUSES)
def test_the_ledger_is_the_one_a_kingdee_gives_though_every_sixth_call_fails(name: str, tmp_path: Path) -> None:
    (tmp_path / "kingdee").mkdir()
    with company(tmp_path / "kingdee", *SHOP) as erp, erp.link() as link:
        link.sync()
        expected = [line.replace("kingdee:", "ours:") for line in link.export()]
    with described(name, tmp_path, *SHOP, rate=0.15) as (link, running):
        for _ in range(30):
            if link.sync().unchanged:
                break
        assert sum(running.site.faults.injected.values()) > 0
        assert sorted(link.export()) == sorted(expected)
        assert {code: balances(running)[code] for code in ("C1", "C2")} == {"C1": 67, "C2": 0}
