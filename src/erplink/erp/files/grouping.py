"""Rows → the rows of each document: neighbours of one number, and rows below that leave the number blank."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from attrs import define, field

from erplink.erp.files.cells import is_blank, text
from erplink.erp.files.table import Cells, Row
from erplink.erp.files.texts import Unfit

_TOTALS = frozenset(
    {"合计", "总计", "小计", "累计", "本页合计", "本页小计", "total", "totals", "grandtotal", "subtotal", "sum"}
)
_LABEL = 20
MOST_ROWS = 100_000
"""Rows of one document, at most: more are no document but a column with the wrong heading."""


@define
class Group:
    """The rows of one document, with their numbers; ``number`` is empty for rows that belong to none.

    ``cut``: there are more rows than a document can have.
    """

    number: str
    rows: list[Row] = field(factory=list)
    cut: bool = False

    @property
    def first(self) -> int:
        """The number of its first row."""
        return self.rows[0][0]


@define
class Tally:
    """Rows that were met: all, those with nothing in them, those with a total of others."""

    rows: int = 0
    blank: int = 0
    totals: int = 0

    def add(self, other: Tally) -> None:
        """Count another stretch."""
        self.rows += other.rows
        self.blank += other.blank
        self.totals += other.totals


def groups(rows: Iterator[Row], at: int, tally: Tally, *, alone: bool) -> Iterator[Group]:
    """The rows of each document, one document after the other.

    ``at`` is the place of the number. ``alone``: every row is a document, so that a row without a number belongs to
    none; else it goes on with the document above. Rows of nothing and of totals are counted and left out.
    """
    number_of = _remembering()
    current: Group | None = None
    for row in rows:
        cells = row[1]
        tally.rows += 1
        cell = cells[at] if at < len(cells) else None
        key = number_of(cell)
        if key and current is not None and key == current.number:
            goes_on = True
        elif not key and all(map(is_blank, cells)):
            tally.blank += 1
            continue
        elif _is_total(key, cells):
            tally.totals += 1
            continue
        else:
            goes_on = not key and current is not None and bool(current.number) and not alone
        if goes_on and current is not None:
            if len(current.rows) == MOST_ROWS:
                current.cut = True
                yield current
                current = Group(current.number, [row], cut=True)
            else:
                current.rows.append(row)
            continue
        if current is not None:
            yield current
        current = Group(key, [row])
    if current is not None:
        yield current


def beginnings(rows: Iterator[Row], at: int, *, alone: bool) -> Iterator[str]:
    """The number of each document that ``groups`` would make of rows, without their rows."""
    before: object = None
    current = ""
    for _, cells in rows:
        cell = cells[at] if at < len(cells) else None
        if cell == before and type(cell) is type(before) and current:
            continue
        key = number(cell)
        if not key:
            if alone and not all(map(is_blank, cells)) and not _is_total(key, cells):
                before, current = None, ""
        elif key != current and not _is_total(key, cells):
            before, current = cell, key
            yield key


def number(cell: object) -> str:
    """A cell as the number that documents are told apart by; what is no proper number stays as it is."""
    if isinstance(cell, str) and cell.isalnum():
        return cell  # most numbers are plain, and this is quick
    try:
        return (text(cell) or "").strip()
    except Unfit:
        return str(cell).strip()


def _remembering() -> Callable[[object], str]:
    """``number`` that knows what it made of the cell before: most rows repeat it."""
    before: list[object] = [None, ""]

    def number_of(cell: object) -> str:
        if cell != before[0] or type(cell) is not type(before[0]):
            before[:] = cell, number(cell)
        return str(before[1])

    return number_of


def _is_total(key: str, cells: Cells) -> bool:
    """A row whose number is a word for totals, or that has no number and begins with such a word."""
    label = key or next((cell for cell in cells if not is_blank(cell)), None)
    return isinstance(label, str) and len(label) < _LABEL and not label[-1].isdigit() and _is_word(label)


def _is_word(cell: str) -> bool:
    if cell.isascii() and cell[:1] not in "tTgGsS":
        return False
    folded = unicodedata.normalize("NFKC", cell).casefold()
    return "".join(sign for sign in folded if sign.isalnum()) in _TOTALS
