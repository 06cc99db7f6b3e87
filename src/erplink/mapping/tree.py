"""Nested replies → documents: every field is a path into a record, lines lie in a list inside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from erplink.errors import ShapeChanged
from erplink.mapping import cells
from erplink.mapping.assembler import Assembler, Span
from erplink.mapping.codecs import TEXT, Codec
from erplink.mapping.fields import DocumentMapping, Lines
from erplink.mapping.paths import MISSING, Many, many, one, steps
from erplink.mapping.table import coerced
from erplink.model.documents import Document, Key
from erplink.wire.adapter import Broken

_NEXT = "compare the path with a reply of the system; write optional where it may be missing"


@frozen
class Read:
    """What records made: documents, and those that cannot be read."""

    documents: tuple[Document, ...] = ()
    broken: tuple[Broken, ...] = ()


class TreeReader:
    """A mapping made ready for nested records (JSON objects, XML elements as dicts). Immutable; shared by threads."""

    def __init__(self, mapping: DocumentMapping) -> None:
        self._mapping = mapping
        self._assembler = Assembler(mapping)
        keys = [*mapping.head_keys(), *mapping.line_keys()]
        self._find = {key: one(key) for key in keys}
        self._plain = frozenset(key for key in keys if steps(key) == (key,))
        self._version = next((one.key for one in mapping.fields if one.attr == "version"), "")
        self._lines = _lines(mapping.lines) if mapping.lines is not None else None

    def read(self, records: Sequence[Any]) -> Read:
        """Documents in the order of their records; one that does not fit holds up nobody else."""
        try:
            return Read(self._made(records))
        except ShapeChanged:
            pass
        found: list[Document] = []
        broken: list[Broken] = []
        for record in records:
            try:
                found += self._made([record])
            except ShapeChanged as error:
                broken.append(self._broken(record, error))
        return Read(tuple(found), tuple(broken))

    def key(self, record: Any) -> Key:
        """Id, number and version of a record as its document has them; empty where they cannot be read."""
        mapping = self._mapping
        return Key(*(self._text(record, key) for key in (mapping.key, mapping.number, self._version)))

    def mark(self, record: Any) -> Key:
        """Id, number and stamp of a record: what a walk goes by."""
        mapping = self._mapping
        return Key(*(self._text(record, key) for key in (mapping.key, mapping.number, mapping.modified)))

    def raw(self, record: Any, key: str) -> Any:
        """A cell as the reply has it, or ``MISSING``."""
        return self._find[key](record)

    def _made(self, records: Sequence[Any]) -> tuple[Document, ...]:
        lines, spans = self._rows(records)

        def of_head(key: str, codec: Codec) -> Sequence[Any]:
            return self._column(records, key, codec)

        def of_lines(key: str, codec: Codec) -> Sequence[Any]:
            return self._column(lines, key, codec)

        return self._assembler.made(of_head, of_lines, spans)

    def _rows(self, records: Sequence[Any]) -> tuple[list[Any], list[Span]]:
        lines: list[Any] = []
        spans: list[Span] = []
        for record in records:
            start = len(lines)
            if self._lines is not None:
                lines += self._lines(record)
            spans.append((start, len(lines)))
        return lines, spans

    def _column(self, records: Sequence[Any], key: str, codec: Codec) -> list[Any]:
        source, found = self._mapping.source, self._cells(records, key)
        if found is None:
            found = self._sought(records, key, codec)
        quick = codec.bulk(found, frozenset(map(type, found))) if codec.bulk is not None else None
        if quick is not None:
            return quick
        try:
            return list(map(codec.coerce, found))
        except ValueError:
            return [coerced(source, key, codec, cell, "") for cell in found]

    def _cells(self, records: Sequence[Any], key: str) -> list[Any] | None:
        """The cells of a key that is no longer path, where every record has it: most keys of most replies are so."""
        if key not in self._plain:
            return None
        try:
            return [record[key] for record in records]
        except (KeyError, TypeError):
            return None

    def _sought(self, records: Sequence[Any], key: str, codec: Codec) -> list[Any]:
        find, found = self._find[key], list[Any]()
        for record in records:
            cell = find(record)
            if cell is MISSING:
                if not codec.optional:
                    where = f"{self._mapping.source}.{key}"
                    raise ShapeChanged("the reply lacks a field", where=where, next_step=_NEXT)
                cell = None
            found.append(cell)
        return found

    def _text(self, record: Any, key: str) -> str:
        cell = self._find[key](record) if key else MISSING
        try:
            return "" if cell is MISSING else str(TEXT.coerce(cell) or "").strip()
        except ValueError:
            return ""

    def _broken(self, record: Any, error: ShapeChanged) -> Broken:
        found = self.key(record)
        name = found.number or found.id
        where = error.where.partition(" of ")[0] + (f" of {name}" if name else "")
        return Broken(found.id, found.number, ShapeChanged(error.what, where=where, next_step=error.next_step))


def _lines(lines: Lines) -> Many:
    """What finds the lines that count."""
    find = many(lines.entry)
    if not lines.only:
        return find
    wanted = [(one(key), texts) for key, texts in lines.only.items()]

    def find_only(record: Any) -> list[Any]:
        return [row for row in find(record) if all(cells.text(cell(row)) in texts for cell, texts in wanted)]

    return find_only
