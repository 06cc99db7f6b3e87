"""Rows of native Python values, as database drivers give them → documents, a column at a time.

Rows repeat their document's head on every line and come ordered by document. Equal neighbours in the key's column are
one document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from types import NoneType
from typing import Any
from uuid import UUID

from attrs import frozen

from erplink.errors import ShapeChanged
from erplink.mapping import cells
from erplink.mapping.assembler import Assembler, Span
from erplink.mapping.codecs import TEXT, Codec
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.table import coerced
from erplink.mapping.tree import Read
from erplink.model.documents import Document, Key
from erplink.wire.adapter import Broken

Row = Sequence[Any]
Columns = Sequence[Sequence[Any]]
_NONE: Mapping[str, int] = {}


@frozen
class Layout:
    """Where the keys of a mapping stand in a row. ``marker`` is a cell that is empty where a row has no line."""

    head: Mapping[str, int]
    line: Mapping[str, int] = _NONE
    marker: int | None = None


class NativeReader:
    """A mapping made ready for the rows of one statement. Immutable after construction; shared by threads."""

    def __init__(self, mapping: DocumentMapping, layout: Layout) -> None:
        self._mapping = mapping
        self._layout = layout
        self._assembler = Assembler(mapping)
        self._key = layout.head[mapping.key]

    def read(self, rows: Sequence[Row]) -> Read:
        """Documents in the order of their rows; one that does not fit holds up nobody else."""
        if not rows:
            return Read()
        columns = list(zip(*rows, strict=True))
        spans = _runs(columns[self._key])
        try:
            return Read(self._made(columns, spans))
        except ShapeChanged:
            pass
        found: list[Document] = []
        broken: list[Broken] = []
        for start, stop in spans:
            try:
                found += self._made([column[start:stop] for column in columns], [(0, stop - start)])
            except ShapeChanged as error:
                broken.append(self._broken(rows[start], error))
        return Read(tuple(found), tuple(broken))

    def key(self, row: Row) -> Key:
        """Id, number and stamp of a row as texts; empty where they cannot be read."""
        mapping = self._mapping
        return Key(*(self._text(row, key) for key in (mapping.key, mapping.number, mapping.modified)))

    def _made(self, columns: Columns, spans: Sequence[Span]) -> tuple[Document, ...]:
        layout = self._layout
        pick = _picker([start for start, _ in spans])
        lines, spans = _lines(columns, spans, layout.marker)

        def of_head(key: str, codec: Codec) -> Sequence[Any]:
            return self._cells(key, codec, pick(columns[layout.head[key]]))

        def of_line(key: str, codec: Codec) -> Sequence[Any]:
            return self._cells(key, codec, lines(columns[layout.line[key]]))

        return self._assembler.made(of_head, of_line, spans)

    def _cells(self, key: str, codec: Codec, found: Sequence[Any]) -> Sequence[Any]:
        """Cells as their codec wants them. Columns mostly are of one type that is right already."""
        kinds = set(map(type, found))
        if not kinds.isdisjoint(_STRANGE):
            found = list(map(native, found))
            kinds = set(map(type, found))
        if kinds <= _AS_THEY_ARE.get(codec.coerce, _NO_KINDS) and (Decimal not in kinds or _finite(found)):
            return found
        try:
            return list(map(codec.coerce, found))
        except ValueError:
            return [coerced(self._mapping.source, key, codec, cell, "") for cell in found]

    def _text(self, row: Row, key: str) -> str:
        try:
            return text_of(row[self._layout.head[key]]) if key else ""
        except ValueError:
            return ""

    def _broken(self, row: Row, error: ShapeChanged) -> Broken:
        found = self.key(row)
        name = found.number or found.id
        where = error.where.partition(" of ")[0] + (f" of {name}" if name else "")
        return Broken(found.id, found.number, ShapeChanged(error.what, where=where, next_step=error.next_step))


def native(cell: object) -> object:
    r"""A value of a driver as one that codecs know: exact decimals, instants in UTC, bits as numbers.

    Of a float the shortest digits that mean it are taken, which are those somebody typed.

    >>> native(19.9), native(3.0), native(b"\x01")
    (Decimal('19.9'), 3, 1)
    """
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else Decimal(repr(cell))
    if isinstance(cell, datetime):
        return cell if cell.tzinfo is None else cell.astimezone(UTC)
    if isinstance(cell, UUID):
        return str(cell)
    return _BITS.get(cell, cell) if isinstance(cell, bytes) else cell


def text_of(cell: object) -> str:
    """A value of a driver as the text a document holds for it: without padding. Raises ValueError for what is none."""
    return cells.strip(cells.words(native(cell)))


_BITS: Mapping[bytes, int] = {b"\x00": 0, b"\x01": 1}
_STRANGE = frozenset({float, bytes, datetime, UUID})
_NO_KINDS: frozenset[type] = frozenset()
_AS_THEY_ARE: Mapping[Callable[..., object], frozenset[type]] = {
    TEXT.coerce: frozenset({str, NoneType}),
    cells.number: frozenset({Decimal}),
    cells.whole: frozenset({int}),
    cells.scalar: frozenset({str, int, Decimal, bool, NoneType}),
}
"""What needs no look, by what would look at it."""


def _finite(found: Sequence[Any]) -> bool:
    return all(cell.is_finite() for cell in found if isinstance(cell, Decimal))


def _runs(keys: Sequence[Any]) -> list[Span]:
    """Where runs of one key begin and end."""
    starts = [0, *(place for place, (one, other) in enumerate(pairwise(keys), 1) if one != other)]
    return [*pairwise((*starts, len(keys)))]


def _picker(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """What picks the cells at these places of a column."""
    if len(places) == 1:
        return lambda column: (column[places[0]],)
    pick: Callable[[Sequence[Any]], Sequence[Any]] = itemgetter(*places)
    return pick


def _lines(
    columns: Columns, spans: Sequence[Span], marker: int | None
) -> tuple[Callable[[Sequence[Any]], Sequence[Any]], Sequence[Span]]:
    """What picks the cells of lines from a column, and where each document's lines then are."""
    if marker is None or None not in columns[marker]:
        return _all_of_them, spans
    marks = columns[marker]
    there = [place for place, mark in enumerate(marks) if mark is not None]
    found: list[Span] = []
    begun = 0
    for start, stop in spans:
        ended = begun + sum(1 for place in range(start, stop) if marks[place] is not None)
        found.append((begun, ended))
        begun = ended
    return (_picker(there) if there else _none_of_them), found


def _all_of_them(column: Sequence[Any]) -> Sequence[Any]:
    return column


def _none_of_them(_: Sequence[Any]) -> Sequence[Any]:
    return ()
