"""How a space fares, in figures and in complaints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve

from erplink import AsyncLink, Link, NotFound, connect_async
from erplink.link.values import FeedHealth, Health, QueueHealth, Rest, Tolerance, WorkerHealth
from erplink.sync.health import complaints
from tests.databases import Databases
from tests.link.company import PLAIN, WRITES, company
from tests.link.test_loop import SHOP
from tests.worker.test_rounds import Clock, attach

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
WELL = Health(
    at=NOON,
    workers=(WorkerHealth("one", timedelta(seconds=3), NOON - timedelta(days=1), "waits"),),
    queues=(
        QueueHealth("outbox", "kingdee", "customers.update", 9, 1, 0, timedelta(minutes=14), expected=True),
        QueueHealth("outbox", "kingdee", "orders.create", 9, 0, 0, timedelta(days=9), expected=False),
    ),
    feeds=(
        FeedHealth("kingdee", "orders", NOON, timedelta(minutes=14), under_way=False, expected=True),
        FeedHealth("kingdee", "receipts", None, None, under_way=True, expected=True),
        FeedHealth("of old", "orders", NOON, timedelta(days=300), under_way=False, expected=False),
    ),
    rests=(
        Rest("pull", "kingdee", "", NOON, 0, "paused", "", ""),
        Rest("push", "kingdee", "", NOON, 3, "retry", "Unreachable", "no route"),
    ),
    undecided=4,
)


def test_what_is_within_the_tolerance_is_healthy() -> None:
    assert list(complaints(WELL, Tolerance())) == []


@pytest.mark.parametrize(
    ("worse", "words"),
    [
        (
            {"workers": (evolve(WELL.workers[0], age=timedelta(minutes=6)),)},
            "no worker has given a sign of life for 6 min",
        ),
        ({"workers": (), "feeds": ()}, "nothing was ever read into this space"),
        (
            {"queues": (evolve(WELL.queues[0], oldest=timedelta(hours=3)),)},
            "customers.update: 9 wait, the oldest for 3 h",
        ),
        ({"queues": (evolve(WELL.queues[0], dead=2),)}, "2 dead letters wait for a person"),
        ({"feeds": (evolve(WELL.feeds[0], age=timedelta(days=2)),)}, "orders of kingdee were last read up to 2 d ago"),
        (
            {"rests": (evolve(WELL.rests[1], failures=4),)},
            "push kingdee rests until 2026-11-01 12:00:00 UTC, Unreachable",
        ),
        (
            {"rests": (Rest("decide", "", "", NOON, 1, "fix", "ConfigInvalid", "no policy"),)},
            "ConfigInvalid: no policy",
        ),
    ],
)
def test_what_is_beyond_it_is_a_complaint_in_words(worse: dict[str, Any], words: str) -> None:
    (complaint,) = complaints(evolve(WELL, **worse), Tolerance())
    assert words in complaint


def test_a_worker_among_others_may_be_silent() -> None:
    silent = WorkerHealth("gone", timedelta(days=1), NOON, "pull orders")
    assert list(complaints(evolve(WELL, workers=(silent, *WELL.workers)), Tolerance())) == []


def test_the_figures_are_those_of_the_space(databases: Databases) -> None:
    clock = Clock()
    with (
        company(databases, *SHOP) as erp,
        erp.connect() as opened,
        Link.open(erp.database(), space="acme", clock=clock) as link,
    ):
        link.policies.publish(PLAIN)
        moody = attach(link, opened)
        assert "nothing was ever read" in link.health().complaints[0]
        moody.write_raises = NotFound("no such customer")
        link.worker(name="one").run_once()
        link.points.redeem(link.members.find(code="C1"), 7, gift="GIFT-001", key="one")
        clock.advance(minutes=4)
        health = link.health()
        assert [(each.name, each.age, each.doing) for each in health.workers] == [
            ("one", timedelta(minutes=4), "waits")
        ]
        assert [(q.operation, q.waiting, q.parked, q.dead, q.oldest, q.expected) for q in health.queues] == [
            ("customers.update", 1, 1, 0, timedelta(minutes=4), True),
            ("orders.create", 1, 0, 0, timedelta(minutes=4), True),
        ]
        reached = {feed.entity: feed.age for feed in health.feeds}
        assert len(reached) == 6
        assert all(age is not None and timedelta(minutes=3) < age < timedelta(minutes=5) for age in reached.values())
        assert health.healthy
        clock.advance(minutes=12)
        assert link.health(Tolerance(silent=timedelta(hours=1), behind=timedelta(hours=1))).complaints == (
            "outbox kingdee customers.update: 1 wait, the oldest for 16 min",
            "outbox kingdee orders.create: 1 wait, the oldest for 16 min",
        )


def test_what_was_not_named_at_attach_waits_and_is_no_fault(tmp_path: Path) -> None:
    clock, today = Clock(), Tolerance(behind=timedelta(days=1))
    with company(tmp_path, *SHOP) as erp, erp.link(writes=frozenset(), clock=clock) as link:
        link.worker().run_once()
        clock.advance(hours=3)
        link.worker().run_once()
        (queue,) = link.health().queues
        assert (queue.operation, queue.waiting, queue.expected) == ("customers.update", 2, False)
        assert link.health(today).healthy
        with Link.open(erp.database(), space="acme", clock=clock) as outside:
            assert outside.health(today).healthy, "one who attaches nothing sees the same"


def test_dead_letters_are_counted_where_they_lie(tmp_path: Path) -> None:
    with company(tmp_path, *SHOP) as erp, erp.link() as link:

        def refuses(_event: object) -> None:
            raise NotFound("no such member here")

        link.on("points.changed", refuses)
        link.worker().run_once()
        (queue,) = link.health().queues
        assert (queue.box, queue.system, queue.operation, queue.dead) == ("outbox", "host", "points.changed", 2)
        assert link.health().complaints == ("2 dead letters wait for a person",)
        assert link.health(Tolerance(dead=2)).healthy


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_worker_in_tasks_does_the_same(tmp_path: Path, backend: str) -> None:
    with company(tmp_path, *SHOP) as erp:
        with erp.link(database="threads", writes=frozenset()) as other:
            other.worker().run_once()
            expected = other.export()

        async def main() -> list[str]:
            async with (
                connect_async(erp.settings(), parallel=2) as opened,
                AsyncLink.open(erp.database("tasks"), space="acme") as link,
            ):
                await link.policies.publish(PLAIN)
                link.attach("kingdee", opened, writes=WRITES, parallel=2)
                worker = link.worker(name="one")
                async with anyio.create_task_group() as group:
                    group.start_soon(worker.run, ending(worker.stop))
                health = await link.health()
                assert health.workers == ()
                assert {feed.entity for feed in health.feeds} >= {"orders"}
                again = link.worker()
                assert (await again.run_once()).idle
                assert (await link.health()).healthy
                return await link.export()

        assert anyio.run(main, backend=backend) == expected


def ending(stop: Callable[[], None]) -> Callable[[object], None]:
    """What ends a worker after its first round."""
    return lambda _round: stop()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_waiting_worker_in_a_task_wakes_up_to_end(tmp_path: Path, backend: str) -> None:
    with company(tmp_path, *SHOP) as erp:

        async def main() -> int:
            async with connect_async(erp.settings()) as opened, AsyncLink.open("sqlite://", space="acme") as link:
                await link.policies.publish(PLAIN)
                link.attach("kingdee", opened)
                worker = link.worker(pull_every=timedelta(hours=1), look_every=timedelta(hours=1))
                rounds = anyio.Event()
                count = [0]

                def told(_round: object) -> None:
                    count[0] += 1
                    rounds.set()

                with anyio.fail_after(60):
                    async with anyio.create_task_group() as group:
                        group.start_soon(worker.run, told)
                        await rounds.wait()
                        await anyio.wait_all_tasks_blocked()
                        worker.stop()
                return count[0]

        assert anyio.run(main, backend=backend) == 1
