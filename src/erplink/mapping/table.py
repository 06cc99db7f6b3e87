"""The bytes of a reply → typed rows.

They are decoded straight into typed tuples. Rows that do not fit are decoded again the tolerant way: blanks, ids as
text, booleans as text are brought to their type, and a cell that cannot be is named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import msgspec

from erplink.errors import ShapeChanged
from erplink.mapping.codecs import Codec
from erplink.mapping.fields import DocumentMapping

Row = tuple[Any, ...]
Misfits = dict[int, ShapeChanged]
"""Why a document cannot be read, by its id."""

KEY = 0
"""Where the document's id stands in every row."""


class Table:
    """The columns of one query: its keys in order, and how a reply becomes rows of them. Immutable."""

    def __init__(self, mapping: DocumentMapping, columns: Mapping[str, Codec], line_keys: Collection[str]) -> None:
        self.source = mapping.source
        self.number = mapping.number
        self.entry = mapping.entry
        self.columns = columns
        self.line_keys = frozenset(line_keys)
        self.keys = tuple(columns)
        self.at = {key: place for place, key in enumerate(columns)}
        self._fast = _decoder([codec.wire for codec in columns.values()])

    def decode(self, body: bytes, misfits: Misfits | None = None) -> list[Row]:
        """The rows of a reply.

        A cell that does not fit is noted in ``misfits`` by its document, and its row has nothing there; without
        ``misfits`` it raises ``ShapeChanged``, naming source, document and key.
        """
        try:
            return cast("list[Row]", self._fast.decode(body))
        except msgspec.ValidationError:
            return self._tolerant(body, misfits)

    def _tolerant(self, body: bytes, misfits: Misfits | None) -> list[Row]:
        try:
            rows = _untyped.decode(body)
        except msgspec.ValidationError as error:
            raise ShapeChanged(
                f"the reply is not a list of rows: {error}", where=self.source, next_step=_NEXT
            ) from error
        return [self._row(row, misfits) for row in rows]

    def _row(self, row: list[Any], misfits: Misfits | None) -> Row:
        if len(row) != len(self.keys):
            what = f"a row has {len(row)} cells, {len(self.keys)} were asked for"
            raise ShapeChanged(what, where=self.source, next_step=_NEXT)
        number = str(row[self.at[self.number]]) if self.number in self.at else ""
        empty = self.entry in self.at and self.columns[self.entry].coerce(row[self.at[self.entry]]) is None
        cells: list[object] = []
        for key, cell in zip(self.keys, row, strict=True):
            try:
                cells.append(
                    None
                    if empty and key in self.line_keys
                    else coerced(self.source, key, self.columns[key], cell, number)
                )
            except ShapeChanged as error:
                if misfits is None or not cells:
                    raise
                misfits.setdefault(cast("int", cells[KEY]), error)
                cells.append(None)
        return tuple(cells)


def coerced(source: str, key: str, codec: Codec, cell: object, number: str) -> object:
    """One cell brought to the type its codec wants. Raises ``ShapeChanged`` naming source, key and document."""
    try:
        return codec.coerce(cell)
    except ValueError as error:
        found = "nothing" if cell is None or cell == "" else type(cell).__name__
        raise misfit(source, key, f"{error}, found {found}", number) from None


def misfit(source: str, key: str, expected: str, number: str) -> ShapeChanged:
    """A cell that holds something else than its field should."""
    where = f"{source}.{key}" + (f" of {number}" if number else "")
    return ShapeChanged(f"the field should hold {expected}", where=where, next_step=_NEXT)


_NEXT = "check the field in the system, and the key that the settings or the manifest name for it"
_untyped: msgspec.json.Decoder[list[list[Any]]] = msgspec.json.Decoder(list[list[Any]], float_hook=Decimal)


def _decoder(wires: Sequence[Any]) -> msgspec.json.Decoder[Any]:
    row: Any = tuple.__class_getitem__(tuple(wires))
    return msgspec.json.Decoder(list[row], float_hook=Decimal)
