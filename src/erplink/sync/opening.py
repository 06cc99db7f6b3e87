"""Opening balances: what members had before erplink, as lots with expiry, loaded once from a file.

A CSV file (UTF-8 or GBK) with the columns ``customer`` (客户编码), ``points`` (积分) and, optionally, ``expires_at``
(到期日: a date, meaning until the end of that day, or an instant). Several rows of one customer are several lots.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.errors import Conflict, FileInvalid
from erplink.ledger.keys import derive_key
from erplink.ledger.moves import Occasion
from erplink.ledger.operations import credit
from erplink.model.facts import Source
from erplink.policy.programme import Policy
from erplink.store import books, people
from erplink.store.database import Connection
from erplink.store.locks import write_first
from erplink.sync.balances import want_balances

_ALIASES = {
    "customer": ("customer", "customer_id", "code", "客户编码", "客户"),
    "points": ("points", "balance", "积分", "余额"),
    "expires_at": ("expires_at", "expires", "到期日", "到期时间"),
}


@frozen
class OpeningLot:
    """One lot of an opening balance: the customer's ``n``-th in the file, counted from 1."""

    customer: str
    n: int
    points: int
    expires_at: datetime | None


@frozen
class Opened:
    """What a load did: lots booked now, lots that were booked before."""

    booked: int
    known: int
    points: int


def load_opening(
    connection: Connection, space: str, system: str, policy: Policy, lots: Sequence[OpeningLot], now: datetime
) -> Opened:
    """Book opening lots, all or none, in the caller's transaction; what was loaded before changes nothing.

    Lots are effective at the programme's start (now, when it has none). Raises ``Conflict`` when a customer's lot was
    loaded before with other figures; nothing is booked then.
    """
    write_first(connection)
    due: dict[str, list[tuple[Occasion, OpeningLot]]] = {}
    for customer, mine in groupby(sorted(lots, key=lambda lot: (lot.customer, lot.n)), key=lambda lot: lot.customer):
        person = people.holder(connection, space, system, customer)
        for lot in mine:
            key = derive_key(space, "opening", system, customer, lot.n)
            held = books.journal_entry(connection, space, key)
            if held is not None:
                _same(held, lot)
                continue
            source = Source(system, "opening", f"{customer}/{lot.n}")
            due.setdefault(person, []).append((Occasion(key, policy.starts_at or now, source), lot))
    for person in sorted(due):
        _book(connection, space, policy.points.pool, person, due[person], now)
    booked = [lot for theirs in due.values() for _, lot in theirs]
    return Opened(len(booked), len(lots) - len(booked), sum(lot.points for lot in booked))


def _book(
    connection: Connection,
    space: str,
    pool: str,
    person: str,
    due: Sequence[tuple[Occasion, OpeningLot]],
    now: datetime,
) -> None:
    sheet = books.load(connection, space, [person], pool)[person]
    for occasion, lot in due:
        account, posting = credit(
            sheet.account, occasion, lot.points, available_at=occasion.at, expires_at=lot.expires_at, kind="grant"
        )
        sheet.post(account, posting)
    books.save(connection, space, (sheet,), now)
    want_balances(connection, space, [(sheet, people.codes_of(connection, space, [person])[person])], now)


def _same(held: books.Entry, lot: OpeningLot) -> None:
    if held.points != lot.points or held.expires_at != lot.expires_at:
        raise Conflict(
            f"lot {lot.n} of customer {lot.customer} was loaded before with other figures",
            where="opening.load",
            next_step="an opening balance loads once; correct it with an adjustment",
        )


def read_opening(path: str | Path, zone: ZoneInfo) -> list[OpeningLot]:
    """Read and check a whole opening file. Raises ``FileInvalid`` naming row and column; row 1 is the header."""
    name = Path(path).name
    rows = csv.reader(io.StringIO(_text(Path(path)), newline=""))
    header = next(rows, [])
    columns = _columns(name, header)
    seen: Counter[str] = Counter()
    return [_lot(name, number, row, columns, zone, seen) for number, row in _numbered(rows)]


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=2):
        if any(cell.strip() for cell in row):
            yield number, row


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileInvalid(
            f"the file cannot be read: {error.strerror}", where=path.name, next_step="check its name and folder"
        ) from error
    for encoding in ("utf-8-sig", "gbk"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileInvalid("the text is neither UTF-8 nor GBK", where=path.name, next_step="save it as UTF-8 CSV")


def _columns(name: str, header: list[str]) -> dict[str, int]:
    plain = [cell.strip().lower() for cell in header]
    found = {
        column: plain.index(alias) for column, aliases in _ALIASES.items() for alias in aliases[::-1] if alias in plain
    }
    for column in ("customer", "points"):
        if column not in found:
            raise FileInvalid(
                f"there is no column {column!r}",
                where=f"{name}, row 1",
                next_step=f"name one of the columns {', '.join(_ALIASES[column])}",
            )
    return found


def _lot(
    name: str, number: int, row: list[str], columns: dict[str, int], zone: ZoneInfo, seen: Counter[str]
) -> OpeningLot:
    def cell(column: str) -> str:
        at = columns.get(column, len(row))
        return row[at].strip() if at < len(row) else ""

    customer, points, expires = cell("customer"), cell("points"), cell("expires_at")
    where = f"{name}, row {number}"
    if not customer:
        raise FileInvalid("the customer code is empty", where=where, next_step="fill it in or delete the row")
    if not (points.isascii() and points.isdigit() and int(points) > 0):
        raise FileInvalid(
            f"points {points!r} is not a whole number above zero", where=where, next_step="write digits only, like 1200"
        )
    seen[customer] += 1
    return OpeningLot(customer, seen[customer], int(points), _instant(expires, zone, where))


def _instant(text: str, zone: ZoneInfo, where: str) -> datetime | None:
    if not text:
        return None
    try:
        if len(text) == len("2026-12-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), datetime.min.time(), zone)
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise FileInvalid(
            f"expires_at {text!r} is not a date", where=where, next_step="write it like 2027-12-31"
        ) from error
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)
