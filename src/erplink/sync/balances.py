"""A member's balance and tier, as every ERP customer record of theirs should show it."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from erplink.store import outbox
from erplink.store.books import Sheet
from erplink.store.outbox import Write
from erplink.store.people import Person


def want_balances(connection: sa.Connection, space: str, person: Person, sheet: Sheet, now: datetime) -> None:
    """Ask for the balance to be written to each customer record; an unchanged one asks for nothing."""
    changes: dict[str, int | str] = {"points": sheet.account.balance(now)}
    if sheet.tier:
        changes["tier"] = sheet.tier
    payload = msgspec.json.encode(changes, order="sorted").decode()
    for system, code in person.codes:
        key = f"balance:{sheet.pool}:{system}:{code}"
        outbox.want(connection, space, Write(key, system, "customers.update", person.id, code, payload), now)
