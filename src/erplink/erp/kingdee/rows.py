"""Rows of a query → documents, a column at a time.

The bytes of a reply are decoded straight into typed tuples. Rows that do not fit are decoded again the tolerant way:
blanks, ids as text, booleans as text are brought to their type, and a cell that cannot be is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise, repeat
from typing import Any, cast

import msgspec

from erplink.erp.kingdee.codecs import Codec
from erplink.erp.kingdee.mapping import Field, FormMapping
from erplink.errors import ShapeChanged
from erplink.model.documents import Document

Row = tuple[Any, ...]
_KEY, _ENTRY = 0, 1


class RowReader:
    """A mapping made ready for reading: ``keys`` to ask for, ``decode`` bytes to rows, ``documents`` from rows.

    Immutable after construction; shared by threads.
    """

    def __init__(self, mapping: FormMapping) -> None:
        columns = mapping.columns()
        self._mapping = mapping
        self._at = {key: place for place, key in enumerate(columns)}
        self._codecs = tuple(columns.values())
        self._fast = _decoder([codec.wire for codec in self._codecs])
        self._line_places = frozenset(
            self._at[one.key] for one in (mapping.lines.fields if mapping.lines is not None else ())
        ) | {self._at[fold.key] for fold in mapping.folds}
        self._documents = _Maker(mapping.document)
        self._line_values = _Maker(mapping.lines.line) if mapping.lines is not None else None
        self.keys = tuple(columns)
        self._head_places = [place for place in range(len(columns)) if place not in {*self._line_places, _ENTRY}]

    def decode(self, body: bytes) -> list[Row]:
        """The rows of a reply. Raises ``ShapeChanged`` naming form, document and key of a cell that does not fit."""
        try:
            return cast("list[Row]", self._fast.decode(body))
        except msgspec.ValidationError:
            return self._tolerant(body)

    def is_of_one_version(self, rows: Sequence[Row]) -> bool:
        """Whether rows of one document agree in every field of its head: pieces read apart may be of two versions."""
        first = rows[0]
        return all(row[place] == first[place] for row in rows for place in self._head_places)

    def documents(self, rows: Sequence[Row]) -> tuple[Document, ...]:
        """Whole documents from rows ordered by document; consecutive rows of one id are one document."""
        if not rows:
            return ()
        columns = list(zip(*rows, strict=True))
        keys = columns[_KEY]
        starts = [0, *(place for place, (one, other) in enumerate(pairwise(keys), 1) if one != other)]
        spans = [*pairwise((*starts, len(rows)))]
        sources = self._sources(columns, starts, spans)
        return self._documents.made(sources)

    def _sources(
        self, columns: Sequence[Sequence[Any]], starts: list[int], spans: list[tuple[int, int]]
    ) -> dict[str, Iterable[Any]]:
        mapping = self._mapping
        sources: dict[str, Iterable[Any]] = {name: repeat(value) for name, value in mapping.fixed.items()}
        for one in mapping.fields:
            column = columns[self._at[one.key]]
            sources[one.attr] = self._parsed(one.key, one.codec, [column[start] for start in starts])
        for rule in mapping.rules:
            cells = [[columns[self._at[key]][start] for start in starts] for key in rule.keys]
            sources[rule.attr] = list(map(rule.of, *cells))
        for fold in mapping.folds:
            parsed = self._parsed(fold.key, fold.codec, columns[self._at[fold.key]])
            sources[fold.attr] = [fold.of(parsed[start:stop]) for start, stop in spans]
        if mapping.custom:
            sources["custom"] = self._custom(columns, starts)
        if mapping.lines is not None:
            sources[mapping.lines.attr] = self._lines(columns, mapping.lines.fields, spans)
        return sources

    def _lines(
        self, columns: Sequence[Sequence[Any]], fields: tuple[Field, ...], spans: list[tuple[int, int]]
    ) -> list[tuple[Any, ...]]:
        if self._line_values is None:
            return [() for _ in spans]
        if None in columns[_ENTRY]:
            return [self._lines_with_gaps(columns, fields, span) for span in spans]
        sources = {one.attr: self._parsed(one.key, one.codec, columns[self._at[one.key]]) for one in fields}
        made = self._line_values.made(sources)
        return [made[start:stop] for start, stop in spans]

    def _lines_with_gaps(
        self, columns: Sequence[Sequence[Any]], fields: tuple[Field, ...], span: tuple[int, int]
    ) -> tuple[Any, ...]:
        """The lines of one document, leaving out the empty row of a document without lines."""
        there = [place for place in range(*span) if columns[_ENTRY][place] is not None]
        if not there:
            return ()
        kept = [[column[place] for place in there] for column in columns]
        return self._lines(kept, fields, [(0, len(there))])[0]

    def _custom(self, columns: Sequence[Sequence[Any]], starts: list[int]) -> list[Mapping[str, Any]]:
        """Custom fields by name; their type is the tenant's own, so only here it shows that one is no single value."""
        numbers = columns[self._at[self._mapping.number]]
        places = [(one.attr, self._at[one.key]) for one in self._mapping.custom]
        return [
            {name: self._cell(place, columns[place][start], str(numbers[start])) for name, place in places}
            for start in starts
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
            raise self._misfit(key, codec.name, "") from error
        return [values[cell] for cell in cells]

    def _tolerant(self, body: bytes) -> list[Row]:
        try:
            rows = _untyped.decode(body)
        except msgspec.ValidationError as error:
            raise ShapeChanged(
                f"the reply is not a list of rows: {error}", where=self._mapping.form, next_step=_NEXT
            ) from error
        return [self._row(row) for row in rows]

    def _row(self, row: list[Any]) -> Row:
        if len(row) != len(self.keys):
            what = f"a row has {len(row)} cells, {len(self.keys)} were asked for"
            raise ShapeChanged(what, where=self._mapping.form, next_step=_NEXT)
        number = str(row[self._at[self._mapping.number]])
        empty = bool(self._mapping.entry) and self._codecs[_ENTRY].coerce(row[_ENTRY]) is None
        return tuple(
            None if empty and place in self._line_places else self._cell(place, cell, number)
            for place, cell in enumerate(row)
        )

    def _cell(self, place: int, cell: object, number: str) -> object:
        codec = self._codecs[place]
        try:
            return codec.coerce(cell)
        except ValueError as error:
            found = "nothing" if cell is None or cell == "" else type(cell).__name__
            raise self._misfit(self.keys[place], f"{error}, found {found}", number) from None

    def _misfit(self, key: str, expected: str, number: str) -> ShapeChanged:
        where = f"{self._mapping.form}.{key}" + (f" of {number}" if number else "")
        return ShapeChanged(f"the field should hold {expected}", where=where, next_step=_NEXT)


_NEXT = "check the field in the form, and the key the settings name for it"
_untyped: msgspec.json.Decoder[list[list[Any]]] = msgspec.json.Decoder(list[list[Any]], float_hook=Decimal)


def _decoder(wires: Sequence[Any]) -> msgspec.json.Decoder[Any]:
    row: Any = tuple.__class_getitem__(tuple(wires))
    return msgspec.json.Decoder(list[row], float_hook=Decimal)


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
