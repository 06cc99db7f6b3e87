"""Host events: told after the commit, at least once, in order, and only to those who listen."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from erplink import AsyncLink, ConfigInvalid, connect_async
from erplink.facade.clock import utc_now
from erplink.link.values import HostEvent
from tests.link.company import PLAIN, WRITES, Company, company

ROW = ("1001", "C1", "2026-03-02 10:00", "M1", 10, "100.00")


def names(told: list[HostEvent]) -> list[str]:
    return [event.name for event in told]


def test_what_came_true_is_told_once_and_in_order(tmp_path: Path) -> None:
    told: list[HostEvent] = []
    with company(tmp_path, ROW) as shop, shop.link(PLAIN) as link:
        for name in ("points.changed", "gift.done", "gift.refused"):
            link.on(name, told.append)
        link.sync()
        member = link.members.find(code="C1")
        order = link.points.redeem(member, 400, gift="GIFT-001", key="one").order
        link.sync()
        link.sync()
    assert names(told) == ["points.changed", "points.changed", "gift.done"]
    assert [dict(event.data).get("balance") for event in told] == [1000, 600, None]
    assert told[-1].data == {"order": order}
    assert {event.member for event in told} == {member.id}
    assert not any(event.again for event in told)


def test_a_refused_gift_is_told_with_its_reason_and_the_points_that_came_back(tmp_path: Path) -> None:
    told: list[HostEvent] = []
    with company(tmp_path, ROW) as shop, shop.link(PLAIN) as link:
        link.on("points.changed", told.append)
        link.on("gift.refused", told.append)
        link.sync()
        link.points.redeem(link.members.find(code="C1"), 400, gift="NO-SUCH-GIFT", key="one")
        link.sync()
    assert names(told) == ["points.changed", "points.changed", "points.changed", "gift.refused"]
    assert told[2].data["entries"] == [["restore", 400]]
    assert told[3].data["reason"]


def test_a_listener_that_fails_is_called_again_under_the_same_key(tmp_path: Path) -> None:
    told: list[HostEvent] = []

    def fail_once(event: HostEvent) -> None:
        told.append(event)
        if len(told) == 1:
            raise OSError("the mail server is away")

    with company(tmp_path, ROW) as shop, shop.link(PLAIN) as link:
        link.on("points.changed", fail_once)
        report = link.sync()
    assert report.told.done == 1
    assert [event.again for event in told] == [False, True]
    assert told[0].key == told[1].key


def test_nothing_is_kept_for_those_who_do_not_listen(tmp_path: Path) -> None:
    told: list[HostEvent] = []
    with company(tmp_path, ROW) as shop, shop.link(PLAIN) as link:
        link.sync()
        link.on("points.changed", told.append)
        link.sync()
    assert told == []


def test_an_event_has_one_listener_and_a_name_that_exists(tmp_path: Path) -> None:
    with company(tmp_path, ROW) as shop, shop.link(PLAIN) as link:
        link.on("points.changed", print)
        with pytest.raises(ConfigInvalid, match="has a listener already"):
            link.on("points.changed", print)
        with pytest.raises(ConfigInvalid, match="listen to one of"):
            link.on("points.changd", print)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_asynchronous_listener_is_awaited(tmp_path: Path, backend: str) -> None:
    told: list[HostEvent] = []

    async def listen(event: HostEvent) -> None:
        await anyio.lowlevel.checkpoint()
        told.append(event)

    async def run(shop: Company) -> None:
        url = f"sqlite:///{shop.folder / 'books.db'}"
        async with connect_async(shop.settings()) as erp, AsyncLink.open(url, space="acme", clock=utc_now) as link:
            await link.policies.publish(PLAIN)
            link.attach("kingdee", erp, writes=WRITES)
            link.on("points.changed", listen)
            await link.sync()

    with company(tmp_path, ROW) as shop:
        anyio.run(run, shop, backend=backend)
    assert names(told) == ["points.changed"]
