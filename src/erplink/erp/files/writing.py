"""Whole files of documents, for people and for other systems: there whole or not at all, a few rows in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from erplink.erp.files.excel_writing import MOST_ROWS
from erplink.erp.files.folder import Folder
from erplink.erp.files.rows_out import Layout, Value
from erplink.erp.files.settings import Files
from erplink.erp.files.table import format_of
from erplink.erp.files.whole import writing
from erplink.erp.files.words import OutEncoding
from erplink.erp.files.writers import WRITERS, Manner
from erplink.errors import ConfigInvalid, FileInvalid
from erplink.model.documents import Document, Entity

Rows = list[list[Value]]


def write_documents(
    path: str | os.PathLike[str],
    documents: Iterable[Document],
    system: Files,
    entity: Entity,
    *,
    encoding: OutEncoding = "utf-8-bom",
    guard: bool = True,
    most: int | None = None,
) -> tuple[Path, ...]:
    """Write documents to CSV, Excel or Parquet by the ending of the path, under the headings of a manifest.

    Amounts are exact, dates are dates, numbers that are texts stay texts. ``guard`` puts ``'`` before texts in a CSV
    that a spreadsheet would take for a formula. ``most`` rows go into one file (Excel: as many as a sheet holds), then
    another one begins, ``name-2``; a document is never cut. Returns the files; each appears when it is whole.

    Raises:
        ConfigInvalid: the manifest has no such entity, the ending says no format, or a library is missing.
        FileInvalid: a value that the format cannot hold, or a place where nothing can be written.
    """
    plan = system.plans.get(entity)
    if plan is None:
        known = ", ".join(system.plans) or "nothing"
        raise ConfigInvalid(f"the manifest has no {entity}", where=system.name, next_step=f"it has {known}")
    target = Path(path)
    kind = format_of(target.name)
    if kind is None:
        raise ConfigInvalid(f"{target.name} does not say a format", next_step="end it with .csv, .xlsx or .parquet")
    layout = Layout.of(plan.mapped, {}, system.habits.language)
    room = most if most is not None else MOST_ROWS - 1 if kind == "xlsx" else None
    feed = _Feed([*layout.rows(document)] for document in documents)
    made: list[Path] = []
    with Folder(target.parent).begin():
        while not made or feed.has_more:
            piece = target if not made else target.with_stem(f"{target.stem}-{len(made) + 1}")
            write_whole(piece, layout, feed.piece(room), Manner(kind, encoding, guard))
            made.append(piece)
    return tuple(made)


def write_whole(path: Path, layout: Layout, rows: Iterable[list[Value]], manner: Manner) -> None:
    """One file, which appears when it is whole."""
    with writing(path) as temporary:
        try:
            WRITERS[manner.format](temporary, layout, rows, manner)
        except UnicodeEncodeError as error:
            what, step = f"a text cannot be written as {error.encoding}", "take out the halves of characters it holds"
            raise FileInvalid(what, where=path.name, next_step=step) from None


class _Feed:
    """Rows of documents that go into one file after the other."""

    def __init__(self, documents: Iterable[Rows]) -> None:
        self._documents = iter(documents)
        self._next: Rows | None = next(self._documents, None)

    @property
    def has_more(self) -> bool:
        """Whether there is a document that was not given yet."""
        return self._next is not None

    def piece(self, room: int | None) -> Iterator[list[Value]]:
        """Rows of the next documents, as many as there is room for; one document at least."""
        given = 0
        while self._next is not None and (not given or room is None or given + len(self._next) <= room):
            rows, self._next = self._next, None
            given += len(rows)
            yield from rows
            self._next = next(self._documents, None)
