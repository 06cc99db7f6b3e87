"""Rows of a query → documents, a column at a time.

One document with a cell that does not fit holds up nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise, repeat
from typing import Any

import msgspec
from attrs import frozen

from erplink.errors import ShapeChanged
from erplink.mapping.codecs import Codec
from erplink.mapping.fields import DocumentMapping, Field
from erplink.mapping.table import KEY, Misfits, Row, Table, misfit
from erplink.model.documents import Document, Key
from erplink.wire.adapter import Broken

_Cells = Callable[[str], Sequence[Any]]


@frozen
class Joined:
    """What heads and lines make: documents, those that cannot be read, and heads whose lines do not agree with them."""

    documents: tuple[Document, ...] = ()
    broken: tuple[Broken, ...] = ()
    torn: tuple[Row, ...] = ()


class RowReader:
    """A mapping made ready for reading, from whole rows or from heads and lines that were asked for apart.

    ``whole`` rows repeat the head on every line. ``heads`` have one row a document, ``lines`` only the line's own cells
    with the document's id and stamp, so half the bytes; ``stamps`` have id, number and stamp alone. Immutable after
    construction; shared by threads.
    """

    def __init__(self, mapping: DocumentMapping) -> None:
        columns = mapping.columns()
        own = {one.key for one in (mapping.lines.fields if mapping.lines is not None else ())}
        own |= {fold.key for fold in mapping.folds} | ({mapping.entry} if mapping.entry else set())
        of_lines = {mapping.key, mapping.modified, *own} if mapping.entry else set[str]()
        self._mapping = mapping
        self._documents = _Maker(mapping.document)
        self._line_values = _Maker(mapping.lines.line) if mapping.lines is not None else None
        self.whole = Table(mapping, columns, own)
        self.heads = Table(mapping, {key: codec for key, codec in columns.items() if key not in own}, ())
        stamps = (mapping.key, mapping.number, mapping.modified)
        self.stamps = Table(mapping, {key: columns[key] for key in stamps}, ())
        self.lines = Table(mapping, {key: codec for key, codec in columns.items() if key in of_lines}, own)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of whole rows."""
        return self.whole.keys

    def decode(self, body: bytes) -> list[Row]:
        """Whole rows of a reply. Raises ``ShapeChanged`` naming source, document and key of what does not fit."""
        return self.whole.decode(body)

    def is_of_one_version(self, table: Table, rows: Sequence[Row]) -> bool:
        """Whether rows of one document agree in every field of its head: pieces read apart may be of two versions."""
        first, places = rows[0], [place for key, place in table.at.items() if key not in table.line_keys]
        return all(row[place] == first[place] for row in rows for place in places)

    def documents(self, rows: Sequence[Row]) -> tuple[Document, ...]:
        """Whole documents from whole rows ordered by document; consecutive rows of one id are one document."""
        if not rows:
            return ()
        columns = list(zip(*rows, strict=True))
        spans = _spans(columns[KEY])
        starts = [start for start, _ in spans]
        at = self.whole.at

        def of_head(key: str) -> Sequence[Any]:
            column = columns[at[key]]
            return [column[start] for start in starts]

        return self._documents.made(self._sources(of_head, lambda key: columns[at[key]], spans))

    def joined(self, heads: Sequence[Row], lines: Sequence[Row], misfits: Misfits) -> Joined:
        """Documents from heads and lines read apart, both ordered by document.

        A head without lines has left the window since, and is left out. Halves with different stamps are of two
        versions: such a document has to be read again.
        """
        unread = [self.broken(head, misfits[head[KEY]]) for head in heads if head[KEY] in misfits]
        heads = [head for head in heads if head[KEY] not in misfits] if misfits else heads
        if not self._mapping.entry:
            made, broken = self._each([(head, (0, 0)) for head in heads], [])
            return Joined(made, (*unread, *broken))
        columns = list(zip(*lines, strict=True))
        found = {columns[KEY][span[0]]: span for span in (_spans(columns[KEY]) if columns else ())}
        stamp, of_line = self.heads.at[self._mapping.modified], self.lines.at[self._mapping.modified]
        there = [(head, found[head[KEY]]) for head in heads if head[KEY] in found]
        torn = {
            head[KEY]
            for head, (start, stop) in there
            if columns[of_line][start] != head[stamp] or columns[of_line][stop - 1] != head[stamp]
        }
        made, broken = self._each([(head, span) for head, span in there if head[KEY] not in torn], columns)
        return Joined(made, (*unread, *broken), tuple(head for head, _ in there if head[KEY] in torn))

    def _each(
        self, there: Sequence[tuple[Row, tuple[int, int]]], columns: Sequence[Sequence[Any]]
    ) -> tuple[tuple[Document, ...], list[Broken]]:
        """The documents that can be made; all at once, and one by one only when one of them cannot."""
        try:
            return self._made([head for head, _ in there], columns, [span for _, span in there]), []
        except ShapeChanged:
            pass
        made, broken = list[Document](), list[Broken]()
        for head, (start, stop) in there:
            try:
                made += self._made([head], [column[start:stop] for column in columns], [(0, stop - start)])
            except ShapeChanged as error:
                broken.append(self.broken(head, error))
        return tuple(made), broken

    def key(self, row: Row) -> Key:
        """The key in a row of ``stamps``."""
        found, number, stamp = row
        return Key(str(found), (number or "").strip(), (stamp or "").strip())

    def broken(self, head: Row, error: ShapeChanged) -> Broken:
        """The document of a head that cannot be read, with an error that names it."""
        number = str(head[self.heads.at[self._mapping.number]] or "")
        where = error.where.partition(" of ")[0] + (f" of {number}" if number else "")
        return Broken(str(head[KEY]), number, ShapeChanged(error.what, where=where, next_step=error.next_step))

    def _made(
        self, heads: Sequence[Row], columns: Sequence[Sequence[Any]], spans: list[tuple[int, int]]
    ) -> tuple[Document, ...]:
        if not heads:
            return ()
        rows, of_head, of_line = list(zip(*heads, strict=True)), self.heads.at, self.lines.at
        return self._documents.made(
            self._sources(lambda key: rows[of_head[key]], lambda key: columns[of_line[key]], spans)
        )

    def _sources(self, head: _Cells, line: _Cells, spans: list[tuple[int, int]]) -> dict[str, Iterable[Any]]:
        mapping = self._mapping
        sources: dict[str, Iterable[Any]] = {name: repeat(value) for name, value in mapping.fixed.items()}
        for one in mapping.fields:
            sources[one.attr] = self._parsed(one.key, one.codec, head(one.key))
        for rule in mapping.rules:
            sources[rule.attr] = list(map(rule.of, *(head(key) for key in rule.keys)))
        for fold in mapping.folds:
            parsed = self._parsed(fold.key, fold.codec, line(fold.key))
            sources[fold.attr] = [fold.of(parsed[start:stop]) for start, stop in spans]
        if mapping.custom:
            sources["custom"] = self._custom(head)
        if mapping.lines is not None:
            sources[mapping.lines.attr] = self._lines(line, mapping.lines.fields, spans)
        return sources

    def _lines(self, cells: _Cells, fields: tuple[Field, ...], spans: list[tuple[int, int]]) -> list[tuple[Any, ...]]:
        if self._line_values is None:
            return [() for _ in spans]
        entries = cells(self._mapping.entry)
        if None in entries:
            return [self._lines_with_gaps(cells, entries, fields, span) for span in spans]
        made = self._line_values.made({one.attr: self._parsed(one.key, one.codec, cells(one.key)) for one in fields})
        return [made[start:stop] for start, stop in spans]

    def _lines_with_gaps(
        self, cells: _Cells, entries: Sequence[Any], fields: tuple[Field, ...], span: tuple[int, int]
    ) -> tuple[Any, ...]:
        """The lines of one document, leaving out the empty row of a document without lines."""
        there = [place for place in range(*span) if entries[place] is not None]
        if not there:
            return ()
        return self._lines(lambda key: [cells(key)[place] for place in there], fields, [(0, len(there))])[0]

    def _custom(self, head: _Cells) -> list[Mapping[str, Any]]:
        """Custom fields by name; their type is the tenant's own, so only here it shows that one is no single value."""
        numbers, custom = head(self._mapping.number), self._mapping.custom
        columns = [head(one.key) for one in custom]
        return [
            {one.attr: self.heads.cell(one.key, cell, str(number)) for one, cell in zip(custom, cells, strict=True)}
            for number, cells in zip(numbers, zip(*columns, strict=True), strict=True)
        ]

    def _parsed(self, key: str, codec: Codec, cells: Sequence[Any]) -> Sequence[Any]:
        """Cells → values; equal cells are parsed once and share one value."""
        if codec.parse is None:
            return cells
        try:
            if codec.parse is str:
                return list(map(str, cells))
            values = {cell: codec.parse(cell) for cell in set(cells)}
        except ValueError as error:
            raise misfit(self._mapping.source, key, codec.name, "") from error
        return [values[cell] for cell in cells]


def _spans(keys: Sequence[int]) -> list[tuple[int, int]]:
    """Where runs of one id begin and end."""
    starts = [0, *(place for place, (one, other) in enumerate(pairwise(keys), 1) if one != other)]
    return [*pairwise((*starts, len(keys)))]


class _Maker:
    """Makes values of one struct from a source per field; a field without a source holds its default."""

    def __init__(self, made: type[msgspec.Struct]) -> None:
        self._make: Callable[..., Any] = made
        self._fields = [(one.name, _default(one)) for one in msgspec.structs.fields(made)]

    def made(self, sources: Mapping[str, Iterable[Any]]) -> tuple[Any, ...]:
        """As many values as the shortest source has. Raises KeyError when a field has neither source nor default."""
        columns = (sources[name] if default is None else sources.get(name, default) for name, default in self._fields)
        return tuple(map(self._make, *columns))


def _default(one: msgspec.structs.FieldInfo) -> Iterable[Any] | None:
    if one.default is not msgspec.NODEFAULT:
        return repeat(one.default)
    return repeat(one.default_factory()) if one.default_factory is not msgspec.NODEFAULT else None
