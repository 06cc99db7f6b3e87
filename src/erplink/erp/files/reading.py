"""Rows of documents → documents, a column at a time; what does not fit is looked at cell by cell, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, Literal

from attrs import frozen

from erplink.erp.files.binding import Binding
from erplink.erp.files.cells import is_blank, text, word
from erplink.erp.files.columns import Mapped
from erplink.erp.files.grouping import Group
from erplink.erp.files.table import Cells, Row
from erplink.erp.files.texts import WORDS, Code, Unfit
from erplink.errors import ShapeChanged
from erplink.mapping import cells as plain
from erplink.mapping.assembler import Assembler, Span
from erplink.mapping.codecs import TEXT, Codec
from erplink.mapping.fields import Field
from erplink.model.documents import Document, Key
from erplink.wire.adapter import Broken

Where = Literal["head", "lines"]


@frozen
class Problem:
    """What is wrong in one row. ``place`` is the column; None for the whole row. ``file`` is the one it stands in."""

    file: Where
    row: int
    code: Code
    place: int | None = None
    found: str = ""


@frozen
class Outcome:
    """What became of the rows of one document: the document, or problems. ``lines`` are rows of a second file."""

    group: Group
    document: Document | None = None
    problems: tuple[Problem, ...] = ()
    lines: Group | None = None


class RowsReader:
    """A mapping made ready for the rows of one file, or of one with heads and one with lines."""

    def __init__(self, mapped: Mapped, heads: Binding, lines: Binding | None = None) -> None:
        self._mapped = mapped
        self._heads = heads
        self._lines = lines if lines is not None else heads
        self._apart = lines is not None
        self._assembler = Assembler(mapped.mapping)
        self._plain = {id(one.codec) for one in mapped.mapping.custom}
        keys = mapped.mapping.head_keys()
        self._same = sorted({heads.at[key] for key in keys if key in heads.at})
        only = mapped.mapping.lines.only if mapped.mapping.lines is not None else {}
        self._only = [(self._lines.at[key], texts) for key, texts in only.items()]

    @property
    def number(self) -> int:
        """The place of the number."""
        return self._heads.at[self._mapped.mapping.number]

    def read(self, found: Sequence[tuple[Group, Group | None]], apart: Callable[[str], bool]) -> list[Outcome]:
        """What becomes of each group with its lines in a second file; one that does not fit holds up nobody else."""
        checked = [(group, lines, self._wrong(group, lines, apart)) for group, lines in found]
        fine = [(group, lines) for group, lines, problems in checked if not problems]
        try:
            made = iter(self._made(fine))
        except ShapeChanged:
            return [self._each(group, lines, problems) for group, lines, problems in checked]
        return [
            Outcome(group, None, problems, lines) if problems else Outcome(group, next(made), (), lines)
            for group, lines, problems in checked
        ]

    def broken(self, outcome: Outcome, files: tuple[str, str]) -> Broken:
        """What is told of a document that cannot be read. ``files`` are the names of the files of heads and lines."""
        first = outcome.problems[0]
        name = files[0] if first.file == "head" else files[1]
        binding = self._heads if first.file == "head" else self._lines
        told = WORDS["en"][first.code]
        column = f", column {binding.headings[first.place]}" if first.place is not None else ""
        number = outcome.group.number
        where = f"{name}, row {first.row}{column}" + (f" of {number}" if number else "")
        more = f" (and {len(outcome.problems) - 1} more)" if len(outcome.problems) > 1 else ""
        what = f"{told.problem}{f', it looks like {first.found!r}' if first.found else ''}{more}"
        return Broken(
            self._id(outcome) or number or f"{name} row {first.row}",
            number,
            ShapeChanged(what, where=where, next_step=told.advice),
        )

    def key(self, outcome: Outcome) -> Key:
        """Id, number and version of a document, whether it can be read or not."""
        document = outcome.document
        if document is not None:
            return Key(document.id, document.number, document.version)
        return Key(self._id(outcome), outcome.group.number, "")

    def _id(self, outcome: Outcome) -> str:
        at = self._heads.at.get(self._mapped.mapping.key, self.number)
        cells = outcome.group.rows[0][1] if outcome.group.rows else ()
        try:
            return (text(cells[at]) or "").strip() if at < len(cells) else ""
        except Unfit:
            return ""

    def _each(self, group: Group, lines: Group | None, problems: tuple[Problem, ...]) -> Outcome:
        if problems:
            return Outcome(group, None, (*problems, *(() if group.cut else self._unfit(group, lines))), lines)
        try:
            return Outcome(group, self._made([(group, lines)])[0], (), lines)
        except ShapeChanged:
            return Outcome(group, None, self._unfit(group, lines) or (_unknown(group),), lines)

    def _made(self, found: Sequence[tuple[Group, Group | None]]) -> tuple[Document, ...]:
        if not found:
            return ()
        heads = [_full(group.rows[0][1], self._heads.width) for group, _ in found]
        lines: list[Cells] = []
        spans: list[Span] = []
        for group, apart in found:
            start = len(lines)
            lines += [cells for _, cells in self._counting(apart if apart is not None else group)]
            spans.append((start, len(lines)))
        of_head, of_line = list(zip(*heads, strict=True)), list(zip(*lines, strict=True))
        return self._assembler.made(
            lambda key, codec: self._cells(of_head, self._heads, key, codec, len(heads)),
            lambda key, codec: self._cells(of_line, self._lines, key, codec, len(lines)),
            spans,
        )

    def _counting(self, group: Group) -> list[Row]:
        """The rows that are lines that count."""
        if self._mapped.mapping.lines is None:
            return []
        width, only = self._lines.width, self._only
        rows = [(row, _full(cells, width)) for row, cells in group.rows]
        return [row for row in rows if all(_said(row[1][at]) in texts for at, texts in only)] if only else rows

    def _cells(
        self, columns: Sequence[Sequence[Any]], binding: Binding, key: str, codec: Codec, count: int
    ) -> Sequence[Any]:
        at = binding.at.get(key)
        column: Sequence[Any] = columns[at] if at is not None and count else [None] * count
        if id(codec) in self._plain:
            return column
        try:
            return _brought(column, word if codec is TEXT else codec.coerce)
        except ValueError as error:
            where = f"{self._mapped.mapping.source}.{key}"
            raise ShapeChanged(str(error), where=where, next_step="see the report") from error

    def _wrong(self, group: Group, lines: Group | None, apart: Callable[[str], bool]) -> tuple[Problem, ...]:
        """What is wrong with the rows of a document among each other."""
        first, rows = group.first, group.rows
        found: list[Problem] = []
        if not group.number:
            return (Problem("head", first, "no_number", self.number),)
        if group.cut:
            return (Problem("head", first, "too_many_rows", self.number),)
        if apart(group.number):
            found.append(Problem("head", first, "apart", self.number))
        if len(rows) > 1 and (self._apart or self._mapped.mapping.lines is None):
            if any(cells != rows[0][1] for _, cells in rows):
                found += [Problem("head", row, "twice", self.number) for row, _ in rows[1:]]
        elif len(rows) > 1:
            found += self._differing(rows)
        found += _too_wide("head", rows, self._heads.wide)
        if self._apart:
            if lines is None:
                found.append(Problem("head", first, "no_lines"))
            else:
                found += _too_wide("lines", lines.rows, self._lines.wide)
        return tuple(found)

    def _differing(self, rows: Sequence[Row]) -> Iterable[Problem]:
        """Cells of the head that are neither blank nor what the first row of the document has."""
        head = rows[0][1]
        for row, cells in rows[1:]:
            for at in self._same:
                cell = cells[at] if at < len(cells) else None
                before = head[at] if at < len(head) else None
                if cell != before and not is_blank(cell) and _said(cell) != _said(before):
                    yield Problem("head", row, "head_differs", at)

    def _unfit(self, group: Group, lines: Group | None) -> tuple[Problem, ...]:
        """Every cell of a document that does not fit its column."""
        mapping = self._mapped.mapping
        heads = [*mapping.fields, *mapping.custom]
        found = [*_cells_unfit("head", self._heads, heads, group.rows[:1])]
        if mapping.lines is not None:
            rows = self._counting(lines if lines is not None else group)
            found += _cells_unfit("lines" if self._apart else "head", self._lines, mapping.lines.fields, rows)
        return tuple(dict.fromkeys(found))


def _cells_unfit(file: Where, binding: Binding, fields: Iterable[Field], rows: Sequence[Row]) -> Iterable[Problem]:
    for one in fields:
        at = binding.at.get(one.key)
        if at is None:
            continue
        for row, cells in rows:
            cell = cells[at] if at < len(cells) else None
            try:
                found = one.codec.coerce(cell)
                if one.codec.parse is not None:
                    one.codec.parse(found)
            except Unfit as unfit:
                yield Problem(file, row, unfit.code, at, unfit.found)
            except ValueError:
                yield Problem(file, row, "not_mapped", at)


def _too_wide(file: Where, rows: Sequence[Row], width: int) -> Iterable[Problem]:
    """Rows with something behind the last heading."""
    for row, cells in rows:
        if len(cells) > width and not all(map(is_blank, cells[width:])):
            yield Problem(file, row, "too_many_cells")


def _unknown(group: Group) -> Problem:
    return Problem("head", group.first, "text")


def _full(cells: Cells, width: int) -> Cells:
    """A row with as many cells as there are headings."""
    if len(cells) == width:
        return cells
    return cells[:width] if len(cells) > width else (*cells, *[None] * (width - len(cells)))


def _said(cell: object) -> str:
    """A cell as it is compared."""
    try:
        return plain.text(text(cell))
    except Unfit:
        return str(cell)


def _brought(column: Sequence[Any], coerce: Callable[[object], object]) -> Sequence[Any]:
    """A column of cells as a codec wants them; where they are of one type, equal ones are looked at once."""
    kinds = set(map(type, column)) - {NoneType}
    if len(kinds) > 1 or not kinds <= _HASHABLE:
        return list(map(coerce, column))
    values = {cell: coerce(cell) for cell in set(column)}
    return [values[cell] for cell in column]


_HASHABLE = frozenset({str, int, float, Decimal, bool, datetime, date})
