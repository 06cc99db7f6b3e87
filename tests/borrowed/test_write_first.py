"""Whatever books takes its turn before it reads, for a library cannot say how the host's transaction begins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import frozen

from erplink import InsufficientBalance, Link
from erplink.link.values import Member
from erplink.store import books, inbox, outbox, queue
from erplink.store.database import Connection
from erplink.store.locks import write_first
from erplink.store.queue import Message
from erplink.sync.merging import merge_accounts
from erplink.sync.redeem import give_back
from tests.borrowed.hosts import begun_by_hand, path_of
from tests.borrowed.shop import SPACE, link_on, member, prepare
from tests.databases import Databases, only
from tests.link.company import at

NOW = at("2026-11-25T00:00:00+00:00")
KNOWN = Message("known", "host", "mail.welcome", "{}")


@frozen
class Scene:
    """A link, somebody with points, a message that is there, and a connection of the host's."""

    link: Link
    who: Member
    connection: Connection
    opening: Path


def redeem(scene: Scene) -> None:
    scene.link.within(scene.connection).points.redeem(scene.who, 10, gift="GIFT", key="new")


def redeem_again(scene: Scene) -> None:
    scene.link.within(scene.connection).points.redeem(scene.who, 10, gift="GIFT", key="known")


def redeem_too_much(scene: Scene) -> None:
    with pytest.raises(InsufficientBalance):
        scene.link.within(scene.connection).points.redeem(scene.who, 1000, gift="GIFT", key="new")


def load_opening(scene: Scene) -> None:
    scene.link.within(scene.connection).opening.load(scene.opening)


def merge(scene: Scene) -> None:
    merge_accounts(scene.connection, SPACE, "nobody", scene.who.id, NOW)


def restore(scene: Scene) -> None:
    give_back(scene.connection, SPACE, "no such redemption", "refused", NOW)


def load_the_books(scene: Scene) -> None:
    books.load(scene.connection, SPACE, [scene.who.id], "points")


def put_again(scene: Scene) -> None:
    outbox.put(scene.connection, SPACE, [KNOWN], NOW)


def accept_again(scene: Scene) -> None:
    inbox.accept(scene.connection, SPACE, [KNOWN], NOW)


def want_again(scene: Scene) -> None:
    outbox.want(scene.connection, SPACE, [KNOWN], NOW)


def release_nobody(scene: Scene) -> None:
    queue.release(scene.connection, "outbox", SPACE, ["nothing"])


def nothing_at_all(scene: Scene) -> None:
    write_first(scene.connection)


BOOKS = [
    redeem,
    redeem_again,
    redeem_too_much,
    load_opening,
    merge,
    restore,
    load_the_books,
    put_again,
    accept_again,
    want_again,
    release_nobody,
    nothing_at_all,
]


def opened(url: str, tmp_path: Path, check: Callable[[Scene, sa.Connection], None]) -> None:
    """A host that writes nothing itself, on a default SQLAlchemy engine."""
    prepare(url)
    file = tmp_path / "again.csv"
    file.write_text("customer,points\nC1,100\n", encoding="utf-8")
    engine = sa.create_engine(url)
    with link_on(url) as link:
        who = member(link)
        link.points.redeem(who, 10, gift="GIFT", key="known")
        with engine.begin() as connection:
            inbox.accept(connection, SPACE, [KNOWN], NOW)
            outbox.put(connection, SPACE, [KNOWN], NOW)
        with engine.connect() as connection:
            check(Scene(link, who, connection, file), connection)
    engine.dispose()


@only("sqlite")
@pytest.mark.parametrize("book", BOOKS)
def test_the_first_statement_takes_the_turn_to_write_even_if_it_changes_nothing(
    databases: Databases, tmp_path: Path, book: Callable[[Scene], None]
) -> None:
    url = databases.url()
    taken: list[bool] = []

    def look(*_: object) -> None:
        if not taken:
            other = sqlite3.connect(path_of(url), timeout=0, isolation_level=None)
            try:
                other.execute("BEGIN IMMEDIATE")
                taken.append(False)
            except sqlite3.OperationalError:
                taken.append(True)
            other.close()

    def check(scene: Scene, connection: sa.Connection) -> None:
        sa.event.listen(connection, "after_cursor_execute", look)
        book(scene)

    opened(url, tmp_path, check)
    assert taken == [True]


@only("sqlite")
def test_a_redemption_succeeds_in_a_transaction_that_began_before_somebody_else_wrote(databases: Databases) -> None:
    url = databases.url()
    prepare(url)
    with link_on(url) as link, begun_by_hand(url) as host:
        who = member(link)
        link.points.redeem(who, 10, gift="GIFT", key="somebody else's")
        assert link.within(host.lent).points.redeem(who, 10, gift="GIFT", key="one").state == "pending"
        host.commit()


def test_two_who_redeem_under_one_key_at_once_get_one_redemption(databases: Databases) -> None:
    url = databases.url()
    prepare(url)
    engine = sa.create_engine(url)
    with link_on(url) as link, ThreadPoolExecutor(8) as pool:
        who = member(link)

        def wish(_: int) -> str:
            with engine.begin() as connection:
                return link.within(connection).points.redeem(who, 10, gift="GIFT", key="one").order

        assert len(set(pool.map(wish, range(8)))) == 1
        assert link.points.balance(who).points == 90
    engine.dispose()
