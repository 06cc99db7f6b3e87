"""Two workers, one account: what is spent at the same time is spent once, whoever's transaction it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from erplink import InsufficientBalance
from erplink.link import desk
from erplink.store import books, people, tables
from erplink.sync import redeem
from tests.borrowed.shop import balance, link_on, member, prepare, visits
from tests.borrowed.workers import Host, redeem_many
from tests.databases import Databases, only


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def django_processes() -> Iterator[ProcessPoolExecutor]:
    """Two that know no database yet: Django learns of one when it is configured, once."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


def two_workers(processes: ProcessPoolExecutor, url: str, host: Host, threads: int = 10) -> Counter[str]:
    """How 50 redemptions of 10 points from an account of 100 ended."""
    prepare(url)
    running = [processes.submit(redeem_many, url, host, worker, threads, 25) for worker in (1, 2)]
    return sum((each.result() for each in running), Counter[str]())


def test_of_fifty_redemptions_of_ten_from_a_hundred_ten_succeed(
    processes: ProcessPoolExecutor, databases: Databases
) -> None:
    url = databases.url()
    assert two_workers(processes, url, "erplink itself") == {"pending": 10, "refused": 40}
    assert balance(url) == 0


def test_ten_succeed_on_a_default_engine_of_the_host_and_leave_its_rows(
    processes: ProcessPoolExecutor, databases: Databases
) -> None:
    url = databases.url()
    assert two_workers(processes, url, "sqlalchemy") == {"pending": 10, "refused": 40}
    assert (balance(url), len(visits(url))) == (0, 10)


def test_ten_succeed_in_transactions_of_django_and_leave_its_rows(
    django_processes: ProcessPoolExecutor, databases: Databases
) -> None:
    url = databases.url()
    assert two_workers(django_processes, url, "django") == {"pending": 10, "refused": 40}
    assert (balance(url), len(visits(url))) == (0, 10)


@only("sqlite")
def test_a_host_whose_engine_does_not_wait_is_told_to_run_its_transaction_again(
    processes: ProcessPoolExecutor, databases: Databases
) -> None:
    url = databases.url()
    assert two_workers(processes, url, "sqlalchemy without patience", threads=2) == {"pending": 10, "refused": 40}
    assert (balance(url), len(visits(url))) == (0, 10)


def spend_all_at_once(url: str) -> Counter[str]:
    """How two redemptions of all that an account has end, each in a transaction of a default SQLAlchemy engine."""
    engine = sa.create_engine(url)
    with link_on(url) as link, ThreadPoolExecutor(2) as pool:
        who = member(link)

        def redeem(key: str) -> str:
            try:
                with engine.begin() as connection:
                    return link.within(connection).points.redeem(who, 10, gift="GIFT", key=key).state
            except InsufficientBalance:
                return "refused"

        ended = Counter(pool.map(redeem, ["one", "two"]))
    engine.dispose()
    return ended


def test_an_account_is_spent_once(databases: Databases) -> None:
    url = databases.url()
    prepare(url, points=10)
    assert spend_all_at_once(url) == {"pending": 1, "refused": 1}


def test_without_the_lock_that_comes_before_all_reading_it_would_be_spent_twice(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_read = Barrier(2, timeout=60)
    load: Callable[..., Any] = books.load

    def only_read(connection: sa.Connection, space: str, persons: list[str], pool: str) -> dict[str, Any]:
        a = tables.accounts.c
        mine = sa.select(tables.accounts).where(a.space == space, a.pool == pool, a.person.in_(persons))
        return {row.person: row for row in connection.execute(mine)}

    def load_both(*args: Any) -> Any:  # noqa: ANN401 - as load has it
        sheets = load(*args)
        both_have_read.wait()
        return sheets

    url = databases.url()
    prepare(url, points=10)
    monkeypatch.setattr(desk, "write_first", lambda _: None)
    monkeypatch.setattr(redeem, "write_first", lambda _: None)
    monkeypatch.setattr(people, "held", people.get)
    monkeypatch.setattr(books, "_locked", only_read)
    monkeypatch.setattr(books, "load", load_both)
    assert spend_all_at_once(url) == {"pending": 2}
