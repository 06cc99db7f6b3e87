"""Columns of cells → documents. Equal cells are parsed once, and one value is made per document and line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

import msgspec

from erplink.mapping.cells import strip
from erplink.mapping.codecs import ENTRY, TEXT, Codec
from erplink.mapping.fields import DocumentMapping, Field, Lines
from erplink.mapping.table import coerced, misfit
from erplink.model.documents import Document

Cells = Callable[[str, Codec], Sequence[Any]]
"""The cells of a key as its codec wants them, one per document or one per line."""

Span = tuple[int, int]
"""Where the lines of a document begin and end among all lines."""

_POSITION = "line"


class Assembler:
    """A mapping made ready for making documents. Immutable after construction; shared by threads."""

    def __init__(self, mapping: DocumentMapping) -> None:
        self._mapping = mapping
        self._documents = _Maker(mapping.document)
        self._line_values = _Maker(mapping.lines.line) if mapping.lines is not None else None

    def made(self, head: Cells, line: Cells, spans: Sequence[Span]) -> tuple[Document, ...]:
        """One document per span. Raises ``ShapeChanged`` for a cell that its codec cannot parse."""
        return self._documents.made(self._sources(head, line, spans))

    def _sources(self, head: Cells, line: Cells, spans: Sequence[Span]) -> dict[str, Iterable[Any]]:
        mapping = self._mapping
        sources: dict[str, Iterable[Any]] = {name: repeat(value) for name, value in mapping.fixed.items()}
        for one in mapping.fields:
            sources[one.attr] = self._parsed(one.key, one.codec, head(one.key, one.codec))
        for rule in mapping.rules:
            sources[rule.attr] = list(map(rule.of, *(head(key, rule.codec) for key in rule.keys)))
        for fold in mapping.folds:
            parsed = self._parsed(fold.key, fold.codec, line(fold.key, fold.codec))
            sources[fold.attr] = [fold.of(parsed[start:stop]) for start, stop in spans]
        if mapping.custom:
            sources["custom"] = self._custom(head)
        if mapping.lines is not None:
            sources[mapping.lines.attr] = self._lines(line, mapping.lines, spans)
        return sources

    def _lines(self, cells: Cells, lines: Lines, spans: Sequence[Span]) -> list[tuple[Any, ...]]:
        if self._line_values is None:
            return [() for _ in spans]
        entries = cells(self._mapping.entry, ENTRY) if self._mapping.entry else ()
        if None in entries:
            return [self._lines_with_gaps(cells, entries, lines, span) for span in spans]
        sources: dict[str, Iterable[Any]] = {name: repeat(value) for name, value in lines.fixed.items()}
        for one in lines.fields:
            sources[one.attr] = self._parsed(one.key, one.codec, cells(one.key, one.codec))
        if _POSITION not in sources:
            sources[_POSITION] = [place for start, stop in spans for place in range(1, stop - start + 1)]
        made = self._line_values.made(sources)
        return [made[start:stop] for start, stop in spans]

    def _lines_with_gaps(self, cells: Cells, entries: Sequence[Any], lines: Lines, span: Span) -> tuple[Any, ...]:
        """The lines of one document, leaving out the empty row of a document without lines."""
        there = [place for place in range(*span) if entries[place] is not None]
        if not there:
            return ()

        def of_rows(key: str, codec: Codec) -> Sequence[Any]:
            column = cells(key, codec)
            return [column[place] for place in there]

        return self._lines(of_rows, lines, [(0, len(there))])[0]

    def _custom(self, head: Cells) -> list[Mapping[str, Any]]:
        """Custom fields by name; their type is the tenant's own, so only here it shows that one is no single value."""
        columns = [self._parsed(one.key, one.codec, self._single(one, head)) for one in self._mapping.custom]
        names = [one.attr for one in self._mapping.custom]
        return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]

    def _single(self, one: Field, head: Cells) -> list[Any]:
        numbers = head(self._mapping.number, TEXT)
        found = zip(head(one.key, one.codec), numbers, strict=True)
        return [coerced(self._mapping.source, one.key, one.codec, cell, str(number)) for cell, number in found]

    def _parsed(self, key: str, codec: Codec, cells: Sequence[Any]) -> Sequence[Any]:
        """Cells → values; where many are equal, they are parsed once and share one value."""
        if codec.parse is None:
            return cells
        distinct = set(cells)
        # What strips a text strips it without a call of ours.
        parse = str.strip if codec.parse is strip and None not in distinct else codec.parse
        try:
            if codec.parse is str or 2 * len(distinct) > len(cells):
                return list(map(parse, cells))
            values = dict(zip(distinct, map(parse, distinct), strict=True))
        except ValueError as error:
            raise misfit(self._mapping.source, key, codec.name, "") from error
        return list(map(values.__getitem__, cells))


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
