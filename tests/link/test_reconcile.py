"""What an ERP has against what is kept, and what it shows against the books: found, told, and repaired on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from attrs import define, evolve, field

from erplink import AsyncLink, Conflict, Link, ShapeChanged, connect, connect_async
from erplink.facade.erp import Erp
from erplink.facade.step import iterate
from erplink.link.values import Plan, Repaired
from erplink.model.documents import Document, Entity, Key
from erplink.store import tables as t
from erplink.wire.adapter import KeyPage
from tests.databases import Databases
from tests.link.company import Company, company

ROWS = (
    ("1001", "C1", "2026-03-01 10:00", "M1", 1, "100.00"),
    ("1002", "C1", "2026-03-01 11:00", "M1", 1, "30.00"),
    ("1003", "C2", "2026-03-01 12:00", "M1", 1, "20.00"),
)


@define
class Shop:
    """A company, a clerk at its ERP, and a link that has synced."""

    company: Company
    clerk: Erp
    link: Link

    def sync(self) -> None:
        self.company.clock.advance(2)
        self.link.sync()

    def points(self) -> dict[str, int]:
        return {row.code: row.points for row in self.link.members.top(9)}

    def shown(self) -> dict[str, object]:
        return {one.number: one.custom["points"] for one in self.clerk.customers.list()}

    def delete(self, number: str) -> None:
        """Take an order back to draft and delete it: it leaves no trace."""
        self.clerk.orders.act(number, "unaudit")
        self.sync()
        self.clerk.orders.act(number, "delete")

    def lose(self, entity: str, number: str) -> None:
        """Lose a document from the database, as a restored backup would."""
        with self.link._desk.store.begin() as connection:
            d = t.documents.c
            connection.execute(t.documents.delete().where(d.entity == entity, d.number == number))


@contextmanager
def shop(place: Path | Databases) -> Iterator[Shop]:
    with company(place, *ROWS) as erp, erp.connect() as clerk, erp.link() as link:
        opened = Shop(erp, clerk, link)
        opened.sync()
        opened.sync()
        yield opened


def told(plan: Plan) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for each in plan.first:
        found.setdefault((each.entity, each.kind), []).append(each.number)
    assert {(each.entity, each.kind): each.number for each in plan.counts} == {
        key: len(each) for key, each in found.items()
    }
    return found


def test_where_nothing_differs_the_plan_is_empty(databases: Databases) -> None:
    with shop(databases) as here:
        plan = here.link.reconcile()
        assert plan.clean
        assert plan.compared == sum(here.link.overview().documents.values())
        assert here.company.stats()["writes"] == 2


def test_points_of_a_deleted_order_are_taken_back(databases: Databases) -> None:
    with shop(databases) as here:
        before = here.link.export()
        here.delete("1001")
        here.sync()
        assert here.points() == {"C1": 30, "C2": 20}, "taken back when it was opened, but it is still waited for"
        assert here.link.overview().tallies["order_draft"] == 1
        plan = here.link.reconcile()
        assert told(plan) == {("orders", "gone"): ["1001"]}
        assert here.link.export() != before
        done = here.link.repair(plan)
        assert (done.gone, done.asked, done.there, done.rewritten) == (1, 0, 0, 0)
        here.sync()
        assert "order_draft" not in here.link.overview().tallies
        assert here.link.reconcile().clean


def test_points_of_an_order_deleted_in_force_are_taken_back_though_nothing_else_is_left(tmp_path: Path) -> None:
    with shop(tmp_path) as here:
        with without(here, "orders", "1003"), without(here, "shipments", "1003"):
            plan = here.link.reconcile()
            assert told(plan)["orders", "gone"] == ["1003"]
            here.link.repair(plan)
            here.link.sync()
            assert here.points() == {"C1": 130, "C2": 0}
            assert here.shown() == {"C1": 130, "C2": 0}
        plan = here.link.reconcile()
        assert told(plan)["orders", "missing"] == ["1003"]
        here.link.repair(plan)
        here.sync()
        assert here.points() == {"C1": 130, "C2": 20}


def test_what_the_store_lost_is_read_again(databases: Databases) -> None:
    with shop(databases) as here:
        ledger = here.link.export()
        here.lose("orders", "1002")
        here.lose("customers", "C2")
        plan = here.link.reconcile()
        assert told(plan) == {("customers", "missing"): ["C2"], ("orders", "missing"): ["1002"]}
        assert here.link.repair(plan).asked == 2
        here.sync()
        assert here.link.reconcile().clean
        assert here.link.export() == ledger


def test_a_version_that_never_arrived_is_read_again_also_when_its_stamp_is_older(databases: Databases) -> None:
    with shop(databases) as here:
        with here.link._desk.store.begin() as connection:
            wrong = t.documents.update().where(t.documents.c.number == "1002", t.documents.c.entity == "orders")
            connection.execute(wrong.values(version="2099-01-01T00:00:00"))
        plan = here.link.reconcile()
        assert told(plan) == {("orders", "different"): ["1002"]}
        here.link.repair(plan)
        here.sync()
        assert here.link.reconcile().clean


def test_what_somebody_typed_over_a_balance_is_written_again(databases: Databases) -> None:
    with shop(databases) as here:
        here.clerk.customers.update("C1", {"points": 999999})
        here.sync()
        plan = here.link.reconcile()
        assert told(plan) == {("customers", "shown"): ["C1"]}
        assert plan.first[0].detail == "shows points 999999; by the books points 130"
        assert here.link.repair(plan).rewritten == 1
        here.sync()
        assert here.shown() == {"C1": 130, "C2": 20}
        here.sync()
        assert here.link.reconcile().clean


def test_what_is_on_its_way_is_no_difference(tmp_path: Path) -> None:
    with shop(tmp_path) as here:
        member = here.link.members.find(code="C1")
        here.link.points.redeem(member, 10, gift="GIFT-001", key="one")
        here.link.sync(push=False)
        assert here.link.reconcile().clean, "not written yet"
        here.link.sync()
        assert here.link.reconcile(entities=["customers"]).clean, "written, and not read since"


@define
class Odd:
    """An adapter whose streams are not of one instant."""

    erp: Erp
    hidden: set[tuple[Entity, str]] = field(factory=set)
    keys_only: bool = False
    before_get: Callable[[str], object] = lambda _: None
    asked: list[str] = field(factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.erp.adapter, name)

    async def keys(self, entity: Entity, after: str = "") -> Any:  # noqa: ANN401
        async for page in self.erp.adapter.keys(entity, after):
            there = tuple(key for key in page.keys if (entity, key.number) not in self.hidden)
            yield KeyPage(there, page.token)

    async def get(self, entity: Entity, number: str) -> Document:
        self.asked.append(number)
        self.before_get(number)
        if (entity, number) in self.hidden and not self.keys_only:
            number = f"no {number}"
        return await self.erp.adapter.get(entity, number)


@contextmanager
def through(here: Shop, odd: Odd) -> Iterator[Odd]:
    (attached,) = here.link._desk.attached
    here.link._desk.attached[0] = evolve(attached, adapter=cast("Any", odd))
    yield odd
    here.link._desk.attached[0] = attached


@contextmanager
def without(here: Shop, entity: Entity, number: str) -> Iterator[None]:
    """As if the ERP had deleted a document that is in force."""
    (attached,) = here.link._desk.attached
    erp = attached.adapter
    odd = erp if isinstance(erp, Odd) else Odd(here.clerk)
    odd.hidden.add((entity, number))
    with through(here, odd):
        yield
    odd.hidden.discard((entity, number))


def test_what_only_seemed_to_be_gone_is_looked_at_again_and_left_alone(tmp_path: Path) -> None:
    with shop(tmp_path) as here, through(here, Odd(here.clerk, {("orders", "1001")}, keys_only=True)) as odd:
        assert here.link.reconcile().clean
        assert odd.asked == ["1001"]


def test_what_came_back_between_plan_and_repair_is_left_alone(tmp_path: Path) -> None:
    with shop(tmp_path) as here:
        with without(here, "orders", "1001"):
            plan = here.link.reconcile()
        assert told(plan) == {("orders", "gone"): ["1001"]}
        done = here.link.repair(plan)
        assert (done.gone, done.there) == (0, 1)
        here.sync()
        assert here.points() == {"C1": 130, "C2": 20}


def test_what_arrived_while_it_was_looked_at_is_no_difference(tmp_path: Path) -> None:
    with shop(tmp_path) as here:
        here.lose("orders", "1002")
        with through(here, Odd(here.clerk, before_get=lambda _: restore(here))):
            assert here.link.reconcile().clean


def restore(here: Shop) -> None:
    with Link.open(here.company.database(), space="acme") as other:
        other.attach("kingdee", here.clerk)
        plan = other.reconcile(entities=["orders"])
        other.repair(plan)
        other.sync(push=False)


def test_more_deletions_than_allowed_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    with shop(tmp_path) as here, without(here, "orders", "1001"), without(here, "orders", "1003"):
        here.lose("customers", "C2")
        plan = here.link.reconcile()
        with pytest.raises(Conflict, match="2 documents would count as deleted"):
            here.link.repair(plan, at_most=1)
        assert told(here.link.reconcile()) == told(plan)
        assert here.link.repair(plan, at_most=2).gone == 2


def test_a_walk_that_is_interrupted_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erplink.sync.reconcile.BATCH", 1)

    class Stop(Exception):
        pass

    with shop(tmp_path) as here, without(here, "orders", "1001"), without(here, "orders", "1003"):
        seen: list[int] = []

        def tell(progress: Any) -> None:  # noqa: ANN401
            seen.append(progress.done)
            if progress.what == "orders" and progress.done == 2:
                raise Stop

        with pytest.raises(Stop):
            here.link.reconcile(entities=["orders"], progress=tell)
        whole = here.link.reconcile(entities=["orders"])
        assert whole.compared == 1
        assert told(whole) == {("orders", "gone"): ["1001", "1003"]}


def test_the_plan_lists_the_first_and_counts_and_repairs_all(tmp_path: Path) -> None:
    with shop(tmp_path) as here:
        for number in ("1001", "1002", "1003"):
            here.lose("orders", number)
        plan = here.link.reconcile(show=1)
        assert [each.number for each in plan.first] == ["1001"]
        assert plan.number("missing") == 3
        assert here.link.repair(plan).asked == 3


def test_a_document_that_cannot_be_read_is_listed_and_left_alone(tmp_path: Path) -> None:
    with shop(tmp_path) as here:
        here.lose("orders", "1002")

        def fail(_: str) -> None:
            raise ShapeChanged("the field should hold a number", where="SAL_SaleOrder.FQty of 1002")

        with through(here, Odd(here.clerk, before_get=fail)):
            plan = here.link.reconcile()
        assert told(plan) == {("orders", "unreadable"): ["1002"]}
        assert here.link.repair(plan) == Repaired()


def test_the_asynchronous_door_does_the_same(tmp_path: Path) -> None:
    with shop(tmp_path) as here:
        here.lose("orders", "1002")

        async def main() -> tuple[Mapping[str, int], int]:
            async with (
                connect_async(here.company.settings(), parallel=2) as erp,
                AsyncLink.open(here.company.database(), space="acme") as link,
            ):
                link.attach("kingdee", erp)
                plan = await link.reconcile()
                done = await link.repair(plan)
                return {each.kind: each.number for each in plan.counts}, done.asked

        assert anyio.run(main) == ({"missing": 1}, 1)


def test_keys_come_in_order_whatever_the_page(tmp_path: Path) -> None:
    with company(tmp_path, *ROWS, page_limit=2) as erp, connect(erp.settings(page=2)) as clerk:
        pages = list(iterate(clerk.adapter.keys("orders")))
        found = [key for page in pages for key in page.keys]
        assert found == sorted(found, key=lambda key: key.place)
        assert found == [Key(one.id, one.number, one.version) for one in clerk.orders.list()]
        rest = [key for page in iterate(clerk.adapter.keys("orders", pages[0].token)) for key in page.keys]
        assert rest == found[2:] != []
