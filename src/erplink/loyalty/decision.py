"""What `decide` takes and gives: a subject's history, what was booked already, and the difference to book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from erplink.loyalty.matching import Unmatched
from erplink.model.facts import ReturnFact, SaleFact, Source
from erplink.policy.explanation import Explanation

Pair = tuple[Source, Source]
"""(document, sale): the document that changes points and the sale they belong to. For a sale: twice itself."""

SkipReason = Literal["service_lines", "free_lines", "before_start", "not_triggered", "no_clock"]
"""What was left out of the basis, counted: lines that are no goods, goods that cost nothing; sales before the start of
the programme, not released yet by the trigger, or without an instant for the policy's clock."""


class History(msgspec.Struct, frozen=True):
    """All sales and returns of one subject that are in force, in any order."""

    sales: tuple[SaleFact, ...] = ()
    returns: tuple[ReturnFact, ...] = ()


class Frozen(msgspec.Struct, frozen=True):
    """What an awarded sale keeps for good: the policy's hash, the tier and the first-purchase flag of its award."""

    policy: str
    tier: str
    first_purchase: bool


class BookedEntry(msgspec.Struct, frozen=True):
    """The state of one (document, sale): ``points`` booked so far, the last ``revision`` and its instants."""

    points: int
    revision: int
    effective_at: datetime
    available_at: datetime
    expires_at: datetime | None = None


class Effect(msgspec.Struct, frozen=True):
    """One signed change to book now.

    ``kind`` is ``earn`` for a positive and ``clawback`` for a negative change. ``revision`` counts the changes of this
    (document, sale) from 1: with space, document and sale it names the effect for good. ``version`` is empty when the
    document is not in force any more. The explanation says what the sale earns after this document (None: nothing).
    """

    document: Source
    version: str
    sale: Source
    kind: Literal["earn", "clawback"]
    points: int
    effective_at: datetime
    available_at: datetime
    expires_at: datetime | None
    tier: str
    policy: str
    revision: int
    explanation: Explanation | None = None

    @property
    def pair(self) -> Pair:
        """What the change belongs to."""
        return self.document, self.sale


class Booked(msgspec.Struct, frozen=True):
    """What was booked for a subject so far. Begin with ``Booked()``."""

    entries: Mapping[Pair, BookedEntry] = {}
    frozen: Mapping[Source, Frozen] = {}

    def after(self, decision: Decision) -> Booked:
        """What is booked once all effects of ``decision`` are."""
        entries = dict(self.entries)
        for effect in decision.effects:
            before = entries[effect.pair].points if effect.pair in entries else 0
            entries[effect.pair] = BookedEntry(
                before + effect.points, effect.revision, effect.effective_at, effect.available_at, effect.expires_at
            )
        return Booked(entries, {**self.frozen, **decision.frozen})


class Difference(msgspec.Struct, frozen=True):
    """A matched return line whose stated refund differs from what its units were sold for (minor units)."""

    document: Source
    line: int
    stated: int
    sold_for: int


class Decision(msgspec.Struct, frozen=True):
    """The answer for one subject.

    ``effects`` in the order to book them; ``frozen`` the facts of new awards; ``unmatched`` and ``differences``
    list every return (part) that took nothing back or at another price; ``left_out`` counts; ``tier`` (empty: no tiers)
    and ``metric`` (kept spend in minor units) as of the instant that was asked for.
    """

    effects: tuple[Effect, ...]
    frozen: Mapping[Source, Frozen]
    unmatched: tuple[Unmatched, ...]
    differences: tuple[Difference, ...]
    left_out: Mapping[SkipReason, int]
    tier: str
    metric: int
