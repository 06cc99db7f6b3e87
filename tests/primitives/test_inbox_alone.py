"""The inbox without a link: whatever arrives how often ever, and whoever dies when, the effect is there once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from multiprocessing import get_context
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from erplink import Conflict, Inbox, Message, NotKnownYet, Patience, ProtocolBroken, Store
from tests.borrowed.shop import VISITS, visits
from tests.databases import Databases
from tests.primitives import django_inbox
from tests.primitives.test_outbox_alone import AT_ONCE, Clock


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    address = databases.url()
    engine = sa.create_engine(address)
    VISITS.metadata.create_all(engine)
    yield address
    engine.dispose()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store.open(url)
    yield opened
    opened.close()


def paid(number: int, **more: Any) -> Message:  # noqa: ANN401 - fields of a message
    return Message("order.paid", key=f"evt_{number}", payload={"order": f"SO{number}"}, **more)


def accept(store: Store, inbox: Inbox, *messages: Message) -> frozenset[str]:
    with store.begin() as connection:
        return inbox.accept(connection, *messages)


def visit(connection: sa.Connection, message: Message) -> None:
    connection.execute(sa.insert(VISITS).values(name=message.payload["order"]))


def test_a_message_that_arrives_twice_has_its_effect_once(url: str, store: Store) -> None:
    inbox = Inbox(store)
    assert accept(store, inbox, paid(1), paid(2)) == {"evt_1", "evt_2"}
    assert accept(store, inbox, paid(1)) == frozenset()
    assert inbox.work({"order.paid": visit}).done == 2
    assert accept(store, inbox, paid(2)) == frozenset()
    assert inbox.work({"order.paid": visit}).done == 0
    assert visits(url) == ["SO1", "SO2"]


def test_another_message_under_a_known_key_is_a_conflict(store: Store) -> None:
    inbox = Inbox(store)
    accept(store, inbox, paid(1))
    with store.begin() as connection, pytest.raises(Conflict, match="was used for something else"):
        inbox.accept(connection, Message("order.paid", key="evt_1", payload={"order": "SO9"}))


def test_a_handler_that_fails_leaves_nothing_behind_and_is_called_again(url: str, store: Store) -> None:
    inbox, attempts = Inbox(store), list[int]()

    def fail_twice(connection: sa.Connection, message: Message) -> None:
        visit(connection, message)
        attempts.append(message.attempt)
        if len(attempts) < 3:
            raise OSError("not yet")

    accept(store, inbox, paid(1))
    assert inbox.work({"order.paid": fail_twice}, patience=AT_ONCE).done == 1
    assert attempts == [1, 2, 3]
    assert visits(url) == ["SO1"]


def test_what_fails_for_good_is_a_dead_letter_without_effect(url: str, store: Store) -> None:
    inbox = Inbox(store)

    def fail(connection: sa.Connection, message: Message) -> None:
        visit(connection, message)
        raise ValueError("a defect")

    accept(store, inbox, paid(1))
    assert inbox.work({"order.paid": fail}, patience=AT_ONCE).dead == 1
    assert visits(url) == []
    inbox.dead.replay(inbox.dead.list()[0].id)
    assert inbox.work({"order.paid": visit}).done == 1
    assert visits(url) == ["SO1"]
    assert inbox.dead.list() == []


def test_a_process_that_dies_after_the_effect_and_before_the_commit_leaves_no_effect(url: str, store: Store) -> None:
    clock = Clock()
    inbox = Inbox(store, clock=clock)

    def die(connection: sa.Connection, message: Message) -> None:
        visit(connection, message)
        raise KeyboardInterrupt

    accept(store, inbox, paid(1))
    with pytest.raises(KeyboardInterrupt):
        inbox.work({"order.paid": die})
    assert visits(url) == []
    clock.now += Patience().lease + timedelta(seconds=1)
    assert inbox.work({"order.paid": visit}).done == 1
    assert visits(url) == ["SO1"]


def test_a_commit_of_which_nobody_knows_how_it_ended_is_not_repeated(url: str, store: Store) -> None:
    inbox, begun = Inbox(store), list[str]()

    @contextmanager
    def breaks_after_its_commit() -> Iterator[sa.Connection]:
        with store.begin() as connection:
            yield connection
        begun.append("one")
        raise OSError("the connection broke")

    accept(store, inbox, paid(1))
    inbox.work({"order.paid": visit}, begin=breaks_after_its_commit, patience=AT_ONCE)
    inbox.work({"order.paid": visit}, patience=AT_ONCE)
    assert begun == ["one"]
    assert visits(url) == ["SO1"]


def test_whoever_comes_after_the_lease_ran_out_and_somebody_else_has_it_has_no_effect(url: str, store: Store) -> None:
    clock = Clock()
    inbox, other = Inbox(store, clock=clock), Inbox(store, clock=clock)
    done: list[int] = []

    @contextmanager
    def too_late() -> Iterator[sa.Connection]:
        if not done:
            clock.now += Patience().lease + timedelta(seconds=1)
            done.append(other.work({"order.paid": visit}).done)
        with store.begin() as connection:
            yield connection

    accept(store, inbox, paid(1))
    assert inbox.work({"order.paid": visit}, begin=too_late, patience=AT_ONCE).done == 0
    assert done == [1]
    assert visits(url) == ["SO1"]


def test_what_waits_for_something_is_handed_out_when_that_is_released(url: str, store: Store) -> None:
    inbox = Inbox(store)

    def needs_its_order(connection: sa.Connection, message: Message) -> None:
        if "SO0" not in connection.execute(sa.select(VISITS.c.name)).scalars():
            raise NotKnownYet("the order is not known", waits_for="order:SO0")
        visit(connection, message)

    def order(connection: sa.Connection, message: Message) -> None:
        visit(connection, message)
        inbox.release(connection, f"order:{message.payload['order']}")

    handlers = {"order.paid": needs_its_order, "order.made": order}
    accept(store, inbox, paid(1))
    assert inbox.work(handlers).parked == 1
    accept(store, inbox, Message("order.made", key="evt_0", payload={"order": "SO0"}))
    assert inbox.work(handlers).done == 2
    assert visits(url) == ["SO0", "SO1"]


def test_the_effect_may_be_in_a_transaction_of_the_host(url: str, store: Store) -> None:
    inbox, engine = Inbox(store), sa.create_engine(url)

    def in_a_session(session: Session, message: Message) -> None:
        session.execute(sa.insert(VISITS).values(name=message.payload["order"]))

    accept(store, inbox, paid(1), paid(2))
    with engine.begin() as connection:
        assert inbox.accept(connection, paid(1), paid(3)) == {"evt_3"}
    begun: list[AbstractContextManager[object]] = []

    def once_in_a_session() -> AbstractContextManager[object]:
        begun.append(sessionmaker(engine).begin())
        return begun[-1]

    assert inbox.work({"order.paid": in_a_session}, begin=once_in_a_session).done == 3
    assert len(begun) == 3
    accept(store, inbox, paid(4))
    assert inbox.work({"order.paid": visit}, begin=engine.begin).done == 1
    engine.dispose()
    assert visits(url) == ["SO1", "SO2", "SO3", "SO4"]


def test_a_transaction_that_cannot_be_lent_stops_the_work_and_loses_nothing(url: str, store: Store) -> None:
    inbox = Inbox(store)

    @contextmanager
    def wrong() -> Iterator[str]:
        yield "sqlite:///shop.db"

    accept(store, inbox, paid(1))
    with pytest.raises(ProtocolBroken, match="cannot be lent here"):
        inbox.work({"order.paid": visit}, begin=wrong)
    assert inbox.work({"order.paid": visit}).done == 1
    assert visits(url) == ["SO1"]


def test_workers_side_by_side_have_each_effect_once(url: str, store: Store) -> None:
    together = Barrier(3, timeout=60)

    def work(_: int) -> int:
        own = Store.open(url)
        together.wait()
        done = Inbox(own).work({"order.paid": visit}, patience=Patience(batch=5)).done
        own.close()
        return done

    accept(store, Inbox(store), *(paid(number) for number in range(40)))
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, range(3))) == 40
    assert len(visits(url)) == 40


def test_the_effect_may_be_in_a_transaction_of_django(url: str, store: Store) -> None:
    inbox = Inbox(store)
    accept(store, inbox, paid(1), paid(2))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        assert process.submit(django_inbox.work, url).result() == (3, ["evt_3"], [1, 1, 1, 2])
    assert visits(url) == ["SO1", "SO2", "SO3"]
