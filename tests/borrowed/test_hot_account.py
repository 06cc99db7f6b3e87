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
from erplink.store import books, tables
from tests.borrowed.shop import balance, link_on, member, prepare, visits
from tests.borrowed.workers import Host, redeem_many
from tests.databases import Databases, only


@pytest.fixture
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


def two_workers(processes: ProcessPoolExecutor, url: str, host: Host, threads: int = 10) -> Counter[str]:
    """How 50 redemptions of 10 points from an account of 100 ended."""
    prepare(url)
    running = [processes.submit(redeem_many, url, host, worker, threads, 25) for worker in (1, 2)]
    return sum((each.result() for each in running), Counter[str]())


@pytest.mark.parametrize("host", ["erplink itself", "sqlalchemy", "django"])
def test_of_fifty_redemptions_of_ten_from_a_hundred_ten_succeed(
    processes: ProcessPoolExecutor, databases: Databases, host: Host
) -> None:
    url = databases.url()
    assert two_workers(processes, url, host) == {"pending": 10, "refused": 40}
    assert balance(url) == 0
    if host != "erplink itself":
        assert len(visits(url)) == 10


@only("sqlite")
def test_a_host_whose_engine_does_not_wait_is_told_to_run_its_transaction_again(
    processes: ProcessPoolExecutor, databases: Databases
) -> None:
    url = databases.url()
    assert two_workers(processes, url, "sqlalchemy without patience", threads=2) == {"pending": 10, "refused": 40}
    assert balance(url) == 0
    assert len(visits(url)) == 10


def spend_all_at_once(url: str) -> Counter[str]:
    """How two redemptions of all that an account has end, each in a transaction of a default SQLAlchemy engine."""
    prepare(url, points=10)
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
    assert spend_all_at_once(databases.url()) == {"pending": 1, "refused": 1}


def test_it_is_the_write_before_all_reading_that_guards_the_account(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_read = Barrier(2, timeout=60)
    load: Callable[..., Any] = books.load

    def read_only(connection: sa.Connection, space: str, persons: list[str], pool: str) -> dict[str, Any]:
        a = tables.accounts.c
        mine = sa.select(tables.accounts).where(a.space == space, a.pool == pool, a.person.in_(persons))
        return {row.person: row for row in connection.execute(mine)}

    def load_both(*args: Any) -> Any:  # noqa: ANN401 - as load has it
        sheets = load(*args)
        if spending:
            both_have_read.wait()
        return sheets

    spending: list[bool] = []
    url = databases.url()
    prepare(url, points=10)
    spending.append(True)
    monkeypatch.setattr(books, "_touch", lambda *_: None)
    monkeypatch.setattr(books, "_locked", read_only)
    monkeypatch.setattr(books, "load", load_both)
    monkeypatch.setattr("tests.borrowed.test_hot_account.prepare", lambda *_, **__: None)
    assert spend_all_at_once(url) == {"pending": 2}
