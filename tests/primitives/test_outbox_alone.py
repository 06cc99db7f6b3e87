"""The outbox without a link: put with the rows of the host, delivered at least once, in order, by many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Lock

import anyio
import anyio.lowlevel
import pytest
import sqlalchemy as sa
from attrs import define

from erplink import (
    AsyncOutbox,
    ConfigInvalid,
    Conflict,
    LoginRefused,
    Message,
    NotFound,
    NotKnownYet,
    Outbox,
    Patience,
    Paused,
    Refused,
    Store,
)
from tests.databases import Databases

AT_ONCE = Patience(base=timedelta(0), attempts=3)
BEGINNING = datetime(2026, 11, 25, tzinfo=UTC)


@define
class Clock:
    """A clock that a test moves."""

    now: datetime = BEGINNING

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    opened = Store.open(databases.url())
    yield opened
    opened.close()


def put(store: Store, outbox: Outbox, *messages: Message) -> frozenset[str]:
    with store.begin() as connection:
        return outbox.put(connection, *messages)


def mail(number: int, **more: object) -> Message:
    return Message("mail.welcome", key=f"welcome:{number}", payload={"to": f"用户{number}"}, **more)  # type: ignore[arg-type]


def test_a_message_is_there_if_the_transaction_of_the_host_is(databases: Databases, store: Store) -> None:
    outbox, told = Outbox(store), list[Message]()
    engine = sa.create_engine(databases.url())
    with engine.connect() as connection:
        assert outbox.put(connection, mail(1)) == {"welcome:1"}
        connection.rollback()
        assert outbox.put(connection, mail(2)) == {"welcome:2"}
        connection.commit()
    engine.dispose()
    assert outbox.deliver({"mail.welcome": told.append}).done == 1
    assert [(each.key, each.payload, each.attempt, each.maybe) for each in told] == [
        ("welcome:2", {"to": "用户2"}, 1, False)
    ]
    assert outbox.deliver({"mail.welcome": told.append}).done == 0


def test_the_same_message_again_has_no_effect(store: Store) -> None:
    outbox, told = Outbox(store), list[Message]()
    assert put(store, outbox, mail(1)) == {"welcome:1"}
    assert put(store, outbox, mail(1), mail(1), mail(2)) == {"welcome:2"}
    outbox.deliver({"mail.welcome": told.append})
    assert put(store, outbox, mail(1)) == frozenset()
    outbox.deliver({"mail.welcome": told.append})
    assert [each.key for each in told] == ["welcome:1", "welcome:2"]


def test_one_key_for_two_things_is_a_conflict_and_nothing_is_kept_even_if_the_host_goes_on(store: Store) -> None:
    outbox, told = Outbox(store), list[Message]()
    put(store, outbox, mail(1))
    other = Message("mail.welcome", key="welcome:1", payload={"to": "somebody else"})
    twice = [Message("mail.welcome", key="new", payload=number) for number in (1, 2)]
    for wrong in ([mail(2), other, mail(3)], [mail(2), *twice]):
        with store.begin() as connection, pytest.raises(Conflict, match="was used for something else"):
            outbox.put(connection, *wrong)
    outbox.deliver({"mail.welcome": told.append})
    assert [each.key for each in told] == ["welcome:1"]


def test_what_fails_is_tried_again_and_becomes_a_dead_letter_that_can_be_replayed(store: Store) -> None:
    outbox, seen = Outbox(store), list[tuple[int, bool]]()

    def fail(message: Message) -> None:
        seen.append((message.attempt, message.maybe))
        raise OSError("the mail server is away")

    put(store, outbox, mail(1), mail(2))
    assert outbox.deliver({"mail.welcome": fail}, patience=AT_ONCE).dead == 2
    assert Counter(seen) == {(1, False): 2, (2, True): 2, (3, True): 2}
    first, second = outbox.dead.list()
    assert (first.key, first.attempts, first.error, first.error_group) == ("welcome:1", 3, "OSError", "defect")
    outbox.dead.replay(first.id)
    outbox.dead.drop(second.id)
    told = list[Message]()
    assert outbox.deliver({"mail.welcome": told.append}).done == 1
    assert [each.key for each in told] == ["welcome:1"]
    assert outbox.dead.list() == []
    assert [outbox.dead.get(letter.id).state for letter in (first, second)] == ["resolved", "dropped"]
    with pytest.raises(NotFound, match="was resolved before"):
        outbox.dead.replay(first.id)


def test_a_refusal_is_a_dead_letter_at_once(store: Store) -> None:
    outbox = Outbox(store)

    def refuse(_: Message) -> None:
        raise Refused("no such address", where="mail")

    put(store, outbox, mail(1))
    assert outbox.deliver({"mail.welcome": refuse}).dead == 1
    assert [(letter.attempts, letter.error_group) for letter in outbox.dead.list()] == [(1, "skip")]


def test_what_depends_on_something_unknown_waits_until_that_is_released(store: Store) -> None:
    outbox, told, known = Outbox(store), list[str](), set[str]()

    def send(message: Message) -> None:
        if message.payload["to"] not in known:
            raise NotKnownYet("there is no address yet", waits_for="address:1")
        told.append(message.key)

    put(store, outbox, mail(1), mail(2, waits_for="address:2"))
    assert outbox.deliver({"mail.welcome": send}).parked == 1
    known |= {"用户1", "用户2"}
    assert outbox.deliver({"mail.welcome": send}).done == 0
    with store.begin() as connection:
        assert outbox.release(connection, "address:1", "address:2", "address:3") == 2
    assert outbox.deliver({"mail.welcome": send}).done == 2
    assert told == ["welcome:1", "welcome:2"]


def test_messages_of_one_subject_keep_their_order_and_hold_up_nobody_else(store: Store) -> None:
    outbox, told, broken = Outbox(store), list[str](), {"welcome:1"}

    def send(message: Message) -> None:
        if message.key in broken:
            raise NotKnownYet("not yet", waits_for="it")
        told.append(message.key)

    put(store, outbox, mail(1, subject="ann"), mail(2, subject="ann"), mail(3, subject="bob"), mail(4, priority=1))
    outbox.deliver({"mail.welcome": send})
    assert told == ["welcome:4", "welcome:3"]
    broken.clear()
    with store.begin() as connection:
        outbox.release(connection, "it")
    outbox.deliver({"mail.welcome": send})
    assert told[2:] == ["welcome:1", "welcome:2"]


def test_only_what_has_a_handler_is_handed_out(store: Store) -> None:
    outbox, told = Outbox(store), list[Message]()
    put(store, outbox, mail(1), Message("sms.welcome", key="sms:1"))
    assert outbox.deliver({"sms.welcome": told.append}).done == 1
    assert [each.payload for each in told] == [None]
    with pytest.raises(ConfigInvalid, match="there are no handlers"):
        outbox.deliver({})
    with pytest.raises(ConfigInvalid, match="parallel is 0"):
        outbox.deliver({"mail.welcome": told.append}, parallel=0)


def test_nothing_is_handed_out_before_it_is_due(store: Store) -> None:
    clock, told = Clock(), list[Message]()
    outbox = Outbox(store, clock=clock)
    put(store, outbox, mail(1, due_at=BEGINNING + timedelta(hours=1)))
    assert outbox.deliver({"mail.welcome": told.append}).later == 1
    clock.now += timedelta(hours=1)
    assert outbox.deliver({"mail.welcome": told.append}).done == 1


def test_a_pause_ends_a_delivery_and_a_stop_is_raised(store: Store) -> None:
    clock = Clock()
    outbox, until = Outbox(store, clock=clock), BEGINNING + timedelta(hours=1)

    def pause(_: Message) -> None:
        raise Paused("the quota is spent", until=until)

    def stop(_: Message) -> None:
        raise LoginRefused("wrong password", where="mail")

    put(store, outbox, mail(1))
    assert outbox.deliver({"mail.welcome": pause}).paused_until == until
    clock.now = until
    with pytest.raises(LoginRefused):
        outbox.deliver({"mail.welcome": stop})
    assert outbox.deliver({"mail.welcome": lambda _: None}).done == 1


def test_whoever_takes_over_from_a_process_that_died_is_told_that_it_may_be_done(store: Store) -> None:
    clock, told = Clock(), list[Message]()
    outbox = Outbox(store, clock=clock)

    def die(_: Message) -> None:
        raise KeyboardInterrupt

    put(store, outbox, mail(1))
    with pytest.raises(KeyboardInterrupt):
        outbox.deliver({"mail.welcome": die})
    assert outbox.deliver({"mail.welcome": told.append}).done == 0
    clock.now += Patience().lease + timedelta(seconds=1)
    assert outbox.deliver({"mail.welcome": told.append}).done == 1
    assert [(each.attempt, each.maybe) for each in told] == [(2, True)]


def test_workers_side_by_side_share_the_messages(databases: Databases, store: Store) -> None:
    seen, guard, together = Counter[str](), Lock(), Barrier(3, timeout=60)

    def send(message: Message) -> None:
        with guard:
            seen[message.key] += 1

    def work(_: int) -> int:
        own = Store.open(databases.url())
        together.wait()
        done = Outbox(own).deliver({"mail.welcome": send}, patience=Patience(batch=5)).done
        own.close()
        return done

    put(store, Outbox(store), *(mail(number) for number in range(60)))
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, range(3))) == 60
    assert set(seen.values()) == {1}
    assert len(seen) == 60


def test_several_at_once_in_threads_of_one_delivery(store: Store) -> None:
    outbox, together = Outbox(store), Barrier(3, timeout=60)
    put(store, outbox, *(mail(number) for number in range(3)))
    assert outbox.deliver({"mail.welcome": lambda _: together.wait()}, parallel=3).done == 3


def test_what_was_done_long_ago_may_be_forgotten(store: Store) -> None:
    clock = Clock()
    outbox = Outbox(store, clock=clock)
    put(store, outbox, mail(1))
    outbox.deliver({"mail.welcome": lambda _: None})
    put(store, outbox, mail(2))
    with pytest.raises(ConfigInvalid, match="names no zone"):
        outbox.forget(BEGINNING.replace(tzinfo=None))
    assert outbox.forget(BEGINNING) == 0
    assert outbox.forget(BEGINNING + timedelta(seconds=1)) == 1
    assert put(store, outbox, mail(1), mail(2)) == {"welcome:1"}


def test_spaces_do_not_see_each_other(store: Store) -> None:
    put(store, Outbox(store, space="a"), mail(1))
    assert Outbox(store, space="b").deliver({"mail.welcome": lambda _: None}).done == 0
    assert put(store, Outbox(store, space="b"), mail(1)) == {"welcome:1"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Message("", key="k"), "its operation has 0"),
        (Message("mail", key=""), "its key has 0"),
        (Message("mail", key="k" * 201), "its key has 201"),
        (Message("mail", key="a\0b"), "no zero byte"),
        (Message("mail", key="k", subject="s" * 201), "its subject has 201"),
        (Message("mail", key="k", waits_for="w" * 201), "its waits_for has 201"),
        (Message("mail", key="k", priority=99_999), "its priority is 99999"),
        (Message("mail", key="k", due_at=datetime(2026, 11, 25)), "its due_at names no zone"),  # noqa: DTZ001
        (Message("mail", key="k", payload=object()), "its payload is not JSON"),
        (Message("mail", key="k", payload="\ud800"), "its payload is not JSON"),
        (Message("mail", key="k", payload={(1, 2): 3}), "its payload is not JSON"),
    ],
)
def test_a_message_that_cannot_be_kept_is_refused_before_anything_is(store: Store, wrong: Message, said: str) -> None:
    outbox = Outbox(store)
    with store.begin() as connection, pytest.raises(ConfigInvalid, match=said):
        outbox.put(connection, mail(1), wrong)
    assert outbox.deliver({"mail.welcome": lambda _: None}).done == 0


@pytest.mark.parametrize("payload", [{"文": [1, 2.5, None, True, "\0"]}, [], "", 0, {"b": 1, "a": {"d": 1, "c": 2}}])
def test_a_payload_comes_back_as_it_was(store: Store, payload: object) -> None:
    outbox, told = Outbox(store), list[Message]()
    put(store, outbox, Message("any", key="键", payload=payload))
    outbox.deliver({"any": told.append})
    assert [(each.key, each.payload) for each in told] == [("键", payload)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_coroutines_and_plain_functions_are_called_in_tasks(store: Store, backend: str) -> None:
    outbox, told = AsyncOutbox(store), list[str]()

    async def send(message: Message) -> None:
        await anyio.lowlevel.checkpoint()
        told.append(message.key)

    async def main() -> int:
        handlers = {"mail.welcome": send, "sms.welcome": lambda message: told.append(message.key)}
        done = (await outbox.deliver(handlers, parallel=2)).done
        letters = await outbox.dead.list()
        return done - len(letters)

    put(store, Outbox(store), mail(1), Message("sms.welcome", key="sms:1"))
    assert anyio.run(main, backend=backend) == 2
    assert sorted(told) == ["sms:1", "welcome:1"]
