"""The laws of the ledger hold after every step of any sequence of operations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from erplink.errors import InsufficientBalance
from erplink.ledger.account import Account, Lot, Posting
from erplink.ledger.moves import Moves, Occasion
from erplink.ledger.operations import Collect, collect, credit, expire, restore, spend
from erplink.ledger.people import transfer
from erplink.model.facts import Source

START = datetime(2026, 1, 1, tzinfo=UTC)
POINTS = st.integers(1, 300)
SALES = st.sampled_from(["A", "B", "C"])


class Books(RuleBasedStateMachine):
    """A member, a friend, and the journal of everything that happened to the member."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.count = 0
        self.account = Account()
        self.friend = Account()
        self.journal: list[Posting] = []
        self.others: list[Posting] = []
        self.earned: dict[str, int] = {}
        self.spent: list[Moves] = []

    def occasion(self, sale: str = "") -> Occasion:
        self.count += 1
        source = Source("erp", "orders", sale) if sale else None
        return Occasion(f"k{self.count}", self.now, source, source)

    @rule(days=st.integers(0, 40))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(points=POINTS, sale=SALES, wait=st.integers(0, 20), lives=st.none() | st.integers(21, 90))
    def earn(self, points: int, sale: str, wait: int, lives: int | None) -> None:
        expires_at = None if lives is None else self.now + timedelta(days=lives)
        available_at = self.now + timedelta(days=wait)
        self.account, posting = credit(
            self.account, self.occasion(sale), points, available_at=available_at, expires_at=expires_at
        )
        self.earned[sale] = self.earned.get(sale, 0) + points
        self.journal.append(posting)

    @rule(data=st.data(), sale=SALES, policy=st.sampled_from(["unlimited", "within_balance", "only_pending"]))
    def take_back(self, data: st.DataObject, sale: str, policy: Collect) -> None:
        most = self.earned.get(sale, 0)
        if most:
            points = data.draw(st.integers(1, most))
            self.account, posting = collect(self.account, self.occasion(sale), points, policy)
            self.earned[sale] -= points
            assert -posting.points <= points
            self.journal.append(posting)

    @rule(points=POINTS)
    def redeem(self, points: int) -> None:
        before = self.account
        if before.balance(self.now) < points:
            try:
                spend(before, self.occasion(), points)
            except InsufficientBalance:
                return
            raise AssertionError("more was spent than was there")
        self.account, posting = spend(before, self.occasion(), points)
        assert self.account.balance(self.now) == before.balance(self.now) - points
        self.spent.append(tuple(move for move in posting.lot_moves if move[1] < 0)[-1:])
        self.journal.append(posting)

    @precondition(lambda self: self.spent)
    @rule()
    def give_back(self) -> None:
        moves = self.spent.pop()
        points = -sum(change for _, change in moves)
        self.account, posting = restore(self.account, self.occasion(), points, moves)
        self.journal.append(posting)

    @rule()
    def lapse(self) -> None:
        before = self.account.balance(self.now)
        self.account, postings = expire(self.account, self.now)
        assert self.account.balance(self.now) == before
        self.journal.extend(postings)

    @rule(points=POINTS)
    def give_away(self, points: int) -> None:
        total = self.account.liability + self.friend.liability
        if self.account.balance(self.now) >= points:
            moved = transfer(self.account, self.friend, self.occasion(), points)
            self.account, self.friend = moved.source, moved.target
            self.journal.append(moved.out)
            self.others.append(moved.into)
        assert self.account.liability + self.friend.liability == total

    @invariant()
    def debits_equal_credits(self) -> None:
        assert all(sum(amount for _, amount in posting.entries) == 0 for posting in [*self.journal, *self.others])

    @invariant()
    def the_members_liability_is_lots_less_debt_and_what_the_journal_says(self) -> None:
        assert self.account.liability == sum(posting.points for posting in self.journal)
        assert self.account.debt == sum(posting.debt_change for posting in self.journal)
        assert self.account.debt >= 0
        assert all(lot.remainder >= 0 and lot.lapsed >= 0 for lot in self.account.lots)

    @invariant()
    def replaying_the_journal_gives_the_same_lots(self) -> None:
        lots: dict[str, Lot] = {}
        for posting in self.journal:
            if posting.opened is not None:
                lots[posting.opened.id] = msgspec.structs.replace(posting.opened, remainder=0)
            for lot, change in posting.lot_moves:
                lots[lot] = msgspec.structs.replace(lots[lot], remainder=lots[lot].remainder + change)
        assert {lot.id: lot.remainder for lot in self.account.lots} == {lot.id: lot.remainder for lot in lots.values()}

    @invariant()
    def what_is_issued_and_what_was_missed_are_in_accounts_of_their_own(self) -> None:
        totals: dict[str, int] = {}
        for posting in self.journal:
            for account, amount in posting.entries:
                totals[account] = totals.get(account, 0) + amount
        assert -totals.get("issued", 0) == sum(self.earned.values())
        assert -totals.get("uncollected", 0) == self.account.uncollected_points

    @invariant()
    def keys_are_never_used_twice(self) -> None:
        keys = [posting.key for posting in self.journal]
        assert len(keys) == len(set(keys))


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
