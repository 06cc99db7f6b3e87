"""Explanations: why a figure is what it is, as values that a reader's language is put on later."""

from __future__ import annotations

from typing import Literal

import msgspec

Language = Literal["zh", "en"]
"""The languages explanations are written in."""

Effectful = Literal["rate", "tier", "campaign", "bonus"]
"""What kind of rule contributed."""

LeftOutReason = Literal["service", "free", "before_start", "not_triggered", "no_clock", "nothing_kept"]
"""Why a line or a sale is not in the basis."""


class Contribution(msgspec.Struct, frozen=True):
    """What one rule added, in order of application. ``value`` is its rate, factor or bonus as text."""

    rule: str
    kind: Effectful
    value: str
    points: int


class Explanation(msgspec.Struct, frozen=True):
    """Why an order earns ``points``: ``basis`` in minor units, ``exact`` before rounding (a ratio as text)."""

    points: int
    basis: int
    exact: str
    rounding: str
    by_rule: tuple[Contribution, ...]
    tier: str = ""
    first_purchase: bool = False
