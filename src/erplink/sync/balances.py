"""A member's balance and tier, as every ERP customer record of theirs should show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from erplink.store import books, outbox, people
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


def balances_of(
    connection: Connection, space: str, system: str, codes: Sequence[str], pool: str, now: datetime
) -> dict[str, Message]:
    """What the records of these customers should show by the books, by code; of those who ever had an entry."""
    owner = people.owners(connection, space, system, codes)
    sheets = books.look(connection, space, sorted(set(owner.values())), pool)
    wanted = [
        _writes(sheets[person], ((system, code),), now)
        for code, person in owner.items()
        if person in sheets and sheets[person].entries
    ]
    return {message.target: message for each in wanted for message in each}


def _writes(sheet: Sheet, codes: Codes, now: datetime) -> Iterable[Message]:
    changes: dict[str, int | str] = {"points": sheet.account.shown(now)}
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
