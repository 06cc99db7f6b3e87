"""Rows of typed cells → CSV, Excel, Parquet: a few rows in memory at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen

from erplink.erp.files.excel_writing import can_hold, fresh_book, moment_cell, number_cell, text_cell
from erplink.erp.files.guard import guarded
from erplink.erp.files.libraries import library
from erplink.erp.files.rows_out import Heading, Layout, Type, Value
from erplink.erp.files.words import Format, OutEncoding
from erplink.errors import FileInvalid

_GROUP = 65_536
"""Rows of a row group."""
_DIGITS, _PLACES = 38, 12
"""Of decimals in Parquet."""
_CODECS: Mapping[OutEncoding, str] = {"utf-8": "utf-8", "utf-8-bom": "utf-8-sig", "gb18030": "gb18030"}


@frozen
class Manner:
    """How files are written."""

    format: Format
    encoding: OutEncoding = "utf-8-bom"
    guard: bool = False


class Writer(Protocol):
    """Writes all rows into a file, which was not there before."""

    def __call__(self, path: Path, layout: Layout, rows: Iterable[list[Value]], manner: Manner) -> None:
        """Raises ``FileInvalid`` for a value that the format cannot hold."""
        ...


def write_csv(path: Path, layout: Layout, rows: Iterable[list[Value]], manner: Manner) -> None:
    """Text with the delimiter comma, every row ended as RFC 4180 says."""
    with path.open("w", encoding=_CODECS[manner.encoding], newline="") as file:
        writer = csv.writer(file)
        mark = guarded if manner.guard else _unambiguous
        writer.writerow([heading.name for heading in layout.headings])
        for row in rows:
            writer.writerow([mark(cell) if isinstance(cell, str) else layout.shown(cell) for cell in row])


def _unambiguous(text: str) -> str:
    """A text that reading would take a mark off gets another one."""
    return f"'{text}" if text.startswith("'") else text


def write_xlsx(path: Path, layout: Layout, rows: Iterable[list[Value]], manner: Manner) -> None:
    """A workbook with one sheet; the headings stay in sight."""
    del manner  # a cell that is a text is never a formula
    with fresh_book(path, layout.mapping.entity) as (_, sheet):
        sheet.freeze_panes = "A2"
        sheet.append([text_cell(sheet, heading.name) for heading in layout.headings])
        for row in rows:
            sheet.append([_cell(sheet, cell, layout) for cell in row])


def _cell(sheet: Any, value: Value, layout: Layout) -> Any:
    if isinstance(value, datetime):
        shown = layout.wall_text(value)
        wall = datetime.fromisoformat(shown)
        return moment_cell(sheet, wall) if wall.tzinfo is None and not wall.microsecond else text_cell(sheet, shown)
    if isinstance(value, Decimal):
        return number_cell(sheet, value)
    if isinstance(value, int) and not isinstance(value, bool):
        return number_cell(sheet, Decimal(value))
    text = layout.shown(value)
    if not can_hold(text):
        what = "a text holds signs that a workbook cannot keep (control characters, carriage returns, _x0000_)"
        raise FileInvalid(what, where=layout.mapping.source, next_step="write CSV or Parquet, or clean the text")
    return text_cell(sheet, _unambiguous(text))


def write_parquet(path: Path, layout: Layout, rows: Iterable[list[Value]], manner: Manner) -> None:
    """Columns of their own types: decimals with 12 places, instants in UTC."""
    del manner
    arrow, parquet = library("pyarrow", path.name), library("pyarrow.parquet", path.name)
    types: Mapping[Type, Any] = {
        "text": arrow.string(),
        "number": arrow.decimal128(_DIGITS, _PLACES),
        "whole": arrow.int64(),
        "flag": arrow.bool_(),
        "time": arrow.timestamp("us", tz="UTC"),
    }
    schema = arrow.schema([(heading.name, types[heading.type]) for heading in layout.headings])
    source = iter(rows)
    with parquet.ParquetWriter(path, schema) as writer:
        while group := list(islice(source, _GROUP)):
            columns = zip(layout.headings, zip(*group, strict=True), strict=True)
            try:
                arrays = [arrow.array(_column(one, column, layout), type=types[one.type]) for one, column in columns]
            except (arrow.ArrowException, OverflowError) as error:
                what = f"a value does not fit its Parquet column: {type(error).__name__}"
                step = f"numbers have at most {_DIGITS - _PLACES} digits before the point and {_PLACES} behind it"
                raise FileInvalid(what, where=layout.mapping.source, next_step=step) from error
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))


def _column(heading: Heading, column: Sequence[Value], layout: Layout) -> Sequence[Value]:
    if heading.type != "text":
        return column
    return [None if cell is None else _unambiguous(layout.shown(cell)) for cell in column]


WRITERS: Mapping[Format, Writer] = {"csv": write_csv, "xlsx": write_xlsx, "parquet": write_parquet}
