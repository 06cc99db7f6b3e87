"""One member's account in one pool: lots of points, debt, and what could not be collected.

The member's liability is the sum of the lots' remainders less the debt. Usability is computed from a lot and an instant
(``available_at <= now < expires_at``); it never depends on an expiry job having run.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from erplink.model.facts import Source

PostingKind = Literal["earn", "grant", "clawback", "spend", "restore", "expire", "transfer", "repay"]
"""What a posting is: its reason in one word."""

EntryAccount = Literal["member", "issued", "redeemed", "expired", "uncollected", "transfer"]
"""The accounts of the double entry. Every posting's entries sum to zero.

``member`` what is owed to the member (sum of remainders - debt); ``issued`` points granted less taken back, negative;
``redeemed`` spent; ``expired`` lapsed and not taken back since; ``uncollected`` taken back by policy and never
got, negative; ``transfer`` moved between members, zero over all of them.
"""


CLOCKS = timedelta(minutes=5)
"""How far the clock of another system may be ahead of ours."""


class Lot(msgspec.Struct, frozen=True):
    """Points with one origin and one validity. ``order`` is the sale that earned them (None: granted otherwise).

    ``opened`` is what the lot began with; ``lapsed`` is what expired of it and has not been counted by a take-back yet.
    ``expires_at`` None means never.
    """

    id: str
    order: Source | None
    opened: int
    remainder: int
    available_at: datetime
    expires_at: datetime | None = None
    lapsed: int = 0

    def usable(self, now: datetime) -> bool:
        """Whether the lot may be spent at ``now``."""
        return self.available_at <= now and not self.expired(now)

    def expired(self, now: datetime) -> bool:
        """Whether the lot's validity is over at ``now``."""
        return self.expires_at is not None and self.expires_at <= now


class Uncollected(msgspec.Struct, frozen=True):
    """Points of one order that a return took back by policy and nobody could collect."""

    order: Source | None
    points: int


class Account(msgspec.Struct, frozen=True):
    """A member's account in one pool. Begin with ``Account()``."""

    lots: tuple[Lot, ...] = ()
    debt: int = 0
    uncollected: tuple[Uncollected, ...] = ()

    @property
    def liability(self) -> int:
        """What is owed to the member, usable or not: the sum of remainders less the debt."""
        return sum(lot.remainder for lot in self.lots) - self.debt

    @property
    def uncollected_points(self) -> int:
        """The running total of what could not be collected."""
        return sum(each.points for each in self.uncollected)

    def balance(self, now: datetime) -> int:
        """Usable points less debt; negative when the member owes points."""
        return sum(lot.remainder for lot in self.lots if lot.usable(now)) - self.debt

    def shown(self, now: datetime) -> int:
        """The balance as others are told it at ``now``: what a system dates a little ahead of our clock has happened.

        Else the points of an order made a moment ago would be shown with the member's next movement only.
        """
        soon = (lot.available_at for lot in self.lots if now < lot.available_at <= now + CLOCKS)
        return self.balance(max(soon, default=now))

    def pending(self, now: datetime) -> int:
        """Points that become available later."""
        return sum(lot.remainder for lot in self.lots if lot.available_at > now)

    def expiring_by(self, by: datetime) -> int:
        """Points in lots with ``expires_at <= by``."""
        return sum(lot.remainder for lot in self.lots if lot.expired(by))


class Posting(msgspec.Struct, frozen=True):
    """What one effect did: ``points`` is the signed change of the member's liability.

    ``entries`` are (account, amount) and sum to zero; ``lot_moves`` are (lot id, change of remainder), the opening of
    ``opened`` included. The change of debt is what the lots moved less ``points``.
    """

    key: str
    kind: PostingKind
    document: Source | None
    sale: Source | None
    effective_at: datetime
    points: int
    entries: tuple[tuple[EntryAccount, int], ...]
    lot_moves: tuple[tuple[str, int], ...] = ()
    opened: Lot | None = None

    @property
    def debt_change(self) -> int:
        """How much more (or less) the member owes after this posting."""
        return sum(change for _, change in self.lot_moves) - self.points


def consumption_order(lot: Lot) -> tuple[bool, float, float, str]:
    """The order in which usable lots are taken.

    Earliest expiry first, never-expiring last, then earliest availability, then lot id.
    """
    expiry = 0.0 if lot.expires_at is None else lot.expires_at.timestamp()
    return lot.expires_at is None, expiry, lot.available_at.timestamp(), lot.id
