"""A live shop behind a door: its books, the sessions of its clients, what is to go wrong, and what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta

from erplink.testing.worlds.shop.books import Books, Change
from erplink.testing.worlds.shop.seed import plant
from erplink.testing.worlds.shop.settings import Shop
from erplink.testing.worlds.web.faults import Faults, Trait
from erplink.testing.worlds.web.tokens import Tokens


class Site:
    """One running shop. Everything in it happens on one thread. ``kinds`` are the faults its door can commit.

    Raises FixError when the orders file, state file, zone or faults of the settings cannot be used.
    """

    def __init__(self, shop: Shop, kinds: Mapping[str, Trait]) -> None:
        self.shop = shop
        self.books = Books(shop)
        self.seed = plant(self.books)
        self.books.seeded()
        self.sessions = Tokens(timedelta(seconds=shop.session_seconds), self.books.clock)
        self.faults = Faults(kinds)
        self.latency = shop.latency
        self.calls: Counter[str] = Counter()
        self.logins: Counter[str] = Counter()
        self.held: dict[int, Change] = {}
        self.stop: Callable[[], None] | None = None
        if shop.state is not None:
            self.books.open_journal(shop.state, {**self.seed, "zone": shop.zone, "grain": shop.grain})
        for fault in shop.faults:
            self.faults.arm(fault)

    def empty(self) -> None:
        """Forget every record, session, fault and count."""
        self.books.empty()
        self.sessions.lose_all()
        self.sessions.handed_out.clear()
        self.faults.reset()
        self.calls.clear()
        self.logins.clear()
        self.held.clear()
        self.latency = self.shop.latency

    def close(self) -> None:
        """Close what is open."""
        self.books.close()
