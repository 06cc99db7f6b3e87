"""Numbers and instants as a policy may write them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    PlainSerializer,
)


def _exact(value: object) -> object:
    if isinstance(value, bool | float):
        raise ValueError("write a whole number, or a decimal such as 1.2")  # noqa: TRY004 - only this becomes a report
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("the number must be finite")
    return value


def _shown(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be above zero")
    return value


Exact = Annotated[
    Decimal, BeforeValidator(_exact), AfterValidator(_not_negative), PlainSerializer(_shown, return_type=str)
]
"""An exact number that is not negative. A float is refused: it has lost its digits already."""

ExactPositive = Annotated[
    Decimal, BeforeValidator(_exact), AfterValidator(_positive), PlainSerializer(_shown, return_type=str)
]
"""An exact number above zero."""


def _not_bool(value: object) -> object:
    if isinstance(value, bool | float | Decimal):
        raise ValueError("write a whole number")  # noqa: TRY004 - only this becomes a report
    return value


Whole = Annotated[int, BeforeValidator(_not_bool)]
"""A whole number; ``true`` is not one, and neither is ``1.0``."""


def _instant(value: object) -> object:
    if not isinstance(value, str | datetime):
        raise ValueError("write an instant with its offset, such as 2026-01-01T00:00:00+08:00")  # noqa: TRY004 - likewise
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""A point in time with its offset."""


def one_or_many(value: object) -> object:
    """A single word where a list may stand."""
    return value if isinstance(value, list | tuple) else (value,)
