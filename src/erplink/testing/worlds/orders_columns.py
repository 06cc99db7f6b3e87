"""Reading the columns of an orders file: CSV or Parquet, in batches, each cell in its own type.

Every reader raises FileInvalid with the file, the row as a spreadsheet numbers it (the header is row 1), the column,
what was found there and what to do.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.errors import FileInvalid

ALIASES: Mapping[str, tuple[str, ...]] = {
    "order": ("invoice_no", "order_no", "bill_no", "单据编号", "订单号"),
    "sku": ("stock_code", "sku", "material", "物料编码"),
    "quantity": ("quantity", "qty", "数量"),
    "time": ("invoice_date", "order_date", "paid_at", "日期", "下单时间"),
    "price": ("unit_price", "price", "单价", "含税单价"),
    "customer": ("customer_id", "customer", "客户编码"),
    "description": ("description", "name", "物料名称"),
    "region": ("country", "region", "地区"),
    "phone": ("phone", "手机"),
    "unionid": ("unionid",),
}
REQUIRED = ("order", "sku", "quantity", "time", "price", "customer")
BATCH = 20_000
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_TIME = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)

Batch = Mapping[str, Sequence[Any]]


@frozen
class Row:
    """Where a reader is: file, row, and the header of each column by its meaning."""

    path: Path
    headers: Mapping[str, str]

    def refuse(self, row: int, meaning: str, found: object, next_step: str) -> NoReturn:
        """Raise FileInvalid about one cell."""
        what = f"row {row}, column {self.headers[meaning]}: found {str(found)!r}"
        raise FileInvalid(what, where=str(self.path), next_step=next_step)


@frozen
class Source:
    """An opened orders file: how its columns are called, and its batches with the row number each begins at."""

    at: Row
    batches: Iterator[tuple[int, Batch]]


def open_orders(path: Path) -> Source:
    """Open a CSV (UTF-8, else GBK) or Parquet file. Raises FileInvalid when it is neither or lacks a column."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        what = f"the orders file cannot be read: {error.strerror}"
        raise FileInvalid(what, where=str(path), next_step="give the path of a CSV or Parquet file") from error
    if magic == b"PAR1":
        return _open_parquet(path)
    if magic[:2] == b"PK" or b"\0" in magic:
        step = "save it as CSV (UTF-8) or Parquet"
        raise FileInvalid("the orders file is neither CSV nor Parquet", where=str(path), next_step=step)
    return _open_csv(path)


def _headers(path: Path, names: Sequence[str]) -> Mapping[str, str]:
    known = {name.strip().lower(): name for name in reversed(names)}
    found = {
        meaning: next((known[alias] for alias in aliases if alias in known), "") for meaning, aliases in ALIASES.items()
    }
    for meaning in REQUIRED:
        if not found[meaning]:
            what = f"row 1: the column for {meaning} is missing; found {', '.join(names) or 'nothing'}"
            step = f"name one column {' or '.join(ALIASES[meaning])}"
            raise FileInvalid(what, where=str(path), next_step=step)
    return {meaning: header for meaning, header in found.items() if header}


def _open_parquet(path: Path) -> Source:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        step = "pip install 'erplink[files]', or give a CSV file"
        raise FileInvalid("reading Parquet needs pyarrow", where=str(path), next_step=step) from error
    try:
        file = ParquetFile(path)
        names: list[str] = list(file.schema_arrow.names)
    except (ArrowException, OSError) as error:
        step = "write the file again; this one is damaged"
        raise FileInvalid("the Parquet file cannot be read", where=str(path), next_step=step) from error
    at = Row(path, _headers(path, names))

    def batches() -> Iterator[tuple[int, Batch]]:
        row = 2
        try:
            for batch in file.iter_batches(BATCH, columns=list(at.headers.values())):
                table = {meaning: batch.column(header).to_pylist() for meaning, header in at.headers.items()}
                yield row, table
                row += batch.num_rows
        except (ArrowException, OSError) as error:
            what = f"the Parquet file cannot be read after row {row - 1}"
            step = "write the file again; this one is damaged"
            raise FileInvalid(what, where=str(path), next_step=step) from error

    return Source(at, batches())


def _open_csv(path: Path) -> Source:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        names = next(_records(path, file), (1, []))[1]
    at = Row(path, _headers(path, names))
    places = {meaning: names.index(header) for meaning, header in at.headers.items()}

    def batches() -> Iterator[tuple[int, Batch]]:
        with path.open(encoding=encoding, newline="") as file:
            records = _records(path, file)
            next(records)
            while chunk := list(islice(records, BATCH)):
                rows = [_full(at, number, record, len(names)) for number, record in chunk]
                yield chunk[0][0], {meaning: [row[place] for row in rows] for meaning, place in places.items()}

    return Source(at, batches())


def _encoding(path: Path) -> str:
    for encoding in ("utf-8-sig", "gbk"):
        try:
            with path.open(encoding=encoding) as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    step = "save it as UTF-8"
    raise FileInvalid("the orders file is neither UTF-8 nor GBK text", where=str(path), next_step=step)


def _records(path: Path, file: Any) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, record in enumerate(csv.reader(file), start=1):
            yield number, record
    except csv.Error as error:
        what = f"row {number + 1} is not CSV: {error}"
        raise FileInvalid(what, where=str(path), next_step="check the quotes of that row") from error


def _full(at: Row, number: int, record: list[str], width: int) -> list[str]:
    if not any(record):
        return [""] * width
    if len(record) != width:
        what = f"row {number} has {len(record)} cells, the header has {width}"
        step = "put texts with commas in double quotes"
        raise FileInvalid(what, where=str(at.path), next_step=step)
    return record


def number_reader(at: Row, meaning: str) -> Callable[[int, Any], Decimal]:
    """A reader of exact numbers for one column, which remembers what it has read."""
    known: dict[Any, Decimal] = {}

    def read(row: int, value: Any) -> Decimal:
        number = known.get(value)
        if number is None:
            number = known[value] = _number(at, row, meaning, value)
        return number

    return read


def _number(at: Row, row: int, meaning: str, value: Any) -> Decimal:
    text = "" if value is None else str(value).strip()
    if isinstance(value, Decimal) and value.is_finite():
        text = f"{value.normalize():f}"
    elif isinstance(value, float) and value == value and abs(value) != float("inf"):  # noqa: PLR0124 - not a number
        text = format(Decimal(repr(value)), "f")
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        at.refuse(row, meaning, text, "write a plain number such as 12.50")
    return Decimal(text)


def time_reader(at: Row, zone: ZoneInfo) -> Callable[[int, Any], datetime]:
    """A reader of moments as wall time of ``zone``: one with an offset is converted, one without is taken as is."""
    known: dict[Any, datetime] = {}

    def read(row: int, value: Any) -> datetime:
        moment = known.get(value)
        if moment is None:
            moment = known[value] = _moment(at, row, value, zone)
        return moment

    return read


def _moment(at: Row, row: int, value: Any, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - wall time
    else:
        moment = _text_moment(at, row, "" if value is None else str(value))
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone).replace(tzinfo=None)
    return moment.replace(microsecond=0)


def _text_moment(at: Row, row: int, text: str) -> datetime:
    found = _TIME.fullmatch(text.strip())
    step = "write dates as 2026-11-30 or 2026-11-30 08:15:00"
    if found is None:
        at.refuse(row, "time", text, step)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - wall time
        return datetime.fromisoformat(f"{moment.isoformat()}{found[7]}") if found[7] else moment
    except ValueError:
        at.refuse(row, "time", text, step)


def text_reader() -> Callable[[Any], str]:
    """A reader of codes and texts: one object per distinct text; whole numbers lose ``.0``, none becomes empty."""
    known: dict[Any, str] = {}

    def read(value: Any) -> str:
        text = known.get(value)
        if text is None:
            text = known[value] = _text(value)
        return text

    return read


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - not a number stands for an empty cell
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text
