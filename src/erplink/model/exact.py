"""Exact arithmetic on whole minor units: rounding a ratio once, and sharing a figure without losing a unit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

Rounding = Literal["floor", "half_up", "half_even", "ceil"]
"""How a figure becomes whole. ``half_up`` rounds halves away from zero, as ``ROUND_HALF_UP`` does."""


def round_ratio(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Round ``numerator / denominator`` to a whole number, exactly.

    ``floor`` and ``ceil`` go towards minus and plus infinity.

    >>> [round_ratio(105, 2, mode) for mode in ("floor", "half_up", "half_even", "ceil")]
    [52, 53, 52, 53]
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    whole, rest = divmod(numerator, denominator)
    if rest == 0 or rounding == "floor":
        return whole
    if rounding == "ceil":
        return whole + 1
    if 2 * rest != denominator:
        return whole + (2 * rest > denominator)
    if rounding == "half_even":
        return whole + whole % 2
    return whole + (numerator > 0)


def round_fraction(value: Fraction, rounding: Rounding) -> int:
    """Round an exact fraction to a whole number.

    >>> round_fraction(Fraction(-5, 2), "half_up")
    -3
    """
    return round_ratio(value.numerator, value.denominator, rounding)


def allocate(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share ``total`` in proportion to ``weights``: largest remainder, ties to the lowest position.

    The shares sum to ``total`` exactly. Weights are not negative; if all are zero the whole goes to the first.
    A negative total is shared as its positive mirror. Source: ``calculators`` contract, "Allocation".

    >>> allocate(1000, [3333, 3333, 3334])
    (333, 333, 334)
    """
    if not weights:
        if total:
            raise ValueError("a figure cannot be shared among no weights")
        return ()
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    whole = sum(weights)
    if whole == 0:
        return (total, *([0] * (len(weights) - 1)))
    sign = -1 if total < 0 else 1
    parts = [divmod(abs(total) * weight, whole) for weight in weights]
    left = abs(total) - sum(quotient for quotient, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda n: (-parts[n][1], n))
    lucky = set(by_remainder[:left])
    return tuple(sign * (quotient + (n in lucky)) for n, (quotient, _) in enumerate(parts))


def to_minor(amount: Decimal, places: int, rounding: Rounding = "half_up") -> int:
    """A decimal amount in whole minor units, rounded once.

    >>> to_minor(Decimal("12.345"), 2)
    1235
    """
    numerator, denominator = amount.as_integer_ratio()
    return round_ratio(numerator * 10**places, denominator, rounding)


def from_minor(minor: int, places: int) -> Decimal:
    """Whole minor units as a decimal with all its places.

    >>> from_minor(1250, 2)
    Decimal('12.50')
    """
    return Decimal(minor).scaleb(-places)
