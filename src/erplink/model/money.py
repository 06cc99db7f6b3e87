"""Money: whole minor units of one currency."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from erplink.errors import ConfigInvalid
from erplink.model.exact import Rounding, allocate, from_minor, round_fraction, to_minor

_PLACES = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3, "JOD": 3}


def places_of(currency: str) -> int:
    """Decimal places of a currency's minor unit (ISO 4217).

    >>> places_of("CNY"), places_of("JPY")
    (2, 0)
    """
    return _PLACES.get(currency, 2)


class Money(msgspec.Struct, frozen=True, order=False):
    """An exact amount: ``minor`` whole units (fen, pence) of ``currency``.

    Adding two currencies raises ``ConfigInvalid``; nothing converts silently.

    >>> Money.of("19.99", "CNY") + Money.of("0.01", "CNY")
    Money(minor=2000, currency='CNY')
    """

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Money:
        """An amount in major units, rounded half up to the currency's places."""
        return cls(to_minor(Decimal(amount), places_of(currency)), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with all places."""
        return from_minor(self.minor, places_of(self.currency))

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def times(self, ratio: Fraction | int, rounding: Rounding = "half_up") -> Money:
        """This amount times an exact ratio, rounded once."""
        return Money(round_fraction(Fraction(self.minor) * ratio, rounding), self.currency)

    def share(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Shares in proportion to ``weights`` that sum to this amount exactly (see ``allocate``)."""
        return tuple(Money(part, self.currency) for part in allocate(self.minor, weights))

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ConfigInvalid(
                f"{self.currency} and {other.currency} cannot be added",
                where="money",
                next_step="convert one of them at a stated rate first",
            )
        return other
