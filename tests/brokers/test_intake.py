"""Events of a real broker are in the inbox once, whatever happens on the way."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from attrs import define

from erplink import AsyncLink, ConfigInvalid, Link
from erplink.brokers import Arrival, Broker, Source
from erplink.link.values import Progress, Taken
from tests.brokers.orders import assert_once, book, event, events, kept, points_in
from tests.brokers.streams import NatsStream, Stream


def take_all(url: str, stream: Stream, redeliver: float = 60.0) -> Taken:
    with Link.open(url, space="acme") as link:
        return link.intake("shop", stream.settings(redeliver), until_empty=True)


def test_5000_events_come_in_and_award_their_points_once(tmp_path: Path, stream: Stream) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    told: list[Progress] = []
    stream.publish(events(range(5000)))
    with Link.open(url, space="acme") as link:
        taken = link.intake("shop", stream.settings(), until_empty=True, progress=told.append)
    assert taken == Taken(new=5000)
    assert [step.done for step in told] == sorted({step.done for step in told})
    assert told[-1].done == 5000
    assert_once(url, range(5000))
    assert stream.left() == 0
    ledger = book(url)
    assert points_in(ledger) == 50_000
    assert len(ledger) == 5000
    stream.publish(events(range(100)))
    assert take_all(url, stream) == Taken(repeated=100)
    assert book(url) == ledger


def test_events_come_into_every_kind_of_database(database: str, stream: Stream) -> None:
    stream.publish(events(range(700)))
    assert take_all(database, stream) == Taken(new=700)
    assert_once(database, range(700))
    assert points_in(book(database)) == 7000


@pytest.mark.parametrize("names", [[], [f"name-{number}" for number in range(300)]], ids=["unnamed", "named"])
def test_an_event_that_is_published_twice_is_taken_in_once(tmp_path: Path, stream: Stream, names: list[str]) -> None:
    url, bodies = f"sqlite:///{tmp_path / 'books.db'}", events(range(300))
    stream.publish(bodies, names)
    stream.publish(bodies, names)
    taken = take_all(url, stream)
    assert taken.new == 300
    assert taken.repeated == (0 if names and isinstance(stream, NatsStream) else 300)  # NATS knows them by their names
    assert_once(url, range(300))


def test_messages_that_are_no_events_become_dead_letters_and_hold_up_nothing(database: str, stream: Stream) -> None:
    clash = event(1).replace(b'"10.00"', b'"99.00"')
    poison = [b"\xff\xfe\x00", b"[]", b"{}", b"", "订单".encode("gbk"), clash]
    stream.publish([event(1), *poison, event(2)])
    assert take_all(database, stream) == Taken(new=2, dead=6)
    assert stream.left() == 0
    assert_once(database, range(1, 3))
    with Link.open(database, space="acme") as link:
        letters = link.dead.list()
    assert [letter.error for letter in letters] == ["ShapeChanged"] * 5 + ["Conflict"]
    assert all(letter.box == "inbox" and letter.system == "shop" for letter in letters)
    reasons = ["no text in UTF-8 (byte 0)", "got `array`", "required field `type`", "truncated", "no text in UTF-8"]
    for letter, reason in zip(letters, reasons, strict=False):
        assert reason in letter.message
    assert points_in(book(database)) == 20  # the first event under an id stands


def test_what_is_an_event_but_no_document_becomes_a_dead_letter_that_names_the_field(
    database: str, stream: Stream
) -> None:
    wrong = json.loads(event(3))
    wrong["data"]["lines"][0]["amount"] = "NaN"
    stream.publish([event(1), json.dumps(wrong).encode(), event(2)])
    assert take_all(database, stream) == Taken(new=3)
    assert points_in(book(database)) == 20
    with Link.open(database, space="acme") as link:
        (letter,) = link.dead.list()
        assert letter.operation == "orders.changed"
        assert "lines[0].amount does not fit" in letter.message
        link.dead.replay(letter.id)
        assert link.book().worked[0][1].dead == 1  # it still does not fit
        assert [each.id for each in link.dead.list()] == [letter.id]


def test_two_consumers_of_one_group_share_the_events(tmp_path: Path, stream: Stream) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    Link.open(url, space="acme").close()
    stream.publish(events(range(2000)))

    def take(_: int) -> Taken:
        with Link.open(url, space="acme") as link:
            return link.intake("shop", stream.settings(), until_empty=True, batch=50)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(take, range(2))
    assert first.new + second.new == 2000
    assert first.total + second.total == 2000
    assert min(first.new, second.new) > 0
    assert_once(url, range(2000))
    assert stream.left() == 0


def test_versions_of_one_document_keep_their_order(tmp_path: Path, stream: Stream) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    stream.publish([event(number, version=version) for version in range(1, 20) for number in range(30)])
    take_all(url, stream)
    versions: dict[str, list[int]] = defaultdict(list)
    for key, subject in kept(url):
        versions[subject].append(int(key.rpartition("-")[2]))
    assert versions == {f"orders:{number}": list(range(1, 20)) for number in range(30)}


@define
class Watched:
    """A source whose messages under way are counted."""

    source: Source
    under_way: int = 0
    most: int = 0

    async def fetch(self, limit: int) -> Sequence[Arrival]:
        found = await self.source.fetch(limit)
        self.under_way += len(found)
        self.most = max(self.most, self.under_way)
        return found

    async def ack(self, arrivals: Sequence[Arrival]) -> None:
        await self.source.ack(arrivals)
        self.under_way -= len(arrivals)

    async def close(self) -> None:
        await self.source.close()


@define
class Watching:
    """A broker that hands out a watched source."""

    broker: Broker
    opened: Watched | None = None

    def open(self) -> Source:
        self.opened = Watched(self.broker.open())
        return self.opened


def test_no_more_than_two_batches_are_held_and_a_limit_is_kept(tmp_path: Path, stream: Stream) -> None:
    stream.publish(events(range(1000)))
    broker = Watching(stream.settings())
    with Link.open(f"sqlite:///{tmp_path / 'books.db'}", space="acme") as link:
        assert link.intake("shop", broker, limit=330, batch=100) == Taken(new=330)
    assert broker.opened is not None
    assert 100 <= broker.opened.most <= 200
    assert broker.opened.under_way == 0
    assert stream.left() == 670


def test_an_intake_that_is_asked_to_stop_finishes_what_it_holds(tmp_path: Path, stream: Stream) -> None:
    stream.publish(events(range(1000)))
    told: list[int] = []
    with Link.open(f"sqlite:///{tmp_path / 'books.db'}", space="acme") as link:
        taken = link.intake(
            "shop",
            stream.settings(),
            batch=100,
            stop=lambda: len(told) >= 3,
            progress=lambda step: told.append(step.done),
        )
    assert taken == Taken(new=400)  # one batch was fetched while the third was committed
    assert stream.left() == 600


def test_tasks_take_events_in_too(tmp_path: Path, stream: Stream) -> None:
    stream.publish(events(range(300)))

    async def main() -> int:
        async with AsyncLink.open(f"sqlite:///{tmp_path / 'books.db'}", space="acme") as link:
            assert await link.intake("shop", stream.settings(), until_empty=True) == Taken(new=300)
            with pytest.raises(ConfigInvalid, match="no policy"):
                await link.book()
            return 0

    assert anyio.run(main) == 0

    async def elsewhere() -> None:
        async with AsyncLink.open(f"sqlite:///{tmp_path / 'books.db'}", space="acme") as link:
            await link.intake("shop", stream.settings(), until_empty=True)

    with pytest.raises(ConfigInvalid, match="works on asyncio"):
        anyio.run(elsewhere, backend="trio")
