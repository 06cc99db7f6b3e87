"""Rows of a query → documents, a column at a time.

One document with a cell that does not fit holds up nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from attrs import frozen

from erplink.errors import ShapeChanged
from erplink.mapping.assembler import Assembler
from erplink.mapping.codecs import Codec
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.table import KEY, Misfits, Row, Table
from erplink.model.documents import Document, Key
from erplink.wire.adapter import Broken


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
        self._assembler = Assembler(mapping)
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

        def of_head(key: str, _: Codec) -> Sequence[Any]:
            column = columns[at[key]]
            return [column[start] for start in starts]

        return self._assembler.made(of_head, lambda key, _: columns[at[key]], spans)

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
        return self._assembler.made(lambda key, _: rows[of_head[key]], lambda key, _: columns[of_line[key]], spans)


def _spans(keys: Sequence[int]) -> list[tuple[int, int]]:
    """Where runs of one id begin and end."""
    starts = [0, *(place for place, (one, other) in enumerate(pairwise(keys), 1) if one != other)]
    return [*pairwise((*starts, len(keys)))]
