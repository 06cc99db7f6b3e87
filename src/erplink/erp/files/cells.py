"""Cells of spreadsheets and CSV brought to what a field wants, or the reason why they cannot be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from erplink.erp.files.moments import moment
from erplink.erp.files.texts import Unfit, pattern

Kind = Literal["code", "text", "word", "number", "whole", "flag", "time", "any"]
"""``code`` is a text in which no digit may be lost; ``word`` one of a closed set."""

Read = Callable[[object], object]

_SHORT = 100
_LONGEST = 32_767
_EXACT_FLOATS = 10**15
_UNSEEN = str.maketrans("", "", "\ufeff\u200b")
_FORMULA_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_SHORTENED = re.compile(r"\d(\.\d+)?E\+\d{2,3}")
_NUMBER = re.compile(
    r"(?P<minus>-)?(?P<unit>[¥￥$€£])?(?P<sign>[+-])?(?P<digits>\d{1,3}(,\d{3})+|\d+)?(?P<part>\.\d*)?"
    r"(?P<percent>%)?(?P<after>元|-)?"
)
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
_BRACKETED = re.compile(r"\((.+)\)")
_QUOTED = re.compile(r"'[\d=+\-@'\t\r]")
_YES = frozenset({"true", "yes", "y", "1", "是", "√", "真", "t"})
_NO = frozenset({"false", "no", "n", "0", "否", "×", "假", "f"})


def is_blank(cell: object) -> bool:
    """Whether there is nothing in a cell."""
    if isinstance(cell, str):
        return not cell or cell.isspace()
    return cell is None or cell != cell  # noqa: PLR0124 - not a number


def text(cell: object) -> str | None:
    """A cell as text: a number as its digits, a day as 2026-11-01. A leading ``'`` that only marks text is left out.

    >>> text(12.0), text("'00123"), text(datetime(2026, 11, 1)), text(True)
    ('12', '00123', '2026-11-01', 'true')
    """
    if is_blank(cell):
        return None
    if isinstance(cell, str):
        return _unmarked(cell if cell.isascii() else cell.translate(_UNSEEN))
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{Decimal(repr(cell)):f}"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        day_only = cell.time() == time() and cell.tzinfo is None
        return cell.date().isoformat() if day_only else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _unmarked(found: str) -> str:
    if len(found) > _LONGEST:
        raise Unfit("too_long", f"{len(found)} characters")
    return found[1:] if found.startswith("'") and _QUOTED.match(found) else found


def code(cell: object) -> str | None:
    """A text of which every digit counts. Raises ``Unfit`` where a spreadsheet has lost some."""
    if isinstance(cell, str) and cell.isalnum() and len(cell) < _SHORT:
        return cell  # most codes are plain, and this is quick
    if isinstance(cell, float) and abs(cell) >= _EXACT_FLOATS:
        raise Unfit("digits_lost", pattern(repr(cell)))
    if isinstance(cell, date):
        raise Unfit("became_date")
    found = text(cell)
    if found is not None and _SHORTENED.fullmatch(found.strip()):
        raise Unfit("shortened", pattern(found))
    return _without_error(found)


def word(cell: object) -> str | None:
    """One of a closed set of words, as it is written."""
    return _without_error(text(cell))


def _without_error(found: str | None) -> str | None:
    if found is not None and found.strip() in _FORMULA_ERRORS:
        raise Unfit("formula_error")
    return found


def number(cell: object) -> Decimal:
    """An exact decimal of the digits that are shown: thousands apart, currency, percent and brackets are understood.

    Of a binary fraction the shortest digits that mean it are taken, which are those somebody typed. Raises ``Unfit``.

    >>> number("¥1,234.50"), number(" 12.5% "), number("(3.00)"), number(19.9)
    (Decimal('1234.50'), Decimal('0.125'), Decimal('-3.00'), Decimal('19.9'))
    """
    if isinstance(cell, Decimal | int) and not isinstance(cell, bool):
        found = Decimal(cell)
    elif isinstance(cell, float):
        found = Decimal(repr(cell))
    elif isinstance(cell, str):
        found = Decimal(cell) if _PLAIN.fullmatch(cell) else _dressed(cell)
    else:
        raise Unfit("number", pattern(cell))
    if not found.is_finite():
        raise Unfit("number", pattern(cell))
    return found


def _dressed(cell: str) -> Decimal:
    folded = "".join(unicodedata.normalize("NFKC", cell.translate(_UNSEEN)).replace("，", ",").split())
    folded = folded.removeprefix("'")
    _without_error(folded)
    if _SHORTENED.fullmatch(folded):
        raise Unfit("shortened", pattern(cell))
    bracketed = _BRACKETED.fullmatch(folded)
    found = _NUMBER.fullmatch(bracketed[1] if bracketed else folded)
    if found is None or not (found["digits"] or len(found["part"] or "") > 1):
        raise Unfit("number", pattern(cell))
    plain = Decimal(f"{found['sign'] or ''}{(found['digits'] or '').replace(',', '')}{found['part'] or ''}")
    turns = sum((found["minus"] is not None, bracketed is not None, found["after"] == "-"))
    if turns > 1 or (turns and found["sign"]):
        raise Unfit("number", pattern(cell))
    plain = plain.copy_negate() if turns else plain  # reckoning would round what has more than 28 digits
    if not found["percent"]:
        return plain
    sign, digits, exponent = plain.as_tuple()
    return Decimal((sign, digits, int(exponent) - 2))


def whole(cell: object) -> int:
    """A whole number. Raises ``Unfit``."""
    found = number(cell)
    if found != found.to_integral_value():
        raise Unfit("whole", pattern(cell))
    return int(found)


def flag(cell: object) -> bool:
    """Yes or no, in the usual words; nothing is no. Raises ``Unfit``."""
    said = (text(cell) or "").strip().lower()
    if said in _YES or said in _NO or not said:
        return said in _YES
    raise Unfit("formula_error" if said.upper() in _FORMULA_ERRORS else "flag", pattern(said))


def single(cell: object) -> object:
    """A value of whatever type the cell has; a binary fraction as the digits that mean it."""
    if isinstance(cell, str):
        return text(cell)
    if isinstance(cell, float):
        return None if is_blank(cell) else int(cell) if cell.is_integer() else Decimal(repr(cell))
    return cell if cell is None or isinstance(cell, int | Decimal | bool) else text(cell)


def reading(kind: Kind, zone: ZoneInfo, form: str) -> Read:
    """What reads cells of one kind; ``form`` is how instants are written, where that is known."""
    if kind == "time":
        return lambda cell: moment(cell, zone, form)
    return _READS[kind]


def checked(read: Read, *, filled: bool, optional: bool) -> Read:
    """The same for a column whose cells may not be empty (``filled``), or may be missing altogether (``optional``)."""

    def strict(cell: object) -> object:
        if is_blank(cell):
            raise Unfit("empty")
        return read(cell)

    def lenient(cell: object) -> object:
        return None if is_blank(cell) else read(cell)

    return strict if filled else lenient if optional else read


_READS: Mapping[Kind, Read] = {
    "code": code,
    "text": text,
    "word": word,
    "number": number,
    "whole": whole,
    "flag": flag,
    "any": single,
}
