"""The year as facts, straight from the file: what the whole loop should arrive at by way of an ERP."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb

from erplink.loyalty.decision import History
from erplink.model.exact import to_minor
from erplink.model.facts import ReturnFact, ReturnFactLine, SaleFact, SaleFactLine, Source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from erplink.model.documents import LineKind

ZONE = ZoneInfo("Asia/Shanghai")
SERVICES = {"POST", "DOT", "C2", "D", "M", "m", "BANK CHARGES", "AMAZONFEE", "CRUK", "S", "B"}

Row = tuple[str, str, int, "datetime", Decimal, int]


def histories(parquet: Path) -> dict[str, History]:
    """The history of every customer (code as text). Rows without a customer, A-numbers and write-offs are not facts."""
    rows: list[Row] = (
        duckdb.connect()
        .execute(
            "select invoice_no, stock_code, quantity, invoice_date, unit_price, customer_id from read_parquet(?)"
            " where customer_id is not null and not starts_with(invoice_no, 'A') and unit_price >= 0"
            " and (quantity < 0) = starts_with(invoice_no, 'C') order by \"row\"",
            [str(parquet)],
        )
        .fetchall()
    )
    documents: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        documents[row[0], row[5]].append(row)
    sales: dict[str, list[SaleFact]] = defaultdict(list)
    returns: dict[str, list[ReturnFact]] = defaultdict(list)
    for (number, code), lines in documents.items():
        if number.startswith("C"):
            returns[str(code)].append(_return(number, lines))
        else:
            sales[str(code)].append(_sale(number, lines))
    return {code: History(tuple(sales[code]), tuple(returns[code])) for code in sorted({*sales, *returns})}


def _sale(number: str, rows: Iterable[Row]) -> SaleFact:
    rows = list(rows)
    at = min(row[3] for row in rows).replace(tzinfo=ZONE)
    lines = tuple(
        SaleFactLine(n, row[1], Decimal(row[2]), to_minor(row[2] * row[4], 2), kind_of(row[1]))
        for n, row in enumerate(rows, 1)
    )
    return SaleFact(Source("shop", "orders", number), "1", lines, created_at=at, completed_at=at)


def _return(number: str, rows: Iterable[Row]) -> ReturnFact:
    rows = list(rows)
    at = min(row[3] for row in rows).replace(tzinfo=ZONE)
    lines = tuple(
        ReturnFactLine(n, row[1], Decimal(-row[2]), to_minor(-row[2] * row[4], 2), kind=kind_of(row[1]))
        for n, row in enumerate(rows, 1)
    )
    return ReturnFact(Source("shop", "returns", number), "1", lines, returned_at=at)


def kind_of(product: str) -> LineKind:
    """Whether a code of the file is goods."""
    return "service" if product in SERVICES or product.startswith("gift_") else "goods"
