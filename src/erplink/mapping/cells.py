"""Bringing one cell to a plain type. Each raises ValueError, naming what it wanted, where something would be lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0", ""})


def whole(cell: object) -> int:
    """A whole number, of anything that is one exactly."""
    try:
        cell = untyped(cell)
        number = Decimal(str(cell).strip())
        if number == number.to_integral_value() and not isinstance(cell, bool):
            return int(number)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    message = "a whole number"
    raise ValueError(message)


def number(cell: object) -> Decimal:
    """An exact decimal from the very digits of a cell."""
    try:
        number = Decimal(cell if isinstance(cell, str) else str(untyped(cell)))  # Decimal strips white space itself
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(cell, bool) or not number.is_finite():
        message = "a number"
        raise ValueError(message)
    return number


def words(cell: object) -> str | None:
    """Text or nothing; a number as its digits."""
    if cell is None or isinstance(cell, str):
        return cell
    cell = untyped(cell)
    if isinstance(cell, int | Decimal):
        return str(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    message = "a text"
    raise ValueError(message)


def switch(cell: object) -> bool:
    """True or false, as words or digits; nothing is false."""
    text = str(cell).strip().lower()
    if text in _TRUE or text in _FALSE or cell is None:
        return text in _TRUE
    message = "true or false"
    raise ValueError(message)


def entry(cell: object) -> int | None:
    """An id of a row, or nothing where the cell is empty or 0."""
    return None if cell is None or str(cell).strip() in {"", "0"} else whole(cell)


def scalar(cell: object) -> object:
    """A single value as it is."""
    cell = untyped(cell)
    if cell is None or isinstance(cell, str | int | Decimal | bool):
        return cell
    message = "a single value"
    raise ValueError(message)


def strip(cell: str | None) -> str:
    """Text without white space around it; nothing is empty."""
    return cell.strip() if cell else ""


def text(cell: object) -> str:
    """A cell as it is compared with what a manifest says: true and false in small letters, nothing as an empty text."""
    cell = untyped(cell)
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell).strip()


def untyped(cell: object) -> object:
    """The value of a typed JSON object such as ``{"__class__": "Decimal", "decimal": "1.20"}``; else the cell itself.

    Times in them are UTC and name no zone (Tryton's JSON, seen on the wire).

    >>> untyped({"__class__": "Decimal", "decimal": "1.20"})
    Decimal('1.20')
    """
    if not isinstance(cell, dict) or "__class__" not in cell:
        return cell
    make = _TYPED.get(str(cell["__class__"]))
    try:
        return cell if make is None else make({key: value for key, value in cell.items() if key != "__class__"})
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return cell


_TYPED: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "Decimal": lambda given: Decimal(given["decimal"]),
    "datetime": lambda given: datetime(**given),  # noqa: DTZ001 - zoned by whoever knows that it is UTC
    "date": lambda given: date(**given),
}
