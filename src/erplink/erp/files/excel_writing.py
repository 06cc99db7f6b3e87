"""Workbooks written row by row, with cells of their true type: a text is never a formula, a number never a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from erplink.erp.files.libraries import library

MOST_ROWS = 1_048_576
"""Rows of a sheet."""
_DIGITS = 15
"""Digits that Excel keeps of a number."""
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@contextmanager
def fresh_book(path: Path, title: str) -> Iterator[tuple[Any, Any]]:
    """A workbook to be written row by row, and its only sheet; it is saved when the block ends.

    Also when the block fails: the rows so far lie in a temporary file, which only saving gives back. Raises
    ``ConfigInvalid`` without openpyxl.
    """
    book = library("openpyxl", title).Workbook(write_only=True)
    try:
        yield book, book.create_sheet(title)
    finally:
        book.save(path)


def text_cell(sheet: Any, text: str) -> Any:
    """A text, whatever it looks like; signs that no workbook can hold are replaced."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, _ILLEGAL.sub("\ufffd", text) or None)
    if text:
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = True
    return cell


def can_hold(text: str) -> bool:
    """Whether a workbook can hold a text as it is."""
    return not _ILLEGAL.search(text) and "\r" not in text and not _ESCAPE.search(text)


_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")


def number_cell(sheet: Any, number: Decimal) -> Any:
    """A number, or the text of one that has more digits than Excel keeps."""
    from openpyxl.cell import WriteOnlyCell

    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > _DIGITS:
        return text_cell(sheet, f"{number:f}")
    cell = WriteOnlyCell(sheet, cast("float", number))  # it writes the very digits
    places = number.as_tuple().exponent
    cell.number_format = "0" if not isinstance(places, int) or places >= 0 else f"0.{'0' * -places}"
    return cell


def moment_cell(sheet: Any, wall: datetime) -> Any:
    """Wall time as a date of Excel."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, wall)
    cell.number_format = "yyyy-mm-dd hh:mm:ss"
    return cell
