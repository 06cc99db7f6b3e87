"""Worked cases of a member's account: consumption, debt, expiry, take-backs, transfers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from erplink.errors import ConfigInvalid, InsufficientBalance
from erplink.ledger.account import Account, Lot
from erplink.ledger.keys import KEY_LENGTH, derive_key
from erplink.ledger.moves import Occasion
from erplink.ledger.operations import collect, credit, expire, restore, spend
from erplink.ledger.people import merge, transfer
from erplink.model.facts import Source


def day(month: int, number: int, year: int = 2026) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


def order(number: str) -> Source:
    return Source("kingdee", "orders", number)


def occasion(key: str, at: datetime, sale: str = "") -> Occasion:
    return Occasion(key, at, order(sale) if sale else None, order(sale) if sale else None)


def earned(points: int, sale: str = "O1", at: datetime | None = None, expires_at: datetime | None = None) -> Account:
    when = at or day(1, 1)
    return credit(Account(), occasion(sale, when, sale), points, available_at=when, expires_at=expires_at)[0]


def remainders(account: Account) -> dict[str, int]:
    return {lot.id: lot.remainder for lot in account.lots if lot.remainder}


def test_the_soonest_expiry_is_spent_first_not_the_oldest() -> None:
    account = Account((Lot("a", None, 100, 100, day(1, 1), day(6, 1, 2027)),))
    account, _ = credit(account, occasion("b", day(1, 2)), 100, available_at=day(1, 2), expires_at=day(1, 1, 2027))
    account, posting = spend(account, occasion("x", day(2, 1)), 100)
    assert remainders(account) == {"a": 100}
    assert posting.lot_moves == (("b", -100),)


def test_a_lot_without_expiry_is_spent_last_and_ties_go_by_availability_then_id() -> None:
    lots = (
        Lot("never", None, 5, 5, day(1, 1)),
        Lot("b", None, 5, 5, day(1, 2), day(9, 1)),
        Lot("c", None, 5, 5, day(1, 1), day(9, 1)),
        Lot("a", None, 5, 5, day(1, 2), day(9, 1)),
    )
    _, posting = spend(Account(lots), occasion("x", day(2, 1)), 20)
    assert [lot for lot, _ in posting.lot_moves] == ["c", "a", "b", "never"]


def test_pending_lots_are_skipped_until_they_are_available() -> None:
    account = Account(
        (Lot("L1", None, 100, 100, day(1, 15), day(2, 1)), Lot("L2", None, 100, 100, day(1, 1), day(6, 1)))
    )
    account, _ = spend(account, occasion("x1", day(1, 10)), 80)
    assert remainders(account) == {"L1": 100, "L2": 20}
    account, _ = spend(account, occasion("x2", day(1, 20)), 50)
    assert remainders(account) == {"L1": 50, "L2": 20}
    account, postings = expire(account, day(2, 1))
    assert [posting.points for posting in postings] == [-50]
    assert account.balance(day(2, 1)) == 20


def test_expiry_is_effective_when_it_happened_however_late_it_is_booked() -> None:
    account = earned(40, expires_at=day(3, 1))
    assert account.balance(day(2, 28)) == 40
    assert account.balance(day(3, 1)) == 0
    after, postings = expire(account, day(9, 1))
    assert [posting.effective_at for posting in postings] == [day(3, 1)]
    assert expire(after, day(9, 2)) == (after, ())
    assert [each.key for each in expire(account, day(10, 1))[1]] == [each.key for each in postings]


def test_expiring_by_counts_lots_up_to_the_instant() -> None:
    account = Account(
        (
            Lot("a", None, 100, 100, day(1, 1), day(2, 1)),
            Lot("b", None, 200, 200, day(1, 1), day(6, 1)),
            Lot("c", None, 50, 50, day(1, 1)),
        )
    )
    assert [account.expiring_by(day(3, 1)), account.expiring_by(day(7, 1))] == [100, 300]


@pytest.mark.parametrize(
    ("policy", "balance", "uncollected"), [("only_pending", 20, 100), ("within_balance", 0, 80), ("unlimited", -80, 0)]
)
def test_a_return_of_points_already_spent(policy: str, balance: int, uncollected: int) -> None:
    account, _ = spend(earned(100), occasion("x", day(1, 2)), 80)
    match policy:
        case "only_pending":
            account, posting = collect(account, occasion("r", day(1, 3), "O1"), 100, "only_pending")
        case "within_balance":
            account, posting = collect(account, occasion("r", day(1, 3), "O1"), 100, "within_balance")
        case _:
            account, posting = collect(account, occasion("r", day(1, 3), "O1"), 100, "unlimited")
    assert (account.balance(day(1, 3)), account.uncollected_points) == (balance, uncollected)
    assert dict(posting.entries)["issued"] == 100
    assert sum(amount for _, amount in posting.entries) == 0


def test_expired_points_of_the_order_count_as_collected() -> None:
    account, _ = expire(earned(100, expires_at=day(7, 1)), day(7, 1))
    account, posting = collect(account, occasion("r", day(7, 5), "O1"), 100)
    assert posting.points == 0
    assert account.balance(day(7, 5)) == 0
    assert account.debt == 0


def test_expired_points_count_first_when_a_part_is_taken_back() -> None:
    account = earned(60, expires_at=day(7, 1))
    account, _ = credit(account, occasion("O1b", day(2, 1), "O1"), 40, available_at=day(2, 1))
    account, _ = expire(account, day(7, 1))
    account, first = collect(account, occasion("r1", day(7, 5), "O1"), 50)
    account, second = collect(account, occasion("r2", day(7, 6), "O1"), 50)
    assert (first.points, second.points) == (0, -40)
    assert account.balance(day(7, 6)) == 0


def test_a_take_back_prefers_pending_then_its_own_then_other_lots() -> None:
    account = earned(30, "O2", expires_at=day(3, 1))
    account, _ = credit(account, occasion("O1", day(1, 1), "O1"), 20, available_at=day(1, 1))
    account, _ = credit(account, occasion("O1p", day(1, 1), "O1"), 10, available_at=day(5, 1))
    account, posting = collect(account, occasion("r", day(2, 1), "O1"), 45)
    assert posting.lot_moves == (("O1p", -10), ("O1", -20), ("O2", -15))
    assert remainders(account) == {"O2": 15}


def test_debt_is_repaid_by_the_next_credit_before_a_lot_opens() -> None:
    account, posting = credit(Account(debt=30), occasion("k", day(1, 1), "O1"), 20, available_at=day(1, 1))
    assert (account.debt, account.lots, posting.opened, posting.debt_change) == (10, (), None, -20)
    account, posting = credit(account, occasion("l", day(1, 2), "O2"), 25, available_at=day(1, 2))
    assert account.debt == 0
    assert posting.opened is not None
    assert posting.opened.opened == 15


def test_a_pending_credit_repays_debt_when_it_becomes_available() -> None:
    account, _ = credit(Account(debt=30), occasion("k", day(1, 1), "O1"), 100, available_at=day(1, 15))
    assert (account.debt, account.pending(day(1, 1)), account.balance(day(1, 1))) == (30, 100, -30)
    with pytest.raises(InsufficientBalance):
        spend(account, occasion("x", day(1, 10)), 1)
    account, posting = spend(account, occasion("x", day(1, 15)), 70)
    assert (account.debt, remainders(account), posting.points) == (0, {}, -70)


def test_expiry_leaves_debt_alone() -> None:
    account = Account(debt=30)
    assert expire(account, day(9, 1)) == (account, ())


def test_a_pending_lot_repays_debt_before_it_expires_unseen() -> None:
    account, _ = credit(
        Account(debt=30), occasion("k", day(1, 1)), 100, available_at=day(1, 15), expires_at=day(2, 1), kind="grant"
    )
    account, postings = expire(account, day(3, 1))
    assert [(posting.kind, posting.points, posting.debt_change) for posting in postings] == [
        ("repay", 0, -30),
        ("expire", -70, 0),
    ]
    assert (account.debt, account.liability) == (0, 0)


def test_what_was_not_collected_is_settled_when_the_order_earns_again() -> None:
    account, _ = spend(earned(100), occasion("x", day(1, 2)), 80)
    account, _ = collect(account, occasion("r", day(1, 3), "O1"), 100, "within_balance")
    account, posting = credit(account, occasion("u", day(1, 4), "O1"), 100, available_at=day(1, 1))
    assert (account.balance(day(1, 4)), account.uncollected_points, posting.points) == (20, 0, 20)


def test_spending_is_all_or_nothing() -> None:
    account = earned(100)
    with pytest.raises(InsufficientBalance, match="101 points were asked for and 100 are available"):
        spend(account, occasion("x", day(1, 2)), 101)
    assert account.balance(day(1, 2)) == 100


@pytest.mark.parametrize("points", [0, -5])
def test_nothing_moves_less_than_one_point(points: int) -> None:
    account, at = earned(100), day(1, 2)
    with pytest.raises(ConfigInvalid):
        spend(account, occasion("x", at), points)
    with pytest.raises(ConfigInvalid):
        credit(account, occasion("x", at), points, available_at=at)
    with pytest.raises(ConfigInvalid):
        collect(account, occasion("x", at, "O1"), points)
    with pytest.raises(ConfigInvalid):
        transfer(account, Account(), occasion("x", at), points)


def test_restored_points_return_last_consumed_first_with_their_expiry() -> None:
    account = Account((Lot("a", None, 50, 50, day(1, 1), day(3, 1)), Lot("b", None, 50, 50, day(1, 1), day(6, 1))))
    account, spent = spend(account, occasion("x", day(2, 1)), 80)
    account, _ = restore(account, occasion("y", day(2, 2)), 40, spent.lot_moves)
    assert remainders(account) == {"a": 10, "b": 50}


def test_points_restored_to_an_expired_lot_expire_at_once() -> None:
    account, spent = spend(earned(50, expires_at=day(3, 1)), occasion("x", day(2, 1)), 50)
    account, posting = restore(account, occasion("y", day(3, 1)), 50, spent.lot_moves)
    assert account.balance(day(3, 1)) == 0
    assert dict(posting.entries) == {"expired": 50, "redeemed": -50}


def test_more_than_was_spent_cannot_be_restored() -> None:
    account, spent = spend(earned(50), occasion("x", day(2, 1)), 20)
    with pytest.raises(ConfigInvalid, match="21 points cannot go back where 20 were spent"):
        restore(account, occasion("y", day(2, 2)), 21, spent.lot_moves)


def test_a_transfer_keeps_expiry_and_the_total() -> None:
    source = earned(100, expires_at=day(6, 1))
    moved = transfer(source, Account(debt=10), occasion("t", day(2, 1)), 30)
    assert (moved.source.liability, moved.target.liability) == (70, 20)
    assert [(lot.expires_at, lot.order, lot.remainder) for lot in moved.target.lots] == [(day(6, 1), order("O1"), 20)]
    assert moved.out.points + moved.into.points == 0
    with pytest.raises(InsufficientBalance):
        transfer(source, Account(), occasion("t", day(2, 1)), 101)


def test_a_merge_keeps_lots_debt_and_what_was_not_collected() -> None:
    poor, _ = spend(earned(100, "O9"), occasion("x", day(1, 2)), 80)
    poor, _ = collect(poor, occasion("r", day(1, 3), "O9"), 100, "within_balance")
    rich = earned(500, expires_at=day(6, 1))
    moved = merge(poor, rich, occasion("m", day(2, 1)))
    assert moved.source == Account()
    assert (moved.target.balance(day(2, 1)), moved.target.uncollected_points) == (500, 80)
    indebted = merge(Account(debt=30), rich, occasion("m", day(2, 1)))
    assert (indebted.target.liability, indebted.target.debt) == (470, 0)
    assert indebted.out.debt_change == -30


def test_keys_are_stable_and_parts_cannot_run_into_each_other() -> None:
    keys = {
        derive_key("s", "a", "bc"),
        derive_key("s", "ab", "c"),
        derive_key("s", "1"),
        derive_key("s", 1),
        derive_key("t", 1),
        derive_key("s", order("1"), "earn", 1),
        derive_key("s", order("1"), "earn", 2),
    }
    assert len(keys) == 7
    assert {len(key) for key in keys} == {KEY_LENGTH}
    assert derive_key("s", order("1"), "earn", 1) == derive_key("s", order("1"), "earn", 1)


def test_others_are_told_what_is_dated_a_little_ahead_and_no_more() -> None:
    now = day(2, 1)
    lots = [
        Lot(name, None, points, points, now + timedelta(minutes=ahead), None)
        for name, points, ahead in (("there", 1, -1), ("just made", 10, 5), ("next week", 100, 10_000))
    ]
    account = Account(tuple(lots), debt=3)
    assert (account.balance(now), account.shown(now)) == (-2, 8)
