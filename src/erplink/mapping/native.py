"""Rows of native Python values, as database drivers give them → documents, a column at a time.

Rows come ordered by document: neighbours of one key are one document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import compress, groupby, islice, pairwise
from operator import itemgetter, ne, not_
from types import NoneType
from typing import Any
from uuid import UUID

from attrs import frozen

from erplink.errors import ShapeChanged
from erplink.mapping import cells
from erplink.mapping.assembler import Assembler, Span
from erplink.mapping.codecs import Codec
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.table import coerced
from erplink.mapping.tree import Read
from erplink.model.documents import Document, Key
from erplink.wire.adapter import Broken

Row = Sequence[Any]
_NONE: Mapping[str, int] = {}


@frozen
class Layout:
    """Where the keys of a mapping stand in a row, and where what tells documents apart: ``by``.

    Where there is a ``kind``, rows of kind 0 are heads and rows of kind 1 are lines. Without it each row is a document,
    or, where the head ``repeats``, a line that has the head's cells too.
    """

    head: Mapping[str, int]
    by: int
    line: Mapping[str, int] = _NONE
    kind: int | None = None
    repeats: bool = False


class NativeReader:
    """A mapping made ready for the rows of one statement. Immutable after construction; shared by threads."""

    def __init__(self, mapping: DocumentMapping, layout: Layout) -> None:
        self._mapping = mapping
        self._layout = layout
        self._assembler = Assembler(mapping)

    def read(self, rows: Sequence[Row]) -> Read:
        """Documents in the order of their rows; one that does not fit holds up nobody else."""
        if not rows:
            return Read()
        heads, lines, spans = _parted(rows, self._layout)
        try:
            return Read(self._made(heads, lines, spans))
        except ShapeChanged:
            pass
        found: list[Document] = []
        broken: list[Broken] = []
        for _, several in groupby(zip(heads, spans, strict=True), lambda one: one[0][self._layout.by]):
            alike = list(several)
            head, (start, stop) = alike[0]
            try:
                found += self._made([one for one, _ in alike], lines[start:stop], [(0, stop - start)] * len(alike))
            except ShapeChanged as error:
                broken.append(self._broken(head, error))
        return Read(tuple(found), tuple(broken))

    def key(self, row: Row) -> Key:
        """Id, number and stamp of a row as texts; empty where they cannot be read."""
        mapping = self._mapping
        return Key(*(self._text(row, key) for key in (mapping.key, mapping.number, mapping.modified)))

    def _made(self, heads: Sequence[Row], lines: Sequence[Row], spans: Sequence[Span]) -> tuple[Document, ...]:
        layout = self._layout
        if len(set(_column(heads, layout.by))) < len(heads):
            step = "name a column that is unique, or make a view with one row for each"
            raise ShapeChanged("several rows have this id", where=self._mapping.source, next_step=step)

        def of_head(key: str, codec: Codec) -> Sequence[Any]:
            return self._cells(key, codec, _column(heads, layout.head[key]))

        def of_line(key: str, codec: Codec) -> Sequence[Any]:
            return self._cells(key, codec, _column(lines, layout.line[key]))

        return self._assembler.made(of_head, of_line, spans)

    def _cells(self, key: str, codec: Codec, found: Sequence[Any]) -> Sequence[Any]:
        """Cells as their codec wants them."""
        try:
            return brought(codec, found)
        except ValueError:
            return [coerced(self._mapping.source, key, codec, native(cell), "") for cell in found]

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


def brought(codec: Codec, found: Sequence[Any]) -> Sequence[Any]:
    """A column as its codec wants it. Columns mostly are of one type, for which there is a short way.

    Raises ValueError for a cell that is something else.
    """
    kinds = frozenset(map(type, found))
    ways = _WAYS.get(codec.coerce, ())
    for known, way in ways:
        if kinds <= known:
            return way(found)
    if len(kinds - _NOTHING) <= 1 and kinds <= _ALIKE:
        values = {cell: codec.coerce(cell) for cell in set(found)}
        return list(map(values.__getitem__, found))
    return [codec.coerce(native(cell)) for cell in found]


def native(cell: object) -> object:
    r"""A value of a driver as one that codecs know: exact decimals, instants in UTC, bits as numbers, no padding.

    Of a float the shortest digits that mean it are taken, which are those somebody typed.

    >>> native(19.9), native(3.0), native(b"\x01"), native("M1   ")
    (Decimal('19.9'), 3, 1, 'M1')
    """
    if isinstance(cell, str):
        return cell.rstrip(" ")
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
_NOTHING = frozenset({NoneType})
_ALIKE = frozenset({bool, int, str, NoneType})
"""Types of which equal cells are the same, as long as they are of one type: 1 and True are not."""


def _as_it_is(found: Sequence[Any]) -> Sequence[Any]:
    return found


def _exact(found: Sequence[Any]) -> Sequence[Any]:
    return _finite(list(map(Decimal, map(repr, found))))


def _finite(found: Sequence[Any]) -> Sequence[Any]:
    if not all(map(Decimal.is_finite, found)):
        message = "a number"
        raise ValueError(message)
    return found


_WAYS: Mapping[Callable[..., object], tuple[tuple[frozenset[type], Callable[..., Sequence[Any]]], ...]] = {
    cells.words: (
        (frozenset({str, NoneType}), _as_it_is),
        (frozenset({int}), lambda found: list(map(str, found))),
    ),
    cells.number: (
        (frozenset({Decimal}), _finite),
        (frozenset({int}), lambda found: list(map(Decimal, found))),
        (frozenset({int, float}), _exact),
    ),
    cells.whole: ((frozenset({int}), _as_it_is),),
    cells.scalar: ((frozenset({str}), lambda found: [cell.rstrip(" ") for cell in found]),),
}
"""The short ways: for what a codec does with a cell, by the types of cells, what does it with a column."""


def _column(rows: Sequence[Row], place: int) -> list[Any]:
    return list(map(itemgetter(place), rows))


def _runs(keys: Sequence[Any]) -> list[Span]:
    """Where runs of one key begin and end."""
    starts = [0, *compress(range(1, len(keys)), map(ne, keys, islice(keys, 1, None)))]
    return [*pairwise((*starts, len(keys)))]


def _parted(rows: Sequence[Row], layout: Layout) -> tuple[Sequence[Row], Sequence[Row], Sequence[Span]]:
    """The rows with a head, those with a line, and where each head's lines are among these."""
    if layout.repeats:
        spans = _runs(_column(rows, layout.by))
        return [rows[start] for start, _ in spans], rows, spans
    if layout.kind is None:
        return rows, (), [(0, 0)] * len(rows)
    kinds = _column(rows, layout.kind)
    heads, lines = [*compress(rows, map(not_, kinds))], [*compress(rows, kinds)]
    keys = _column(lines, layout.by)
    found = {keys[start]: (start, stop) for start, stop in (_runs(keys) if keys else ())}
    return heads, lines, [found.get(key, (0, 0)) for key in _column(heads, layout.by)]
