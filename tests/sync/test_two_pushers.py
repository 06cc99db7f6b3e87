"""Two processes that push from one database at the same time: what one of them does late must not spoil the books."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from attrs import define

from erplink import Link
from erplink.errors import Refused
from erplink.facade.clock import utc_now
from erplink.facade.erp import Erp
from erplink.model.documents import Document, Entity, Scalar
from tests.databases import Databases
from tests.link.company import PLAIN, WRITES, Company, company

ROW = ("1001", "C1", "2026-03-02 10:00", "M1", 10, "100.00")


@define
class Late:
    """An adapter whose first write is overtaken: somebody else works before it arrives, or before it is refused."""

    erp: Erp
    meanwhile: Callable[[], object]
    refusal: Refused | None = None
    overtaken: bool = False

    def __getattr__(self, name: str) -> object:
        return getattr(self.erp.adapter, name)

    def _wait(self) -> bool:
        first, self.overtaken = not self.overtaken, True
        if first:
            self.meanwhile()
        return first

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        self._wait()
        await self.erp.adapter.update(entity, number, changes)

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        if self._wait() and self.refusal is not None:
            raise self.refusal
        return await self.erp.adapter.create(entity, document, key)


@define
class Handle:
    """What a link needs of an opened system."""

    adapter: Late
    io: Any


def overtaken(shop: Company, other: Link, *, meanwhile: Callable[[], object], refusal: Refused | None = None) -> None:
    """One sync by a second process on the same books, whose first write is overtaken."""
    with shop.connect() as erp, Link.open(shop.database(), space="acme") as late:
        late.attach("kingdee", cast("Erp", Handle(Late(erp, meanwhile, refusal), erp.io)), writes=WRITES)
        late.sync()
    other.sync()


def shown(shop: Company) -> int:
    return next(int(each["head"]["F_ERPL_Points"]) for each in shop.written() if each["form"] == "BD_Customer")


def much_later() -> datetime:
    """An instant at which the lease of whoever works now has run out."""
    return utc_now() + timedelta(minutes=11)


def test_a_balance_that_arrives_after_a_newer_one_is_followed_by_the_newer_one(databases: Databases) -> None:
    with company(databases, ROW) as shop, shop.link(PLAIN, clock=much_later) as link:
        link.sync(push=False)
        member = link.members.find(code="C1")
        seen: list[int] = []

        def spend() -> None:
            link.points.redeem(member, 400, gift="GIFT-001", key="one")
            link.sync()
            seen.append(shown(shop))

        overtaken(shop, link, meanwhile=spend)
        assert seen == [600]
        assert link.points.balance(member).points == shown(shop) == 600


def test_a_balance_that_changes_while_it_is_written_is_written_once_more(databases: Databases) -> None:
    with company(databases, ROW) as shop, shop.link(PLAIN) as link:
        link.sync(push=False)
        member = link.members.find(code="C1")

        def spend() -> None:
            link.points.redeem(member, 400, gift="GIFT-001", key="one")
            link.sync()

        overtaken(shop, link, meanwhile=spend)
        assert link.points.balance(member).points == shown(shop) == 600


def test_a_refusal_that_comes_after_the_order_was_done_gives_no_points_back(databases: Databases) -> None:
    with company(databases, ROW) as shop, shop.link(PLAIN, clock=much_later) as link:
        link.sync()
        member = link.members.find(code="C1")
        order = link.points.redeem(member, 400, gift="GIFT-001", key="one", at=utc_now()).order
        overtaken(shop, link, meanwhile=link.sync, refusal=Refused("somebody works on it", where="Audit"))
        redemption = link.points.redemption("one")
        assert redemption is not None
        assert redemption.state == "done"
        assert link.points.balance(member).points == shown(shop) == 600
        written = next(each for each in shop.written() if each["number"] == order)
        assert (written["head"]["FDocumentStatus"], written["head"]["FCancelStatus"]) == ("C", "A")
