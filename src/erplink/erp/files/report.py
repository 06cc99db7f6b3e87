"""The rows that could not be read, as a workbook that a person can put right and drop back where files are read.

It holds whole rows, names and phones among them: that is what it is for. It lies beside the files they came from.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from attrs import define, field, frozen

from erplink.erp.files.binding import Binding
from erplink.erp.files.cells import text
from erplink.erp.files.excel_tables import REPORT
from erplink.erp.files.excel_writing import fresh_book, text_cell
from erplink.erp.files.folder import Folder, Found
from erplink.erp.files.guard import guarded
from erplink.erp.files.reading import Outcome, Problem, Where
from erplink.erp.files.table import Row
from erplink.erp.files.texts import TITLES, WORDS, Unfit
from erplink.erp.files.whole import writing
from erplink.erp.files.words import Language

MOST = 100_000
"""Rows of one report, at most: whoever has more corrects the export, not the rows."""

_OTHERS = 10
_WIDTHS = (8, 16, 40, 48)


@frozen
class BadRow:
    """One row of a document that cannot be read, with what is wrong in it."""

    row: int
    cells: Sequence[object]
    problems: tuple[Problem, ...]


@define
class Gathered:
    """Bad rows of a file and of the one with its lines, as they are met. ``documents`` counts what cannot be read."""

    rows: Mapping[Where, list[BadRow]] = field(factory=lambda: {"head": [], "lines": []}, repr=False)
    documents: int = 0

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Take in what became of some documents."""
        for outcome in outcomes:
            if outcome.document is None:
                self.documents += 1
                self._add("head", outcome.group.rows, outcome)
                self._add("lines", outcome.lines.rows if outcome.lines is not None else (), outcome)

    def _add(self, file: Where, rows: Sequence[Row], outcome: Outcome) -> None:
        kept = self.rows[file]
        for row, cells in rows[: MOST - len(kept)]:
            problems = tuple(one for one in outcome.problems if one.file == file and one.row == row)
            kept.append(BadRow(row, cells, problems))


def report_name(folder: str, entity: str, found: Found) -> str:
    """Where the report about a file lies.

    >>> report_name("errors", "orders", Found("in/orders.csv", 0, 0, 0, below="orders.csv"))
    'errors/orders/orders.csv-errors.xlsx'
    """
    name = PurePosixPath(found.below or found.name)
    stem = name.with_suffix("") if found.is_report else name
    return f"{folder}/{entity}/{stem}-errors.{'xlsx' if find_spec('openpyxl') else 'csv'}"


def write_report(folder: Folder, name: str, binding: Binding, rows: Sequence[BadRow], language: Language) -> str:
    """Write the report about a file, or take away the one of an earlier reading; its name, empty if there is none.

    Where somebody has it open in Excel, which keeps others from writing it, it gets a number.
    """
    if not rows:
        with suppress(PermissionError):
            folder.path(name).unlink(missing_ok=True)
        return ""
    folder.path(name).parent.mkdir(parents=True, exist_ok=True)
    stem, _, ending = name.rpartition("-errors.")
    others = [f"{stem}-{n}-errors.{ending}" for n in range(2, _OTHERS)]
    write = _write_csv if ending == "csv" else _write_xlsx
    for each in (name, *others):
        try:
            with writing(folder.path(each)) as temporary:
                write(temporary, binding, rows, language)
        except PermissionError:
            if each == others[-1]:
                raise
        else:
            return each
    return ""


def _write_xlsx(path: Path, binding: Binding, rows: Sequence[BadRow], language: Language) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    lines = Alignment(wrap_text=True, vertical="top")
    bold, bad = Font(bold=True), PatternFill("solid", fgColor="FFF2B8B5")
    with fresh_book(path, {"zh": "错误", "en": "errors"}[language]) as (book, sheet):
        book.properties.category = REPORT
        sheet.freeze_panes = "A2"
        for place, wide in enumerate(_WIDTHS, binding.width + 1):
            sheet.column_dimensions[get_column_letter(place)].width = wide
        heads = [text_cell(sheet, heading) for heading in (*binding.headings, *TITLES[language])]
        for cell in heads:
            cell.font = bold
        sheet.append(heads)
        for row in rows:
            cells = [text_cell(sheet, each) for each in _texts(row.cells, binding.width)]
            for problem in row.problems:
                if problem.place is not None and problem.place < binding.width:
                    cells[problem.place].fill = bad
                    words = WORDS[language][problem.code]
                    cells[problem.place].comment = Comment(f"{words.problem}\n{words.advice}", "erplink", 120, 280)
            told = [text_cell(sheet, each) for each in _told(row, binding, language)]
            for cell in told:
                cell.alignment = lines
            sheet.append([*cells, row.row, *told])


def _write_csv(path: Path, binding: Binding, rows: Sequence[BadRow], language: Language) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*map(guarded, binding.headings), *TITLES[language]])
        for row in rows:
            cells = map(guarded, _texts(row.cells, binding.width))
            writer.writerow([*cells, row.row, *map(guarded, _told(row, binding, language))])


def _texts(cells: Sequence[object], width: int) -> list[str]:
    """Cells as they were, as texts."""
    return [_as_it_was(cells[place]) if place < len(cells) else "" for place in range(width)]


def _as_it_was(cell: object) -> str:
    try:
        return cell if isinstance(cell, str) else text(cell) or ""
    except Unfit:
        return str(cell)


def _told(row: BadRow, binding: Binding, language: Language) -> tuple[str, str, str]:
    """Columns, problems and advice of a row; what several cells share is said once."""
    words = WORDS[language]
    if not row.problems:
        return "", words["neighbour"].problem, words["neighbour"].advice
    places = [one.place for one in row.problems if one.place is not None and one.place < binding.width]
    columns = dict.fromkeys(binding.headings[place] for place in places)
    told = [words[one.code] for one in row.problems]
    problems, advice = dict.fromkeys(one.problem for one in told), dict.fromkeys(one.advice for one in told)
    return "\n".join(columns), "\n".join(problems), "\n".join(advice)
