"""Two workers meet on one PostgreSQL database: nothing is done twice, nothing is lost, nobody waits for ever.

On SQLite a transaction is alone; here each test holds one open while another one comes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import count
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from erplink import Conflict, InsufficientBalance
from erplink.facade.database import transact
from erplink.identity.people import Claim
from erplink.ledger.moves import Occasion
from erplink.ledger.operations import credit
from erplink.link.values import Redemption
from erplink.model.documents import Customer, Order
from erplink.store import books, documents, people, policies, views, waiting
from erplink.store import tables as t
from erplink.store.database import Connection, open_store
from erplink.store.policies import Published
from erplink.sync import redeem as redeeming
from erplink.sync.anonymous import list_anonymous
from erplink.sync.pull import Feed, take_in
from tests.databases import Databases, only
from tests.link.company import PLAIN, company
from tests.loyalty.shop import policy
from tests.store.crowd import crowd

pytestmark = only("postgresql")

NOW = datetime(2026, 4, 1, tzinfo=UTC)
SPACE, POOL, ERP = "acme", "积分", "kingdee"
ORDERS = Feed(SPACE, ERP, "orders", frozenset({"WALKIN"}))
CUSTOMERS = Feed(SPACE, ERP, "customers", frozenset())


def order(number: str, customer: str, version: str = "1", note: str = "") -> Order:
    return Order(number, number, customer, "draft", "CNY", None, version, note=note)


def customer(code: str, unionid: str = "", version: str = "1") -> Customer:
    return Customer(code, code, f"客户 {code}", "approved", version, unionid=unionid)


def bring(*papers: Order | Customer) -> Callable[[Connection], documents.Received]:
    feed = ORDERS if isinstance(papers[0], Order) else CUSTOMERS
    return lambda connection: take_in(connection, feed, papers, NOW)


def adopt(connection: Connection) -> int:
    return waiting.adopt_strangers(connection, SPACE, (), 500)


def claim(limit: int) -> Callable[[Connection], list[str]]:
    return lambda connection: waiting.claim(connection, SPACE, (), limit)


def give(connection: Connection, person: str, points: int, key: str) -> None:
    sheet = books.load(connection, SPACE, [person], POOL)[person]
    sheet.post(*credit(sheet.account, Occasion(key, NOW), points, available_at=NOW))
    books.save(connection, SPACE, [sheet], NOW)


def who(connection: Connection, kind: str, value: str) -> list[str]:
    return [person.id for person in people.find(connection, SPACE, kind, value)]


def test_two_workers_claim_different_people_and_neither_waits(databases: Databases) -> None:
    with crowd(databases) as met:
        transact(met.store, bring(*(order(f"SO{n}", f"C{n:02}") for n in range(30))))
        transact(met.store, adopt)
        with met.store.begin() as connection:
            mine = waiting.claim(connection, SPACE, (), 10)
            theirs = met.meanwhile(claim(10))
            assert theirs.done()
        rest = transact(met.store, claim(99))
        assert (len(mine), len(theirs.result()), len(rest)) == (10, 10, 10)
        assert len({*mine, *theirs.result(), *rest}) == 30
        assert transact(met.store, claim(99)) == []


def test_a_person_with_several_codes_is_one_workers(databases: Databases) -> None:
    with crowd(databases) as met:
        transact(met.store, bring(*(customer(f"C{n}", "one union") for n in range(4))))
        transact(met.store, bring(*(order(f"SO{n}", f"C{n}") for n in range(4))))
        with met.store.begin() as connection:
            (person,) = waiting.claim(connection, SPACE, (), 1)
            assert met.meanwhile(claim(9)).result() == []
        assert transact(met.store, claim(9)) == []
        transact(met.store, bring(order("SO9", "C3")))
        assert transact(met.store, claim(9)) == [person]


def test_whoever_gets_a_document_while_claimed_waits_again(databases: Databases) -> None:
    with crowd(databases) as met:
        transact(met.store, bring(order("SO1", "C1")))
        transact(met.store, adopt)
        with met.store.begin() as connection:
            (person,) = waiting.claim(connection, SPACE, (), 9)
            later = met.meanwhile(bring(order("SO2", "C1")))
        later.result()
        with met.store.begin() as connection:
            take_in(connection, ORDERS, [order("SO3", "C1")], NOW)
            assert met.meanwhile(claim(9)).result() == []  # its customer code is being woken: it is left for later
        assert transact(met.store, claim(9)) == [person]


def test_a_worker_that_dies_with_people_in_hand_leaves_them_waiting(databases: Databases) -> None:
    with crowd(databases) as met:
        transact(met.store, bring(order("SO1", "C1")))
        transact(met.store, adopt)
        with suppress(KeyboardInterrupt), met.store.begin() as connection:
            assert len(waiting.claim(connection, SPACE, (), 9)) == 1
            raise KeyboardInterrupt
        assert len(transact(met.store, claim(9))) == 1


def test_pullers_deciders_and_new_claims_all_at_once_come_to_rest_without_a_deadlock(databases: Databases) -> None:
    codes, rounds = [f"C{n:03}" for n in range(40)], range(6)
    with crowd(databases) as met:
        transact(met.store, bring(*(customer(code, f"u{n % 25}") for n, code in enumerate(codes))))

        def pull(*, backwards: bool) -> None:
            for turn in rounds:
                page = [order(f"SO{code}", code, str(turn), str(backwards)) for code in codes]
                transact(met.store, bring(*(reversed(page) if backwards else page)))

        def decide() -> None:
            for turn in range(30):
                transact(met.store, decided, turn)

        numbers = count()

        def decided(connection: Connection, turn: int) -> None:
            persons = waiting.claim(connection, SPACE, (), 3 + turn % 4)
            sheets = books.load(connection, SPACE, persons, POOL)
            for person, sheet in sheets.items():
                sheet.post(*credit(sheet.account, Occasion(f"{person}-{next(numbers)}", NOW), 1, available_at=NOW))
            books.save(connection, SPACE, list(sheets.values()), NOW)

        works: list[Callable[[], None]] = [partial(pull, backwards=each) for each in (False, True)]
        met.at_once([*works, *[decide] * 4])
        while transact(met.store, claim(99)):
            pass
        with met.store.begin() as connection:
            newest = connection.execute(sa.select(t.documents.c.version)).scalars()
            assert {*newest} == {"5", "1"}
            assert not waiting.anybody(connection, SPACE)
        assert met.deadlocks() == 0


@pytest.mark.parametrize("first", ["older", "newer"])
def test_an_older_version_never_replaces_a_newer_one(databases: Databases, first: str) -> None:
    older, newer = order("SO1", "C1", "B-10", "old"), order("SO1", "C1", "a-9", "new")
    here, there = (older, newer) if first == "older" else (newer, older)
    with crowd(databases) as met:
        with met.store.begin() as connection:
            assert take_in(connection, ORDERS, [here], NOW).fresh == (here,)
            other = met.meanwhile(bring(there))
            assert not other.done()
        assert other.result().fresh == ((newer,) if first == "older" else ())
        with met.store.begin() as connection:
            assert connection.execute(sa.select(t.documents.c.version)).scalar_one() == "a-9"


def test_versions_are_compared_alike_in_a_database_of_any_language(databases: Databases) -> None:
    server = databases.server
    assert server is not None
    if not server.run("SELECT 1 FROM pg_collation WHERE collprovider = 'i' LIMIT 1"):
        pytest.skip("this PostgreSQL was built without ICU, so that it has one order of letters on every machine")
    newer = order("SO1", "C1", "a-9")
    with server.made("template0", "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'") as name:
        store = open_store(server.address(name))
        transact(store, bring(order("SO1", "C1", "B-10")))
        assert transact(store, bring(newer)).fresh == (newer,)
        store.close()


def test_pages_that_overlap_in_another_order_do_not_stop_each_other(databases: Databases) -> None:
    one, two = order("SO1", "C1"), order("SO2", "C2")
    with crowd(databases) as met:
        with met.store.begin() as connection:
            documents.receive(connection, SPACE, ERP, "orders", [one], NOW)
            documents.wake(connection, SPACE, ERP, ["C1"], ())
            pages = met.meanwhile(lambda other: documents.receive(other, SPACE, ERP, "orders", [two, one], NOW))
            woken = met.meanwhile(lambda other: documents.wake(other, SPACE, ERP, ["C2", "C1"], ()))
            documents.receive(connection, SPACE, ERP, "orders", [two], NOW)
            documents.wake(connection, SPACE, ERP, ["C2"], ())
        pages.result()
        woken.result()
        assert met.deadlocks() == 0


def test_a_page_that_two_pull_at_once_is_new_to_one_of_them(databases: Databases) -> None:
    page = [order(f"SO{n}", "C1") for n in range(5)]
    with crowd(databases) as met:
        with met.store.begin() as connection:
            assert len(take_in(connection, ORDERS, page, NOW).fresh) == 5
            other = met.meanwhile(bring(*reversed(page)))
        assert (other.result().fresh, other.result().known) == ((), 5)


def test_two_codes_of_one_unionid_that_come_at_once_are_one_person(databases: Databases) -> None:
    with crowd(databases) as met:
        with met.store.begin() as connection:
            take_in(connection, CUSTOMERS, [customer("C1", "u1")], NOW)
            other = met.meanwhile(bring(customer("C2", "u1")))
        other.result()
        with met.store.begin() as connection:
            (person,) = who(connection, "unionid", "u1")
            assert who(connection, "erp:kingdee", "C1") == who(connection, "erp:kingdee", "C2") == [person]


def test_many_claims_at_once_make_one_person_of_each_unionid(databases: Databases) -> None:
    claims = [[Claim(ERP, f"C{n}", unionid=f"u{n % 7}") for n in range(k, 84, 6)] for k in range(6)]
    with crowd(databases) as met:

        def learn(mine: list[Claim]) -> None:
            for each in mine:
                transact(met.store, people.learn, SPACE, each, NOW)

        met.at_once([partial(learn, mine) for mine in claims])
        with met.store.begin() as connection:
            found = [who(connection, "unionid", f"u{n}") for n in range(7)]
            assert [len(each) for each in found] == [1] * 7
            for n in range(84):
                assert who(connection, "erp:kingdee", f"C{n}") == found[n % 7]


@pytest.mark.parametrize("first", ["adopted", "introduced"])
def test_a_stranger_who_is_introduced_while_adopted_is_one_person(databases: Databases, first: str) -> None:
    with crowd(databases) as met:
        transact(met.store, bring(customer("C1", "u1")))
        transact(met.store, bring(order("SO1", "C2")))
        works: list[Callable[[Connection], Any]] = [adopt, bring(customer("C2", "u1"))]
        here, there = works if first == "adopted" else reversed(works)
        with met.store.begin() as connection:
            here(connection)
            other = met.meanwhile(there)
        other.result()
        with met.store.begin() as connection:
            (person,) = who(connection, "unionid", "u1")
            assert who(connection, "erp:kingdee", "C2") == [person]
            assert people.codes_of(connection, SPACE, [person])[person] == ((ERP, "C1"), (ERP, "C2"))


def test_points_booked_while_two_people_become_one_are_the_survivors(databases: Databases) -> None:
    with crowd(databases) as met:
        transact(met.store, bring(customer("C1", "u1"), customer("C2")))
        transact(met.store, bring(order("SO2", "C2")))
        with met.store.begin() as connection:
            (second,) = waiting.claim(connection, SPACE, (), 9)
            merged = met.meanwhile(bring(customer("C2", "u1", version="2")))
            assert not merged.done()
            give(connection, second, 70, "SO2")
        merged.result()
        with met.store.begin() as connection:
            (survivor,) = who(connection, "unionid", "u1")
            assert survivor != second
            assert books.load(connection, SPACE, [survivor], POOL)[survivor].account.balance(NOW) == 70


def test_a_gift_that_comes_back_while_its_person_is_merged_goes_to_the_survivor(databases: Databases) -> None:
    with crowd(databases) as met:
        transact(met.store, bring(customer("C1", "u1"), customer("C2")))
        with met.store.begin() as connection:
            (second,) = who(connection, "erp:kingdee", "C2")
            give(connection, second, 70, "SO2")
        wish = redeeming.Wish("one", "GIFT", 30, ERP, "CNY", NOW)
        with met.store.begin() as connection:
            person = people.get(connection, SPACE, second)
            assert person is not None
            redeeming.redeem(connection, SPACE, person, POOL, wish, NOW)
            key = connection.execute(sa.select(t.journal.c.key).where(t.journal.c.kind == "spend")).scalar_one()
        with met.store.begin() as connection:
            take_in(connection, CUSTOMERS, [customer("C2", "u1", version="2")], NOW)
            back = met.meanwhile(lambda other: redeeming.give_back(other, SPACE, key, "sold out", NOW))
        back.result()
        with met.store.begin() as connection:
            (survivor,) = who(connection, "unionid", "u1")
            assert books.load(connection, SPACE, [survivor], POOL)[survivor].account.balance(NOW) == 70
            # Who still holds the member as they were spends what the survivor has.
            again = redeeming.Wish("two", "GIFT", 70, ERP, "CNY", NOW)
            assert redeeming.redeem(connection, SPACE, person, POOL, again, NOW).points == 70


def test_one_wish_that_is_asked_for_many_times_at_once_costs_its_points_once(databases: Databases) -> None:
    with company(databases, ("1001", "C1", "2026-03-02 10:00", "M1", 1, "100.00")) as shop, shop.link(PLAIN) as link:
        link.sync()
        member = link.members.find(code="C1")
        with crowd(databases) as met:

            def ask(key: str) -> Redemption | InsufficientBalance:
                try:
                    return link.points.redeem(member, 60, gift="GIFT-001", key=key)
                except InsufficientBalance as error:
                    return error

            same = met.at_once([partial(ask, "cart-1")] * 6)
            assert same == [same[0]] * 6
            assert isinstance(same[0], Redemption)
            assert link.points.balance(member).points == 40
            others = met.at_once([partial(ask, f"cart-{n}") for n in range(2, 6)])
            assert all(isinstance(each, InsufficientBalance) for each in others)


def test_of_two_texts_of_one_version_the_second_is_refused(databases: Databases) -> None:
    first, second = (Published("p", 1, text, text, None, "me") for text in ("one", "two"))
    with crowd(databases) as met:
        with met.store.begin() as connection:
            policies.publish(connection, SPACE, first, NOW)
            other = met.meanwhile(lambda theirs: policies.publish(theirs, SPACE, second, NOW))
        with pytest.raises(Conflict):
            other.result()


def test_walk_in_customers_are_listed_by_one_at_a_time(databases: Databases) -> None:
    rule = policy(top="assembly: {completed: approved, anonymous: [WALKIN, KIOSK]}").assembly
    feed = Feed(SPACE, ERP, "orders", frozenset({"WALKIN", "KIOSK"}))
    with crowd(databases) as met:
        transact(met.store, take_in, feed, [order("SO1", "WALKIN")], NOW)
        with met.store.begin() as connection:
            list_anonymous(connection, SPACE, rule)
            transact(met.store, take_in, feed, [order("SO2", "KIOSK")], NOW)
            other = met.meanwhile(lambda theirs: list_anonymous(theirs, SPACE, rule))
        other.result()
        with met.store.begin() as connection:
            counted = sa.select(t.tallies.c.count).where(t.tallies.c.reason == "anonymous_orders")
            assert connection.execute(counted).scalar_one() == 2


def test_transactions_that_wait_for_each_other_are_both_done_in_the_end(databases: Databases) -> None:
    with crowd(databases) as met:
        for person in ("a", "b"):
            with met.store.begin() as connection:
                give(connection, person, 1, f"first-{person}")
        meet, turns = Barrier(2), {"ab": 0, "ba": 0}

        def both(connection: Connection, names: str) -> None:
            turns[names] += 1
            give(connection, names[0], 10, f"{names}-1")
            if turns[names] == 1:
                meet.wait()
            give(connection, names[1], 10, f"{names}-2")

        met.at_once([partial(transact, met.store, both, names) for names in turns])
        with met.store.begin() as connection:
            sheets = books.load(connection, SPACE, ["a", "b"], POOL)
            assert [sheets[name].account.balance(NOW) for name in "ab"] == [21, 21]
        assert sum(turns.values()) >= 3
        assert met.deadlocks() >= 1


def test_a_balance_that_is_read_while_it_is_booked_is_that_of_one_moment(databases: Databases) -> None:
    with crowd(databases) as met:
        with met.store.begin() as connection:
            give(connection, "p-1", 100, "first")

        def book() -> None:
            for turn in range(60):
                owed = {"debt": 100 if turn % 2 else 0}
                with met.store.begin() as connection:
                    connection.execute(sa.update(t.accounts).values(owed))
                    connection.execute(sa.update(t.lots).values(remainder=100 + owed["debt"]))

        def read() -> set[int]:
            return {transact(met.store, views.balance, SPACE, "p-1", POOL, NOW).points for _ in range(200)}

        _, *seen = met.at_once([book, read, read])
        assert seen == [{100}, {100}]
