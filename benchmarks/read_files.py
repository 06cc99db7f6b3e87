"""How fast orders come out of files: a manifest beside the scripts that one would write.

The scripts are the obvious ones: ``csv.DictReader``, ``openpyxl`` and ``pyarrow``, grouping rows by number into
the same typed orders with exact decimals. They know encoding and layout beforehand, look at nothing twice, and say of a
bad cell no more than Python does; the manifest's side goes through a file once more to see that no order is cut. Runs
alternate; medians are compared, and the orders of both sides must be equal.
Run: ``python benchmarks/read_files.py [--rows 100000] [--workbook-rows 20000] [--runs 3]``.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from pyarrow import parquet

from erplink import Order, OrderLine, connect
from erplink.erp.files import Files, write_documents
from erplink.facade.manifest import load_manifest

GOAL = 0.25
MANIFEST = """
erplink = 1
kind = "files"
name = "bench"

[entities.orders]
files = "FILE"

[entities.orders.fields]
number = "单据编号"
customer = "客户编码"
status = { path = "状态", map = { "已审核" = "approved" } }
created_at = "下单时间"

[entities.orders.lines.fields]
sku = "物料编码"
qty = "数量"
amount = "金额"
"""
ZONE = ZoneInfo("Asia/Shanghai")


def made(rows: int) -> Iterator[Order]:
    """Orders of two lines."""
    for n in range(rows // 2):
        lines = tuple(
            OrderLine(line=m, sku=f"M{(n + m) % 500:04d}", qty=Decimal(m), amount=Decimal(n % 1000) / 4) for m in (1, 2)
        )
        yield Order(
            id=f"SO{n:07d}",
            number=f"SO{n:07d}",
            customer=f"C{n % 1000:05d}",
            status="approved",
            currency="CNY",
            created_at=datetime(2026, 11, 1 + n % 28, 8, tzinfo=UTC),
            version="",
            lines=lines,
            raw_status="已审核",
        )


def by_manifest(files: Files) -> list[Order]:
    """Our side."""
    with connect(files) as erp:
        return list(erp.orders.list())


def by_script(rows: Iterator[dict[str, Any]]) -> list[Order]:
    """The obvious script, whatever reads the rows."""
    found = []
    for number, group in groupby(rows, key=lambda row: row["单据编号"]):
        of_one = list(group)
        head = of_one[0]
        at = head["下单时间"]
        when = at if isinstance(at, datetime) else datetime.fromisoformat(at)
        lines = tuple(
            OrderLine(line=n, sku=row["物料编码"], qty=_exact(row["数量"]), amount=_exact(row["金额"]))
            for n, row in enumerate(of_one, 1)
        )
        created = (when if when.tzinfo is not None else when.replace(tzinfo=ZONE)).astimezone(UTC)
        status = {"已审核": "approved"}.get(head["状态"], "unknown")
        found.append(
            Order(
                id=number,
                number=number,
                customer=head["客户编码"],
                status=status,  # type: ignore[arg-type]
                currency="CNY",
                created_at=created,
                version="",
                lines=lines,
                raw_status=head["状态"],
            )
        )
    return found


def _exact(cell: Any) -> Decimal:  # noqa: ANN401 - a cell
    return cell if isinstance(cell, Decimal) else Decimal(str(cell))


def csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    """As ``csv`` gives them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def xlsx_rows(path: Path) -> Iterator[dict[str, Any]]:
    """As openpyxl gives them."""
    book = load_workbook(path, read_only=True, data_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    head = [str(cell) for cell in next(rows)]
    for row in rows:
        yield dict(zip(head, row, strict=True))
    book.close()


def parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    """As pyarrow gives them."""
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches():
            yield from batch.to_pylist()


def timed(job: Callable[[], list[Order]]) -> tuple[float, list[Order]]:
    """Seconds, and what came of it."""
    begun = perf_counter()
    found = job()
    return perf_counter() - begun, found


def main() -> int:
    """Compare the two sides for each format; the exit code says whether one of them misses the goal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--workbook-rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    missed = False
    readers = {"csv": csv_rows, "xlsx": xlsx_rows, "parquet": parquet_rows}
    with tempfile.TemporaryDirectory() as folder:
        for ending, reader in readers.items():
            rows = given.workbook_rows if ending == "xlsx" else given.rows
            path, manifest = Path(folder) / f"orders.{ending}", Path(folder) / "files.toml"
            manifest.write_text(MANIFEST.replace("FILE", path.name), encoding="utf-8")
            files = load_manifest(manifest)
            if not isinstance(files, Files):
                raise TypeError(files)
            write_documents(path, made(rows), files, "orders")
            times: dict[str, list[float]] = {"manifest": [], "script": []}
            for _ in range(given.runs):
                ours, orders = timed(lambda files=files: by_manifest(files))  # type: ignore[misc]
                theirs, plain = timed(lambda path=path, reader=reader: by_script(reader(path)))  # type: ignore[misc]
                if orders != plain:
                    print(f"{ending}: the orders differ")
                    return 1
                times["manifest"].append(ours)
                times["script"].append(theirs)
            mine, other = (statistics.median(times[side]) for side in ("manifest", "script"))
            ratio = other / mine
            missed |= ratio < GOAL
            print(f"{ending:8} {rows / mine:9,.0f} rows/s, {rows / other:9,.0f} by a script: {ratio:.2f} of its speed")
    print(f"goal: {GOAL} of a script's speed or more")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
