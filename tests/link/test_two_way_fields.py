"""Two ERPs that share customers: fields kept the same on both sides, and our own writes not taken for news."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from attrs import define

from erplink import AsyncLink, ConfigInvalid, Link, NotFound, connect_async
from erplink.facade.clock import utc_now
from erplink.facade.erp import Erp
from erplink.link.values import Progress
from erplink.model.documents import Entity, Scalar
from erplink.store import echoes
from erplink.store.database import open_store
from erplink.store.echoes import Echo
from erplink.sync.pull import Feed, listen
from erplink.sync.threeway import Master
from tests.link.company import PLAIN, Clock, Company, company

ROWS = (
    ("1001", "C1", "2026-03-01 10:00", "M1", 1, "10.00"),
    ("1002", "C2", "2026-03-01 10:00", "M1", 1, "10.00"),
)
FIELDS: Mapping[str, Master] = {"name": "left", "phone": ""}
UPDATES = frozenset({"customers.update"})


@define
class Keeping:
    """An adapter whose system keeps what is written in a form of its own."""

    erp: Erp
    form: Callable[[str], str]

    def __getattr__(self, name: str) -> object:
        return getattr(self.erp.adapter, name)

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        kept = {name: self.form(value) if isinstance(value, str) else value for name, value in changes.items()}
        await self.erp.adapter.update(entity, number, kept)


@define
class Handle:
    """What a link needs of an opened system."""

    adapter: Keeping
    io: Any


@define
class Two:
    """A link over two systems, and a person at work in either."""

    link: Link
    left: Erp
    right: Erp
    companies: tuple[Company, Company]

    def sync(self) -> dict[str, int]:
        """One round: pull, mirror, push. The customers that were news, by system."""
        self.wait()
        report = self.link.sync(push=False)
        self.link.mirror("left", "right", FIELDS)
        self.link.sync()
        return {each.system: each.fresh for each in report.pulled if each.entity == "customers"}

    def wait(self) -> None:
        """Let the second pass in which something was written: a window ends before it."""
        for each in self.companies:
            each.clock.advance(2)

    def rest(self) -> None:
        self.sync()
        self.sync()

    def shown(self, number: str, field: str) -> tuple[object, object]:
        one, other = self.left.customers.get(number), self.right.customers.get(number)
        return getattr(one, field), getattr(other, field)


def as_it_is(text: str) -> str:
    return text


@contextmanager
def two(
    folder: Path,
    right_form: Callable[[str], str] = as_it_is,
    database: str = "",
    clock: Callable[[], datetime] = utc_now,
) -> Iterator[Two]:
    for name in ("one", "other"):
        (folder / name).mkdir()
    with (
        company(folder / "one", *ROWS) as one,
        company(folder / "other", *ROWS) as other,
        one.connect() as left,
        other.connect() as right,
        Link.open(database or f"sqlite:///{folder / 'books'}.db", space="acme", clock=clock) as link,
    ):
        link.policies.publish(PLAIN)
        link.attach("left", left, writes=UPDATES)
        link.attach("right", cast("Erp", Handle(Keeping(right, right_form), right.io)), writes=UPDATES)
        shop = Two(link, left, right, (one, other))
        shop.rest()
        yield shop


def test_an_edit_on_either_side_goes_to_the_other(tmp_path: Path, database: str) -> None:
    with two(tmp_path, database=database) as shop:
        shop.left.customers.update("C1", {"name": "王芳"})
        shop.right.customers.update("C1", {"phone": "13900000001"})
        shop.rest()
        assert shop.shown("C1", "name") == ("王芳", "王芳")
        assert shop.shown("C1", "phone") == ("13900000001", "13900000001")
        assert shop.link.differences() == []


def test_a_mirror_that_has_nothing_to_do_writes_nothing(tmp_path: Path) -> None:
    with two(tmp_path) as shop:
        shop.left.customers.update("C1", {"name": "王芳"})
        shop.rest()
        done = shop.link.mirror("left", "right", FIELDS)
        assert (done.to_left, done.to_right, done.conflicts) == (0, 0, 0)
        assert shop.link.sync().unchanged


def test_what_comes_back_of_our_own_writes_is_no_news(tmp_path: Path) -> None:
    with two(tmp_path) as shop:
        shop.left.customers.update("C1", {"name": "王芳"})
        assert shop.sync() == {"left": 1, "right": 0}
        assert shop.sync() == {"left": 0, "right": 0}


def test_a_value_kept_in_another_form_does_not_bounce(tmp_path: Path, database: str) -> None:
    with two(tmp_path, lambda text: f"{text.strip().upper()} ", database) as shop:
        shop.left.customers.update("C1", {"name": " wang fang"})
        assert shop.sync() == {"left": 1, "right": 0}
        assert shop.sync() == {"left": 0, "right": 0}
        shop.rest()
        assert shop.shown("C1", "name") == ("wang fang", "WANG FANG")


def test_a_later_edit_of_the_same_field_comes_through(tmp_path: Path) -> None:
    with two(tmp_path, right_form=str.upper) as shop:
        shop.left.customers.update("C1", {"name": "wang"})
        shop.rest()
        shop.right.customers.update("C1", {"name": "wang"})
        assert shop.sync() == {"left": 0, "right": 1}
        shop.right.customers.update("C1", {"name": "li"})
        shop.rest()
        assert shop.shown("C1", "name") == ("li", "li")


def test_an_edit_of_another_field_is_not_taken_for_an_echo(tmp_path: Path) -> None:
    with two(tmp_path, right_form=str.upper) as shop:
        shop.left.customers.update("C1", {"name": "wang"})
        shop.sync()
        shop.right.customers.update("C1", {"phone": "13900000002"})
        assert shop.sync() == {"left": 0, "right": 1}
        shop.rest()
        assert shop.shown("C1", "phone") == ("13900000002", "13900000002")
        assert shop.shown("C1", "name") == ("wang", "WANG")


def test_an_edit_made_before_our_write_came_back_is_not_lost(tmp_path: Path, database: str) -> None:
    with two(tmp_path, database=database) as shop:
        shop.left.customers.update("C1", {"phone": "13900000001"})
        shop.sync()
        shop.right.customers.update("C1", {"phone": "13900000009"})
        shop.rest()
        assert shop.shown("C1", "phone") == ("13900000009", "13900000009")


def test_who_somebody_is_is_learned_from_our_own_writes_too(tmp_path: Path) -> None:
    with two(tmp_path) as shop:
        shop.left.customers.update("C1", {"phone": "13900000001"})
        shop.rest()
        with pytest.raises(NotFound, match="2 people share this phone"):
            shop.link.members.find(phone="13900000001")


def test_both_edited_the_master_is_followed_or_a_person_has_to_say(tmp_path: Path, database: str) -> None:
    with two(tmp_path, database=database) as shop:
        shop.left.customers.update("C1", {"name": "left", "phone": "1"})
        shop.right.customers.update("C1", {"name": "right", "phone": "2"})
        shop.rest()
        assert shop.shown("C1", "name") == ("left", "left")
        assert shop.shown("C1", "phone") == ("1", "2")
        (listed,) = shop.link.differences()
        assert (listed.pair, listed.number, listed.field, listed.left, listed.right) == (
            "left~right", "C1", "phone", "1", "2",
        )  # fmt: skip
        assert "'1'" not in repr(listed)
        shop.right.customers.update("C1", {"phone": "1"})
        shop.rest()
        assert shop.link.differences() == []


def test_a_mirror_that_is_interrupted_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.done == 1:
            raise Stop

    with two(tmp_path) as shop:
        monkeypatch.setattr("erplink.sync.mirror.BATCH", 1)
        shop.left.customers.update("C1", {"name": "王芳"})
        shop.left.customers.update("C2", {"name": "李强"})
        shop.wait()
        shop.link.sync(push=False)
        with pytest.raises(Stop):
            shop.link.mirror("left", "right", FIELDS, progress=stop)
        shop.link.mirror("left", "right", FIELDS)
        shop.link.sync()
        assert shop.shown("C1", "name") == ("王芳", "王芳")
        assert shop.shown("C2", "name") == ("李强", "李强")


def test_a_mirror_that_was_interrupted_compares_what_came_since_as_well(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(_: Progress) -> None:
        raise Stop

    clock = Clock()
    with two(tmp_path, clock=clock) as shop:
        clock.advance(600)  # what the first mirror compared lies far behind
        shop.rest()
        shop.left.customers.update("C1", {"name": "王芳"})
        shop.wait()
        shop.link.sync(push=False)
        with pytest.raises(Stop):
            shop.link.mirror("left", "right", FIELDS, progress=stop)
        shop.left.customers.update("C2", {"name": "李强"})
        shop.wait()
        shop.link.sync(push=False)
        shop.link.mirror("left", "right", FIELDS)
        shop.link.sync()
        assert shop.shown("C1", "name") == ("王芳", "王芳")
        assert shop.shown("C2", "name") == ("李强", "李强")


def test_what_never_came_back_is_forgotten(database: str) -> None:
    start = datetime(2026, 4, 1, tzinfo=UTC)
    feed = Feed("acme", "erp", "customers", frozenset())
    store = open_store(database)
    with store.begin() as connection:
        echoes.note(connection, "acme", [Echo("erp", "customers", "C1", "k", {"name": "Ann"})], start)
        assert listen(connection, feed, start + timedelta(days=29)) > 0
        assert listen(connection, feed, start + timedelta(days=31)) == 0
    store.close()


def test_balances_that_come_back_wake_nobody(tmp_path: Path) -> None:
    with company(tmp_path, *ROWS) as erp, erp.link() as link:
        link.sync()
        erp.clock.advance(2)
        again = link.sync()
        assert {each.entity: (each.fresh, each.known) for each in again.pulled}["customers"] == (0, 2)
        assert again.decided == 0


@pytest.mark.parametrize(
    ("left", "right", "fields", "words"),
    [
        ("left", "nobody", {"name": ""}, "name two of the attached systems: left, right"),
        ("left", "left", {"name": ""}, "are no pair"),
        ("left", "right", {}, "no field is named"),
        ("left", "right", {"number": ""}, "'number' cannot be mirrored"),
        ("left", "right", {"name": "newest"}, "name follows 'newest'"),
        ("left", "right", {"nickname": ""}, "no record has a field 'nickname'"),
    ],
)
def test_a_pair_that_makes_no_sense_is_refused(
    tmp_path: Path, left: str, right: str, fields: dict[str, Any], words: str
) -> None:
    with two(tmp_path) as shop, pytest.raises(ConfigInvalid, match=words):
        shop.link.mirror(left, right, fields)


def test_the_asynchronous_door_mirrors_the_same(tmp_path: Path) -> None:
    with two(tmp_path) as shop:
        shop.left.customers.update("C1", {"name": "王芳"})
        shop.wait()

        async def main() -> tuple[int, int]:
            left, right = (connect_async(each.adapter.settings) for each in (shop.left, shop.right))  # type: ignore[attr-defined]
            async with left, right, AsyncLink.open(f"sqlite:///{tmp_path / 'books'}.db", space="acme") as link:
                link.attach("left", left)
                link.attach("right", right, writes=UPDATES)
                await link.sync(push=False)
                done = await link.mirror("left", "right", FIELDS)
                assert await link.differences() == []
                await link.sync()
                return done.to_left, done.to_right

        assert anyio.run(main) == (0, 1)
        assert shop.shown("C1", "name") == ("王芳", "王芳")
