"""A member's balance and tier, as every ERP customer record of theirs should show it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from erplink.store import outbox
from erplink.store.books import Sheet
from erplink.store.database import Connection
from erplink.store.queue import Message

Codes = tuple[tuple[str, str], ...]


def want_balances(connection: Connection, space: str, sheets: Iterable[tuple[Sheet, Codes]], now: datetime) -> None:
    """Ask for balances to be written to each customer record; an unchanged one asks for nothing.

    Members without any entry are left alone: their record may never have shown points.
    """
    writes = [
        write for sheet, codes in sheets if sheet.entries + len(sheet.posted) for write in _writes(sheet, codes, now)
    ]
    outbox.want(connection, space, writes, now)


def _writes(sheet: Sheet, codes: Codes, now: datetime) -> Iterable[Message]:
    changes: dict[str, int | str] = {"points": sheet.account.balance(now)}
    if sheet.tier:
        changes["tier"] = sheet.tier
    payload = msgspec.json.encode(changes, order="sorted").decode()
    for system, code in codes:
        yield Message(
            key=f"balance:{sheet.pool}:{system}:{code}",
            system=system,
            operation="customers.update",
            payload=payload,
            target=code,
        )
