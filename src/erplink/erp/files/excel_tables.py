"""A sheet of an Excel workbook as a table: values of formulas, dates as dates, numbers as they are shown."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree.ElementTree import ParseError

from attrs import evolve

from erplink.erp.files.libraries import library
from erplink.erp.files.table import Damaged, Row, Source, Table, below_headings
from erplink.errors import FileInvalid
from erplink.text.parts import did_you_mean

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

REPORT = "erplink error report"
"""What a report says of itself among its properties."""

_LARGEST = 2 << 30
_DENSEST, _SMALL = 200, 64 << 20
"""A part that is unpacked to more than ``_SMALL`` bytes and more than so many times its size is no sheet of anybody."""
_OLD = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_EXACT = 10**15
_ZEROS = re.compile(r"0{2,}")


def open_xlsx(source: Source) -> Table:
    """A sheet as a table. Raises ``Damaged``, ``FileInvalid``, ``ConfigInvalid`` without openpyxl."""
    openpyxl = library("openpyxl", source.name)
    with ExitStack() as stack:
        file = stack.enter_context(source.path.open("rb"))
        _refuse_others(file, source.name)
        try:
            book: Workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except _BROKEN as error:
            raise _damaged(source.name, error) from error
        stack.callback(book.close)
        if book.properties.category == REPORT:
            source = evolve(source, how=evolve(source.how, is_report=True))
        sheet = _sheet(book, source)
        rows = _rows(source.name, sheet)
        headings, first = below_headings(source, rows)
        facts = {"sheet": str(sheet.title)}
        return Table(source.name, headings, first[-1][0], rows, first, facts, stack.pop_all().close)


_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, ParseError)


def _damaged(name: str, error: Exception) -> Damaged:
    step = "open it in Excel, save it anew as .xlsx; or wait until it has been copied whole"
    return Damaged(FileInvalid(f"the workbook is damaged ({type(error).__name__})", where=name, next_step=step))


def _refuse_others(file: BinaryIO, name: str) -> None:
    start = file.read(8)
    file.seek(0)
    if start.startswith(_OLD):
        locked = _ENCRYPTED in file.read()
        file.seek(0)
        what = "the workbook is protected by a password" if locked else "the workbook is of the old format xls"
        step = "save it without a password" if locked else "save it as .xlsx"
        raise Damaged(FileInvalid(what, where=name, next_step=step))
    if not start.startswith(b"PK"):
        raise Damaged(FileInvalid("the file is no workbook", where=name, next_step="save it as .xlsx"))
    try:
        with zipfile.ZipFile(file) as parts:
            sizes = [(part.file_size, part.compress_size) for part in parts.infolist()]
    except (zipfile.BadZipFile, ValueError) as error:
        raise _damaged(name, error) from error
    file.seek(0)
    dense = any(size > _SMALL and size > _DENSEST * max(packed, 1) for size, packed in sizes)
    if dense or sum(size for size, _ in sizes) > _LARGEST:
        step = "export less at a time, or as CSV"
        raise Damaged(FileInvalid("the workbook unpacks to more than a sheet can be", where=name, next_step=step))


def _sheet(book: Workbook, source: Source) -> Any:
    sheets = book.worksheets
    wanted = 1 if source.how.is_report else source.how.sheet
    if isinstance(wanted, int):
        if wanted <= len(sheets):
            return sheets[wanted - 1]
        what = f"there is no sheet {wanted}: the workbook has {len(sheets)}"
        raise FileInvalid(what, where=source.name, next_step="write sheet = its name in the manifest")
    found = next((sheet for sheet in sheets if sheet.title.strip() == wanted.strip()), None)
    if found is None:
        step = did_you_mean(wanted, [sheet.title for sheet in sheets])
        raise FileInvalid(f"there is no sheet {wanted!r}", where=source.name, next_step=step)
    return found


def _rows(name: str, sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what a workbook says of its own size is often wrong
    try:
        for row, cells in enumerate(sheet.iter_rows(), 1):
            yield row, tuple(map(_value, cells))
    except (*_BROKEN, zipfile.error) as error:
        raise _damaged(name, error) from error


def _value(cell: Any) -> Any:
    """What the cell shows: the 15 digits that Excel keeps, whole numbers with the zeros their format puts before."""
    value = cell.value
    if type(value) is float and abs(value) < _EXACT:
        return float(f"{value:.15g}")
    if type(value) is int and value >= 0:
        shown = cell.number_format
        if shown[:1] == "0" and _ZEROS.fullmatch(shown):
            return str(value).zfill(len(shown))
    return value
