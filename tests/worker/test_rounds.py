"""A worker's rounds through the public door: what is due is done, and what fails holds up nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import define, field

from erplink import ConfigInvalid, Link, connect
from erplink.errors import NotPermitted, Paused, Sent, Unreachable
from erplink.facade.clock import utc_now
from erplink.facade.erp import Erp
from erplink.link.values import HostEvent, Progress, Round
from erplink.model.documents import Document, Entity, Scalar
from erplink.store import queue, turns
from erplink.wire.adapter import Page, Window
from tests.databases import Databases
from tests.link.company import PLAIN, WRITES, company
from tests.link.test_loop import SHOP


@define
class Clock:
    """The clock of whoever works, moved by hand."""

    now: datetime = field(factory=utc_now)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **how: float) -> None:
        self.now += timedelta(**how)


@define
class Moody:
    """An adapter that raises what a test wants where a test wants it, and behaves otherwise."""

    erp: Erp
    clock_raises: Exception | None = None
    entities: Mapping[str, Exception] = field(factory=dict)
    write_raises: Exception | None = None
    writes: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.erp.adapter, name)

    async def clock(self) -> datetime:
        if self.clock_raises is not None:
            raise self.clock_raises
        return await self.erp.adapter.clock()

    def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        if entity in self.entities:
            raise self.entities[entity]
        return self.erp.adapter.pages(entity, window, after)

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        self.writes += 1
        if self.write_raises is not None:
            raise self.write_raises
        await self.erp.adapter.update(entity, number, changes)

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        return await self.erp.adapter.create(entity, document, key)


@define
class Handle:
    """What a link needs of an opened system."""

    adapter: Moody
    io: Any


def attach(link: Link, erp: Erp, name: str = "kingdee", writes: Collection[str] = WRITES) -> Moody:
    """Attach a system whose mood a test decides."""
    moody = Moody(erp)
    link.attach(name, cast("Erp", Handle(moody, erp.io)), writes=writes)
    return moody


def problems(done: Round) -> list[tuple[str, str]]:
    return [(str(problem.part), type(problem.error).__name__) for problem in done.problems]


def points(link: Link) -> dict[str, int]:
    return {row.code: row.points for row in link.members.top(10)}


def test_a_round_reads_decides_writes_and_tells_and_the_next_one_has_nothing_to_do(databases: Databases) -> None:
    told: list[HostEvent] = []
    with company(databases, *SHOP) as erp, erp.link() as link:
        link.on("points.changed", told.append)
        worker = link.worker()
        first = worker.run_once()
        assert points(link) == {"C1": 67, "C2": 0}
        assert {each.entity: each.fresh for each in first.pulled}["orders"] == 3
        assert [(str(part), done.done) for part, done in first.delivered] == [("push kingdee", 2), ("outbox host", 2)]
        assert len(told) == 2
        assert first.problems == ()
        assert not first.idle
        ledger, documents = link.export(), erp.written()
        assert worker.run_once().idle
        assert (link.export(), erp.written()) == (ledger, documents)


def test_a_worker_books_what_a_sync_would(tmp_path: Path) -> None:
    with company(tmp_path, *SHOP) as erp:
        with erp.link(writes=frozenset(), database="sync") as link:
            link.sync()
            expected = link.export()
        with erp.link(database="worker") as link:
            link.worker().run_once()
            assert link.export() == expected


def test_feeds_are_read_when_due_whoever_asks_and_queues_are_looked_at_every_time(tmp_path: Path) -> None:
    clock = Clock()
    with company(tmp_path, *SHOP) as erp, erp.link(clock=clock) as link:
        one, other = (link.worker(name=name, pull_every=timedelta(minutes=10)) for name in ("one", "other"))
        assert len(one.run_once().pulled) == 6
        assert one.run_once().pulled == other.run_once().pulled == ()
        link.points.redeem(link.members.find(code="C1"), 7, gift="GIFT-001", key="one")
        done = other.run_once()
        assert (done.pulled, {str(part): each.done for part, each in done.delivered}) == ((), {"push kingdee": 2})
        clock.advance(minutes=8)
        assert one.run_once().pulled == ()
        clock.advance(minutes=1.5)
        assert len(other.run_once().pulled) == 6, "a moment early is not too early"
        assert one.run_once().pulled == ()


def test_the_next_round_is_due_when_something_is(tmp_path: Path) -> None:
    clock = Clock()
    with company(tmp_path, *SHOP) as erp, erp.link(clock=clock) as link:
        often = link.worker(pull_every=timedelta(seconds=2), look_every=timedelta(seconds=30)).run_once()
        assert often.next_at - often.began == timedelta(seconds=2)
        clock.advance(seconds=2)
        seldom = link.worker(pull_every=timedelta(minutes=2), look_every=timedelta(seconds=30)).run_once()
        assert seldom.next_at - seldom.began == timedelta(seconds=30)


def test_a_system_that_is_away_does_not_hold_up_another(tmp_path: Path) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with (
        company(tmp_path, *SHOP) as erp,
        erp.connect() as first,
        erp.connect() as second,
        Link.open(url, space="acme", clock=clock) as link,
    ):
        link.policies.publish(PLAIN)
        away = attach(link, first, "away")
        attach(link, second, "kingdee")
        away.clock_raises = Unreachable("no route", next_step="check the network")
        worker = link.worker()
        done = worker.run_once()
        assert problems(done) == [("pull away", "Unreachable")]
        assert done.problems[0].next_step == "check the network"
        assert points(link) == {"C1": 67, "C2": 0}
        assert {each.system for each in done.pulled} == {"kingdee"}
        assert worker.run_once().problems == (), "it rests"
        (rest,) = link.health().rests
        assert (rest.part, rest.system, rest.failures, rest.error) == ("pull", "away", 1, "Unreachable")
        clock.advance(minutes=5)
        assert problems(worker.run_once()) == [("pull away", "Unreachable")]
        assert link.health().rests[0].failures == 2
        away.clock_raises = None
        clock.advance(minutes=5)
        assert {each.system for each in worker.run_once().pulled} == {"away", "kingdee"}
        assert link.health().rests == ()


def test_one_feed_that_is_not_permitted_does_not_hold_up_the_others(tmp_path: Path) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with company(tmp_path, *SHOP) as erp, erp.connect() as opened, Link.open(url, space="acme", clock=clock) as link:
        link.policies.publish(PLAIN)
        moody = attach(link, opened)
        worker = link.worker()
        worker.run_once()
        moody.entities = {"products": NotPermitted("you may not see 物料", next_step="grant it")}
        clock.advance(minutes=1)
        done = worker.run_once()
        assert problems(done) == [("pull kingdee products", "NotPermitted")]
        assert {each.entity for each in done.pulled} == {"customers", "orders", "shipments", "returns", "receipts"}
        assert [words for words in link.health().complaints if "NotPermitted" in words and "grant it" in words]


def test_a_refused_login_is_not_tried_again_soon_not_even_by_new_processes(tmp_path: Path) -> None:
    clock = Clock()
    with company(tmp_path, *SHOP) as erp, erp.link(clock=clock) as link:
        for _ in range(10):
            with (
                connect(erp.settings(app_secret="0" * 32)) as wrong,
                Link.open(erp.database(), space="acme", clock=clock) as again,
            ):
                again.attach("kingdee", wrong, writes=WRITES)
                again.worker().run_once()
            clock.advance(seconds=30)
        assert erp.stats()["refused_logins"] <= 4, "a minute, two, four, and so on"
        assert [rest.error for rest in link.health().rests] == ["LoginRefused"]
        clock.advance(hours=2)
        assert link.worker().run_once().problems == ()
        assert link.health().rests == ()


def test_a_quota_that_is_spent_is_waited_for_and_is_no_problem(tmp_path: Path) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with company(tmp_path, *SHOP) as erp, erp.connect() as opened, Link.open(url, space="acme", clock=clock) as link:
        link.policies.publish(PLAIN)
        moody = attach(link, opened)
        until = clock() + timedelta(hours=3)
        moody.entities = {"returns": Paused("the quota is spent", until=until)}
        worker = link.worker()
        done = worker.run_once()
        assert [(each.entity, each.paused_until) for each in done.pulled][-1] == ("returns", until)
        assert done.problems == ()
        clock.advance(hours=2)
        assert worker.run_once().pulled == ()
        health = link.health()
        assert [(rest.part, rest.system, rest.until, rest.paused) for rest in health.rests] == [
            ("pull", "kingdee", until, True)
        ]
        assert not [words for words in health.complaints if "rests" in words]
        moody.entities = {}
        clock.advance(hours=1)
        assert len(worker.run_once().pulled) == 6
        assert link.health().rests == ()


def test_writes_that_are_paused_rest_and_the_reading_goes_on(tmp_path: Path) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with company(tmp_path, *SHOP) as erp, erp.connect() as opened, Link.open(url, space="acme", clock=clock) as link:
        link.policies.publish(PLAIN)
        moody = attach(link, opened)
        moody.write_raises = Paused("the quota is spent", until=clock() + timedelta(hours=1))
        worker = link.worker()
        worker.run_once()
        tried = moody.writes
        clock.advance(minutes=30)
        assert len(worker.run_once().pulled) == 6
        assert moody.writes == tried
        moody.write_raises = None
        clock.advance(minutes=31)
        assert [(str(part), done.done) for part, done in worker.run_once().delivered] == [("push kingdee", 2)]


@pytest.mark.parametrize(("sent", "dead"), [("no", 0), ("maybe", 2)])
def test_a_system_that_is_away_for_a_day_makes_no_dead_letters(tmp_path: Path, sent: Sent, dead: int) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with company(tmp_path, *SHOP) as erp, erp.connect() as opened, Link.open(url, space="acme", clock=clock) as link:
        link.policies.publish(PLAIN)
        moody = attach(link, opened)
        moody.write_raises = Unreachable("no route", sent=sent)
        worker = link.worker()
        for _ in range(24):
            worker.run_once()
            clock.advance(hours=1)
        assert len(link.dead.list()) == dead
        moody.write_raises = None
        assert [(str(part), done.done) for part, done in worker.run_once().delivered] == [("push kingdee", 2 - dead)]


def test_without_a_policy_nothing_is_read_and_it_is_tried_again_after_one_is_published(tmp_path: Path) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with company(tmp_path, *SHOP) as erp, erp.connect() as opened, Link.open(url, space="acme", clock=clock) as link:
        link.attach("kingdee", opened)
        worker = link.worker()
        done = worker.run_once()
        assert problems(done) == [("pull kingdee", "ConfigInvalid")]
        assert "publish" in done.problems[0].next_step
        assert worker.run_once().idle
        link.policies.publish(PLAIN)
        clock.advance(minutes=1)
        assert len(worker.run_once().pulled) == 6


def test_a_defect_is_a_problem_like_any_other(tmp_path: Path) -> None:
    with company(tmp_path, *SHOP) as erp, erp.connect() as opened, Link.open("sqlite://", space="acme") as link:
        link.policies.publish(PLAIN)
        attach(link, opened).entities = {"customers": KeyError("phone=13900001111")}
        done = link.worker().run_once()
        assert problems(done) == [("pull kingdee customers", "KeyError")]
        assert "defect" in done.problems[0].next_step
        assert "13900001111" not in link.health().rests[0].message
        assert {each.entity for each in done.pulled} >= {"orders", "receipts"}


def test_a_worker_that_is_started_tries_at_once_what_a_person_has_put_right(tmp_path: Path) -> None:
    clock = Clock()
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with company(tmp_path, *SHOP) as erp, erp.connect() as opened, Link.open(url, space="acme", clock=clock) as link:
        link.policies.publish(PLAIN)
        moody = attach(link, opened)
        moody.clock_raises = NotPermitted("the licence has ended", next_step="renew it")
        assert {error for _, error in problems(link.worker().run_once())} == {"NotPermitted"}
        moody.clock_raises = None
        worker, rounds = link.worker(), list[Round]()

        def once(done: Round) -> None:
            rounds.append(done)
            worker.stop()

        worker.run(each=once)
        assert [len(done.pulled) for done in rounds] == [6]


@pytest.mark.parametrize("stage", ["pull", "decide", "push"])
def test_asked_to_stop_a_worker_settles_the_batch_and_ends(tmp_path: Path, stage: str) -> None:
    rows = [(f"{n}", f"C{n % 90}", "2026-03-01 10:00:00", "10001", 1, "100.00") for n in range(1000, 1180)]
    with company(tmp_path, *rows) as erp, erp.link() as link:
        rounds: list[Round] = []
        seen: list[str] = []

        def stops(progress: Progress) -> None:
            seen.append(progress.stage)
            if progress.stage == stage:
                worker.stop()

        worker = link.worker(progress=stops)
        worker.run(each=rounds.append)
        assert [done.stopped for done in rounds] == [True]
        assert seen.count(stage) == 1
        assert held(link, utc_now()) == []
        assert link.health().workers == ()
        assert worker.run_once().stopped, "for good"
        link.worker().run_once()
        assert link.sync().unchanged


def held(link: Link, now: datetime) -> list[str]:
    """Messages and feeds that are in somebody's hands."""
    with link._desk.store.begin() as connection:
        leases = [lease for box in queue.BOXES for lease in queue.holders(connection, box, "acme", now)]
        feeds = [state for state in turns.look(connection, "acme") if state.held_by]
        return leases + [str(state.turn) for state in feeds if state.due_at is not None and state.due_at > now]


def test_what_a_listener_raises_ends_the_work_and_leaves_nothing_in_hand(tmp_path: Path) -> None:
    def complains(progress: Progress) -> None:
        raise KeyError(progress.stage)

    with company(tmp_path, *SHOP) as erp, erp.link() as link:
        with pytest.raises(KeyError, match="pull"):
            link.worker(progress=complains).run_once()
        assert len(link.worker().run_once().pulled) == 6, "the feed was given back"


def seize(link: Link, process: str, now: datetime) -> None:
    """Another process begins to read the orders."""
    with link._desk.store.begin() as connection:
        orders = [state.turn for state in turns.look(connection, "acme") if state.turn.entity == "orders"]
        claim = turns.Claim(process, now, now + timedelta(minutes=2))
        assert turns.take(connection, "acme", orders, claim) == {*orders}


def reads_orders(link: Link) -> bool:
    return "orders" in {each.entity for each in link.worker().run_once().pulled}


def test_a_feed_that_somebody_reads_elsewhere_is_left_to_them_until_they_are_silent_for_long(tmp_path: Path) -> None:
    clock = Clock()
    with company(tmp_path, *SHOP) as erp, erp.link(clock=clock) as link:
        assert reads_orders(link)
        clock.advance(minutes=1)
        seize(link, "another machine", clock())
        assert not reads_orders(link)
        clock.advance(minutes=2)
        assert reads_orders(link)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can tell for certain that a process is gone")
def test_a_feed_that_a_killed_process_of_this_machine_was_reading_is_read_at_once(tmp_path: Path) -> None:
    clock = Clock()
    program = "from erplink.facade.presence import me; print(me())"
    gone = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    with company(tmp_path, *SHOP) as erp, erp.link(clock=clock) as link:
        assert reads_orders(link)
        clock.advance(minutes=1)
        seize(link, gone.stdout.strip(), clock())
        assert reads_orders(link)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "n" * 91}, "91 characters"),
        ({"look_every": timedelta(0)}, "look_every is 0:00:00"),
        ({"pull_every": timedelta(seconds=-1)}, "pull_every is -1 day"),
    ],
)
def test_a_worker_that_cannot_be_is_refused(settings: dict[str, Any], words: str) -> None:
    with Link.open("sqlite://", space="acme") as link, pytest.raises(ConfigInvalid, match=words):
        link.worker(**settings)


def test_a_worker_without_a_system_says_what_is_missing() -> None:
    with Link.open("sqlite://", space="acme") as link, pytest.raises(ConfigInvalid, match=r"call link\.attach"):
        link.worker().run_once()
