"""Parquet as a table, one row group after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from erplink.erp.files.libraries import library
from erplink.erp.files.table import Damaged, Row, Source, Table
from erplink.errors import FileInvalid

_ROWS = 8192
_FIRST_ROW = 2
"""Rows are numbered as if the headings were row 1."""


def open_parquet(source: Source, columns: Sequence[str] | None) -> Table:
    """A Parquet file as a table; of its columns only those that are named, if any are.

    Raises ``Damaged``, ``ConfigInvalid`` without pyarrow.
    """
    parquet, arrow = library("pyarrow.parquet", source.name), library("pyarrow", source.name)
    broken = (arrow.ArrowException, OSError, ValueError)
    with ExitStack() as stack:
        file = stack.enter_context(source.path.open("rb"))
        try:
            opened = stack.enter_context(parquet.ParquetFile(file))
        except broken as error:
            raise _damaged(source.name, error) from error
        there = tuple(str(name) for name in opened.schema_arrow.names)
        headings = there if columns is None else tuple(name for name in there if name in columns)
        rows = _rows(source.name, opened, headings, broken)
        facts = {"rows": str(opened.metadata.num_rows)}
        return Table(source.name, headings, 1, rows, [(1, headings)], facts, stack.pop_all().close)


def _rows(name: str, opened: Any, headings: tuple[str, ...], broken: tuple[type[Exception], ...]) -> Iterator[Row]:
    row = _FIRST_ROW
    batches = opened.iter_batches(batch_size=_ROWS, columns=list(headings))
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            columns = [column.to_pylist() for column in batch.columns]
        except broken as error:
            raise _damaged(name, error) from error
        for cells in zip(*columns, strict=True):
            yield row, cells
            row += 1


def _damaged(name: str, error: Exception) -> Damaged:
    step = "export it anew"
    return Damaged(FileInvalid(f"the Parquet file is damaged ({type(error).__name__})", where=name, next_step=step))
