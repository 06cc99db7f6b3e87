"""A file as rows of cells, whatever its format: opened, its headings read, its rows to come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from erplink.erp.files.words import Format
from erplink.errors import FileInvalid

Cells = tuple[Any, ...]
Row = tuple[int, Cells]
"""A row with its number, as a spreadsheet shows it."""

LOOKED_AT = 20
"""In how many rows the headings are looked for when they are not where they should be."""


class Damaged(Exception):
    """A file that cannot be read on from some place, as ``error`` says. Others can."""

    def __init__(self, error: FileInvalid) -> None:
        super().__init__(str(error))
        self.error = error


@frozen
class How:
    """How a file is to be read."""

    format: Format
    sheet: str | int = 1
    header: int = 1
    encoding: str = "auto"
    delimiter: str = "auto"
    is_report: bool = False


@frozen
class Source:
    """Where a file is, what it is called in messages, how it is read, and the headings that are looked for."""

    path: Path
    name: str
    how: How
    wanted: frozenset[str] = frozenset()


@define
class Table:
    """An open file. ``rows`` are those below the headings and come once; ``facts`` is what was found out about it.

    ``first`` are the rows above the data with their numbers, the headings among them, as far as they were looked at.
    """

    name: str
    headings: tuple[str, ...]
    header: int
    rows: Iterator[Row]
    first: Sequence[Row] = ()
    facts: dict[str, str] = field(factory=dict)
    closing: Callable[[], None] = field(default=lambda: None, repr=False)

    def close(self) -> None:
        """Give the file back. Closing twice is fine."""
        self.closing()


def format_of(name: str) -> Format | None:
    """The format by the ending of a name.

    >>> format_of("in/Orders.XLSX"), format_of("in/orders.txt")
    ('xlsx', 'csv')
    """
    ending = name.rpartition(".")[2].lower()
    known: dict[str, Format] = {
        "csv": "csv",
        "tsv": "csv",
        "txt": "csv",
        "xlsx": "xlsx",
        "xlsm": "xlsx",
        "parquet": "parquet",
        "pq": "parquet",
    }
    return known.get(ending)


def open_table(source: Source, *, columns: Sequence[str] | None = None) -> Table:
    """Open a file and read its headings. ``columns`` are those that are enough, where a format can leave out others.

    Raises ``Damaged`` for a file that is not what it should be, ``FileInvalid`` for one that lacks its headings,
    ``ConfigInvalid`` where the library for its format is missing.
    """
    if source.how.format == "csv":
        from erplink.erp.files.text_tables import open_csv

        return open_csv(source)
    if source.how.format == "xlsx":
        from erplink.erp.files.excel_tables import open_xlsx

        return open_xlsx(source)
    from erplink.erp.files.parquet_tables import open_parquet

    return open_parquet(source, columns)


def below_headings(source: Source, rows: Iterator[Row]) -> tuple[tuple[str, ...], list[Row]]:
    """The headings, and the rows up to them. Raises ``FileInvalid`` for a file that ends before."""
    header = 1 if source.how.is_report else source.how.header
    first = list(islice(rows, header))
    if len(first) < header:
        what = "the file is empty" if not first else f"the file ends before row {header}, where its headings should be"
        raise FileInvalid(what, where=source.name, next_step="check header in the manifest, or the file")
    return headings_of(first[-1][1]), first


def headings_of(cells: Sequence[Any]) -> tuple[str, ...]:
    """Cells as headings."""
    return tuple("" if cell is None else " ".join(str(cell).replace("\ufeff", "").split()) for cell in cells)
