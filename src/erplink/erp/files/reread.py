"""What the other side will read of rows that are handed over."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from erplink.erp.files.binding import Binding
from erplink.erp.files.columns import Mapped
from erplink.erp.files.grouping import Group
from erplink.erp.files.reading import RowsReader
from erplink.erp.files.rows_out import Layout, Value
from erplink.erp.files.texts import WORDS
from erplink.errors import FileInvalid
from erplink.model.documents import Document


def reread(mapped: Mapped, layout: Layout, wanted: Document, rows: Sequence[list[Value]]) -> Document:
    """The document that rows make; the wanted one where they have not all that is read of one.

    Raises ``FileInvalid`` where they make none: a cell is missing, for example.
    """
    headings = tuple(heading.name for heading in layout.headings)
    at = {column.key: place for place, column in enumerate(layout.columns)}
    at |= {name: place for place, name in enumerate(headings) if name in layout.values}
    together = evolve(mapped, parent=None)
    if any(column.needed and column.key not in at for column in together.needed):
        return wanted
    group = Group(wanted.number, [(n, tuple(row)) for n, row in enumerate(rows, 2)])
    outcome = RowsReader(together, Binding(at, headings, len(headings))).read([(group, None)], lambda _: False)[0]
    if outcome.document is not None:
        return outcome.document
    first = outcome.problems[0]
    column = headings[first.place] if first.place is not None else mapped.mapping.number
    told = WORDS["en"][first.code]
    raise FileInvalid(told.problem, where=f"{mapped.mapping.source}, column {column}", next_step=told.advice)
