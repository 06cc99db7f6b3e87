"""Events from a broker in this process: what an intake promises, wherever they come from."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from erplink import AsyncLink, ConfigInvalid, Inbox, Link, NotFound, ProtocolBroken, Store
from erplink.facade.clock import utc_now
from erplink.link.values import HostEvent, Taken
from erplink.testing.broker import MemoryBroker
from tests.brokers.orders import POLICY, event, events, kept, points_in
from tests.link.company import company
from tests.link.test_loop import SHOP


def filled(*bodies: bytes) -> MemoryBroker:
    broker = MemoryBroker()
    for body in bodies:
        broker.publish(body)
    return broker


def test_events_award_points_once_and_tell_who_listens(database: str) -> None:
    broker = filled(*events(range(120)), *events(range(20)))
    told: list[HostEvent] = []
    with Link.open(database, space="acme") as link:
        link.policies.publish(POLICY)
        link.on("points.changed", told.append)
        assert link.intake("shop", broker, until_empty=True, batch=50) == Taken(new=120, repeated=20)
        booked = link.book()
        assert (booked.decided, booked.entries) == (50, 120)
        assert [(name, done.done) for name, done in booked.worked] == [("shop", 120)]
        assert points_in(link.export()) == 1200
        again = link.book()
        assert (again.worked, again.entries) == ((), 0)
        assert link.members.find(code="C0001").codes == (("shop", "C0001"),)
    assert len({each.member for each in told}) == 50


def test_events_worked_off_long_ago_may_be_forgotten_and_what_they_earned_stays(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("erplink.facade.forget.PIECE", 7)
    with Link.open(database, space="acme") as link, Link.open(database, space="other") as other:
        for each in (link, other):
            each.policies.publish(POLICY)
            each.intake("shop", filled(*events(range(20))), until_empty=True)
            each.book()
        link.intake("shop", filled(event(99)), until_empty=True)
        assert link.forget_events(utc_now() - timedelta(hours=1)) == 0
        assert link.forget_events(utc_now()) == 20
        assert link.intake("shop", filled(*events(range(20)), event(99)), until_empty=True) == Taken(new=20, repeated=1)
        assert link.book().entries == 1
        assert points_in(link.export()) == 210
        assert other.intake("shop", filled(*events(range(20))), until_empty=True) == Taken(repeated=20)


def test_a_late_older_version_of_a_document_changes_nothing(database: str) -> None:
    newer = event(1, version=2).replace(b'"10.00"', b'"30.00"')
    with Link.open(database, space="acme") as link:
        link.policies.publish(POLICY)
        link.intake("shop", filled(newer), until_empty=True)
        link.book()
        link.intake("shop", filled(event(1, version=1)), until_empty=True)
        link.book()
        assert points_in(link.export()) == 30


def test_orders_of_nobody_are_kept_and_award_nothing(database: str) -> None:
    with Link.open(database, space="acme") as link:
        link.policies.publish(POLICY)
        link.intake("shop", filled(event(1).replace(b"C0001", b"WALKIN"), event(2)), until_empty=True)
        link.book()
        assert points_in(link.export()) == 10
        assert link.overview().documents == {"orders": 2}


def test_two_systems_may_use_the_same_ids(database: str) -> None:
    with Link.open(database, space="acme") as link:
        link.policies.publish(POLICY)
        for system in ("shop", "till"):
            assert link.intake(system, filled(event(1)), until_empty=True) == Taken(new=1)
        assert [name for name, _ in link.book().worked] == ["shop", "till"]
        assert points_in(link.export()) == 20


def test_a_sync_and_a_worker_work_off_what_came_in(tmp_path: Path) -> None:
    with company(tmp_path, *SHOP) as erp, erp.link() as link:
        link.sync()
        entries = len(link.export())
        link.intake("shop", filled(event(1)), until_empty=True)
        assert [(name, done.done) for name, done in link.sync().worked] == [("shop", 1)]
        link.intake("shop", filled(event(2)), until_empty=True)
        done = link.worker().run_once()
        assert [str(turn) for turn, each in done.delivered if each.done and turn.system == "shop"] == ["documents shop"]
        assert link.overview().documents["orders"] > 2
        assert len(link.export()) == entries  # that policy waits for shipments


def test_events_of_other_types_are_for_the_handlers_of_the_application(database: str) -> None:
    broker, handled = MemoryBroker(), []
    for _ in range(2):
        broker.publish({"id": "1", "type": "coupons.issued", "subject": "C1", "data": {"coupon": "X"}})
    with Link.open(database, space="acme") as link:
        link.policies.publish(POLICY)
        assert link.intake("shop", broker, until_empty=True) == Taken(new=1, repeated=1)
        assert link.book().worked == ()
    assert kept(database) == [("shop::1", "C1")]
    store = Store.open(database)
    inbox = Inbox(store, space="acme")
    for _ in range(2):
        inbox.work({"coupons.issued": lambda _, message: handled.append((message.key, message.payload))})
    store.close()
    assert handled == [("shop::1", {"coupon": "X"})]


def test_a_letter_that_never_became_a_message_cannot_be_tried_again(database: str) -> None:
    with Link.open(database, space="acme") as link:
        link.intake("shop", filled(b"no event"), until_empty=True)
        (letter,) = link.dead.list()
        with pytest.raises(NotFound, match="have its sender publish it again"):
            link.dead.replay(letter.id)
        assert [each.id for each in link.dead.list()] == [letter.id]
        link.dead.drop(letter.id)
        assert link.dead.list() == []


def test_what_is_not_acknowledged_comes_again() -> None:
    broker = filled(*events(range(10)))

    class StoppedError(Exception):
        pass

    def stop(_: object) -> None:
        raise StoppedError

    with Link.open("sqlite://", space="acme") as link:
        with pytest.raises(StoppedError):
            link.intake("shop", broker, until_empty=True, batch=4, progress=stop)
        assert broker.left == 6
        assert link.intake("shop", broker, until_empty=True) == Taken(new=6)
    assert broker.left == 0


@pytest.mark.parametrize(
    ("system", "given", "why"),
    [
        ("", {}, "1 to 120"),
        ("s" * 121, {}, "1 to 120"),
        ("shop", {"batch": 0}, "at least 1"),
        ("shop", {"limit": 0}, "at least 1"),
    ],
)
def test_an_intake_that_makes_no_sense_is_refused(system: str, given: dict[str, Any], why: str) -> None:
    broker = filled(event(1))
    with Link.open("sqlite://", space="acme") as link, pytest.raises(ConfigInvalid, match=why):
        link.intake(system, broker, until_empty=True, **given)
    assert broker.left == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks_take_in_and_book_too(database: str, backend: str) -> None:
    async def main() -> int:
        async with AsyncLink.open(database, space="acme") as link:
            await link.policies.publish(POLICY)
            assert await link.intake("shop", filled(*events(range(30))), until_empty=True) == Taken(new=30)
            return (await link.book()).entries

    assert anyio.run(main, backend=backend) == 30


def test_the_blocking_door_is_not_for_a_running_loop() -> None:
    async def main() -> None:
        with Link.open("sqlite://", space="acme") as link, pytest.raises(ProtocolBroken, match="use AsyncLink"):
            link.intake("shop", filled(), until_empty=True)

    anyio.run(main)
