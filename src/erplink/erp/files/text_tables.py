"""CSV as a table: encoding and delimiter found out, rows one after the other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from typing import BinaryIO

from erplink.erp.files.encoding import encoding_of
from erplink.erp.files.table import LOOKED_AT, Damaged, Row, Source, Table, below_headings, headings_of
from erplink.errors import FileInvalid

_DELIMITERS = (",", "\t", ";", "|", "，")
_MARKUP = (b"<html", b"<table", b"<!doctype", b"<?xml")
_LOOKED_AT = 1 << 16


def open_csv(source: Source) -> Table:
    """A text file as a table. Raises ``Damaged``, ``FileInvalid``."""
    with ExitStack() as stack:
        file = stack.enter_context(source.path.open("rb"))
        _refuse_others(file, source.name)
        encoding = source.how.encoding if source.how.encoding != "auto" else _encoding(file, source.name)
        text = stack.enter_context(io.TextIOWrapper(file, encoding=encoding, newline=""))
        delimiter = _delimiter(source, text)
        text.seek(0)
        rows = _rows(source.name, csv.reader(text, delimiter=delimiter, strict=True))
        headings, first = below_headings(source, rows)
        facts = {"encoding": encoding.removesuffix("-sig"), "delimiter": {"\t": "tab"}.get(delimiter, delimiter)}
        closing = stack.pop_all().close
        return Table(source.name, headings, first[-1][0], rows, first, facts, closing)


def _encoding(file: BinaryIO, name: str) -> str:
    try:
        return encoding_of(file, name)
    except FileInvalid as error:
        raise Damaged(error) from error


def _refuse_others(file: BinaryIO, name: str) -> None:
    """What is no text, whatever its name says."""
    start = file.read(512)
    file.seek(0)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1")):
        step = "give it the ending of its format, or save it as CSV"
        raise Damaged(FileInvalid("the file is no CSV: it is a workbook or Parquet", where=name, next_step=step))
    if start.lstrip().lower().startswith(_MARKUP):
        step = "open it in Excel and save it as CSV or xlsx"
        raise Damaged(FileInvalid("the file is no CSV: it is a page of HTML or XML", where=name, next_step=step))


def _delimiter(source: Source, text: io.TextIOWrapper) -> str:
    """The delimiter that is named, else the one with which the most of the wanted headings are found."""
    named = source.how.delimiter
    if source.how.is_report:
        return ","
    if named != "auto":
        return "\t" if named == "tab" else named
    try:
        sample = text.read(_LOOKED_AT)
    except UnicodeError as error:
        raise _undecodable(source.name, 1, error) from error
    return max(_DELIMITERS, key=lambda each: _likeness(sample, each, source))


def _likeness(sample: str, delimiter: str, source: Source) -> tuple[int, int]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        rows = list(islice(reader, max(source.how.header, LOOKED_AT)))
    except csv.Error:
        return 0, 0
    found = [sum(1 for each in headings_of(row) if each in source.wanted) for row in rows]
    widths = [len(row) for row in rows[source.how.header - 1 : source.how.header]]
    return max(found, default=0), max(widths, default=0)


def _rows(name: str, reader: Iterator[list[str]]) -> Iterator[Row]:
    row = 0
    try:
        for row, cells in enumerate(reader, 1):
            yield row, tuple(cells)
    except csv.Error as error:
        step = "check the double quotes of that row and the one before; nothing behind it was read"
        raise Damaged(FileInvalid(f"row {row + 1} is not CSV: {error}", where=name, next_step=step)) from error
    except UnicodeError as error:
        raise _undecodable(name, row + 1, error) from error


def _undecodable(name: str, row: int, error: UnicodeError) -> Damaged:
    encoding = error.encoding if isinstance(error, UnicodeDecodeError) else "the named encoding"
    step = "name the right encoding in the manifest, or leave it to be found out"
    return Damaged(FileInvalid(f"a text is not {encoding}", where=f"{name}, at about row {row}", next_step=step))
