"""Explanations: why a figure is what it is, as values that a reader's language is put on later."""

from __future__ import annotations

from typing import Literal

import msgspec

Language = Literal["zh", "en"]
"""The languages explanations are written in."""

EffectKind = Literal["rate", "tier", "campaign", "bonus"]
"""What kind of rule contributed."""

LineReason = Literal["service", "free"]
"""Why a line is not in the basis: not goods, or nothing was paid for it."""


class Contribution(msgspec.Struct, frozen=True):
    """What one rule added, in order of application. ``value`` is its rate, factor or bonus as text."""

    rule: str
    kind: EffectKind
    value: str
    points: int


class LeftOut(msgspec.Struct, frozen=True):
    """A line that is not in the basis, and why."""

    line: int
    reason: LineReason


class Explanation(msgspec.Struct, frozen=True):
    """Why an order earns ``points``: ``basis`` in minor units, ``exact`` before rounding (as text)."""

    points: int
    basis: int
    exact: str
    rounding: str
    by_rule: tuple[Contribution, ...]
    tier: str = ""
    first_purchase: bool = False
