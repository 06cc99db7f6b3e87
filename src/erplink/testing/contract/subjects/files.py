"""A folder with an export of each document, read and written by a manifest."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from types import MappingProxyType
from typing import Any, Literal, NoReturn

from attrs import field, frozen

from erplink.erp.files import from_manifest
from erplink.manifest.attributes import DOCUMENTS
from erplink.manifest.head import Source, read_manifest
from erplink.model.documents import Document, Entity, Stock
from erplink.testing.contract.subject import Calls, Fault, Feature, Shape, declared
from erplink.testing.contract.subjects.files_cells import MODIFIED, SPOILT, Row, cell, manifest, rows_of, stock_row
from erplink.wire.adapter import Capability, Settings

Ending = Literal["csv", "xlsx", "parquet"]

_FOUR = frozenset({"draft", "pending", "approved", "cancelled"})
_SHAPES: Mapping[Entity, Shape] = {
    "orders": Shape(),
    "shipments": Shape(statuses=_FOUR),
    "returns": Shape(statuses=_FOUR),
    "receipts": Shape(statuses=_FOUR),
    "customers": Shape(statuses=_FOUR),
    "products": Shape(statuses=_FOUR),
}
_NO_CALLS = "nothing is called: files are read from a folder"
_FAULTS: tuple[Fault, ...] = (
    "session_lost",
    "dropped",
    "reply_lost",
    "cut_short",
    "stalled",
    "html_page",
    "server_error",
    "error_in_200",
    "busy",
    "busy_for_seconds",
    "busy_until_date",
    "locked",
    "no_permission",
    "refused",
    "password_expired",
    "foreign_link",
)


@frozen
class FilesSubject:
    """Files of one format."""

    ending: Ending = "csv"
    shapes: Mapping[Entity, Shape] = field(default=MappingProxyType(_SHAPES), repr=False)

    @property
    def name(self) -> str:
        """``files``, and the format."""
        return f"files {self.ending}"

    @property
    def offers(self) -> tuple[Capability, ...]:
        """As the manifest declares."""
        return declared(_settings(Path.cwd(), self.ending, page=50))

    @property
    def without(self) -> Mapping[Feature, str]:
        """What comes of a network and of logins."""
        missing: dict[Feature, str] = dict.fromkeys(_FAULTS, _NO_CALLS)
        missing["login"] = missing["one_renewal"] = "nobody logs in to a folder"
        missing["tenant"] = "a folder belongs to one company"
        missing["raw"] = "files have no operations"
        missing["skew"] = "the clock of files is this machine's"
        return missing

    @contextmanager
    def start(self) -> Iterator[FilesSystem]:
        """A folder of its own."""
        with tempfile.TemporaryDirectory(prefix="erplink-files-") as folder:
            yield FilesSystem(Path(folder), self.ending)


def _settings(folder: Path, ending: Ending, *, page: int) -> Settings:
    return from_manifest(Source(read_manifest(manifest(ending, page=page), "files.toml"), folder))


@frozen
class FilesSystem:
    """A folder in which every document is a file of its own."""

    folder: Path
    ending: Ending

    def settings(self, *, page: int) -> Settings:
        """For pages of so many documents."""
        return _settings(self.folder, self.ending, page=page)

    def impostor(self) -> Settings:
        """Nobody logs in."""
        return self.settings(page=50)

    def astray(self) -> Settings:
        """With a folder that is not there."""
        return _settings(self.folder / "nowhere", self.ending, page=50)

    def secrets(self) -> tuple[str, ...]:
        """None."""
        return ()

    def empty(self) -> None:
        """Remove every file."""
        for each in self.folder.iterdir():
            rmtree(each)

    def now(self) -> datetime:
        """By this machine's clock."""
        return datetime.now(UTC)

    def ahead(self, seconds: float) -> None:
        """The clock is this machine's."""
        _without(seconds)

    def plant(self, documents: Sequence[Document], modified: datetime | None = None) -> None:
        """A file for each, over the one that is there."""
        for document in documents:
            entity = _entity_of(document)
            self._write(self._path(entity, document.number), rows_of(entity, document, modified or self.now()))

    def edit(self, entity: Entity, number: str, modified: datetime | None = None) -> None:
        """Write it again with another stamp."""
        stamp = cell(modified or self.now())
        self._change(entity, number, {MODIFIED: stamp})

    def remove(self, entity: Entity, number: str) -> None:
        """Delete its file."""
        self._path(entity, number).unlink()

    def spoil(self, entity: Entity, number: str) -> None:
        """Write something into a column that does not fit it."""
        heading, spoilt = SPOILT[entity]
        self._change(entity, number, {heading: spoilt})

    def count(self, entity: Entity) -> int:
        """How many files there are, read and handed over."""
        return sum(len([*(self.folder / side / entity).glob(f"*.{self.ending}")]) for side in ("in", "out"))

    def stock(self, levels: Sequence[Stock]) -> None:
        """A file with all levels."""
        self._write(self.folder / "in" / f"stock.{self.ending}", [stock_row(level) for level in levels])

    def disturb(self, fault: Fault, times: int = 1, *, calls: Calls = "all", skip: int = 0) -> None:
        """A column that nobody asked for; there are no calls that could suffer anything else."""
        if fault != "unknown_field":
            _without((fault, times, calls, skip))
        for path in (self.folder / "in").rglob(f"*.{self.ending}"):
            written = path.stat().st_mtime_ns  # the order of files stays
            self._write(path, [{"没人要的列": "x", **row} for row in self._rows(path)])
            os.utime(path, ns=(written, written))
        (self.folder / "suffered").mkdir()

    def calm(self) -> None:
        """There is nothing to come."""

    def suffered(self) -> int:
        """Whether columns were added."""
        return int((self.folder / "suffered").exists())

    def calls(self) -> int:
        """None is made."""
        return 0

    def logins(self) -> int:
        """None is made."""
        return 0

    def refused_logins(self) -> int:
        """None is made."""
        return 0

    def raw_read(self) -> tuple[str, Mapping[str, Any]]:
        """There are no operations."""
        _without("operations")

    def raw_write(self) -> tuple[str, Mapping[str, Any]]:
        """There are no operations."""
        _without("operations")

    def _path(self, entity: Entity, number: str) -> Path:
        return self.folder / "in" / entity / f"{sha256(number.encode()).hexdigest()[:16]}.{self.ending}"

    def _change(self, entity: Entity, number: str, cells: Row) -> None:
        path = self._path(entity, number)
        self._write(path, [{**row, **cells} for row in self._rows(path)])

    def _write(self, path: Path, rows: Sequence[Row]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}")
        _WRITE[self.ending](beside, rows)
        beside.replace(path)

    def _rows(self, path: Path) -> list[Row]:
        return _READ[self.ending](path)


def _entity_of(document: Document) -> Entity:
    return next(entity for entity, kind in DOCUMENTS.items() if isinstance(document, kind))


def _without(what: object) -> NoReturn:
    raise AssertionError(f"files have no {what}")


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["物料编码", "仓库", "库存数量", "可用数量"])
        writer.writeheader()
        writer.writerows(rows)


def _read_csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_xlsx(path: Path, rows: Sequence[Row]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    for row, cells in enumerate([list(rows[0]), *(list(row.values()) for row in rows)], 1):
        for column, text in enumerate(cells, 1):
            placed = sheet.cell(row, column, text or None)
            if text:
                placed.data_type = "s"
    book.save(path)


def _read_xlsx(path: Path) -> list[Row]:
    from openpyxl import load_workbook

    head, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [{str(name): value or "" for name, value in zip(head, row, strict=True)} for row in rows]


def _write_parquet(path: Path, rows: Sequence[Row]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(list(rows)), path)


def _read_parquet(path: Path) -> list[Row]:
    from pyarrow import parquet

    found: list[Row] = parquet.read_table(path).to_pylist()
    return found


_WRITE = {"csv": _write_csv, "xlsx": _write_xlsx, "parquet": _write_parquet}
_READ = {"csv": _read_csv, "xlsx": _read_xlsx, "parquet": _read_parquet}
