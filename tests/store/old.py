"""Databases of earlier revisions, made by the scripts that once made them, with rows in every state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from erplink.store.engines import engine_for
from erplink.store.migrations.versions import revision_0001 as first

AT = "2026-03-01 10:00:00.000000"
LATER = "2026-03-02 10:00:00.000000"

SPACE = {"space": "acme"}
PERSON = {**SPACE, "person": "p-1"}
BALANCE = {**PERSON, "system": "kingdee", "operation": "customers.update", "outcome": "", "done_at": None}
GIFT = {**PERSON, "system": "kingdee", "operation": "orders.create", "outcome": "", "done_at": None}
OUTBOX: tuple[dict[str, Any], ...] = (
    {**GIFT, "key": "gift-2", "target": "E2", "state": "sending", "attempts": 1, "queued_at": LATER},
    {**GIFT, "key": "gift-1", "target": "E1", "state": "pending", "attempts": 0, "queued_at": AT},
    {**GIFT, "key": "gift-3", "target": "E3", "state": "pending", "attempts": 3, "queued_at": LATER},
    {**GIFT, "key": "gift-0", "target": "E0", "state": "refused", "attempts": 2, "queued_at": AT, "done_at": LATER},
    {**BALANCE, "key": "balance:p:kingdee:C1", "target": "C1", "state": "done", "attempts": 1, "queued_at": AT},
    {**BALANCE, "key": "balance:p:kingdee:C2", "target": "C2", "state": "sending", "attempts": 1, "queued_at": AT},
)
ROWS: dict[str, list[dict[str, Any]]] = {
    "erplink_documents": [
        {
            **SPACE,
            "system": "kingdee",
            "entity": "orders",
            "id": "7",
            "number": "SO1",
            "party": "C1",
            "version": "2026",
            "hash": "x",
            "payload": '{"备注":"你好"}',
            "received_at": AT,
        }
    ],
    "erplink_cursors": [
        {**SPACE, "system": "kingdee", "entity": "orders", "since": AT, "until": LATER, "token": "44"},
    ],
    "erplink_people": [{**PERSON, "name": "张三", "merged_into": None}],
    "erplink_accounts": [{**PERSON, "pool": "p", "debt": 0, "tier": "", "metric": 0, "entries": 1}],
    "erplink_outbox": [{**row, "payload": f'{{"of":"{row["key"]}"}}'} for row in OUTBOX],
}


@contextmanager
def first_revision(url: str, schema: str = "") -> Iterator[sa.Connection]:
    """A database as the first release left it, without any rows; the connection is in a transaction."""
    engine = engine_for(url, schema)
    with engine.begin() as connection:
        if schema:
            connection.execute(sa.schema.CreateSchema(schema))
        with Operations.context(MigrationContext.configure(connection)):
            first.upgrade()
        yield connection
    engine.dispose()


def fill(connection: sa.Connection) -> None:
    """Rows of a business that was stopped in the middle of its work."""
    for name, rows in ROWS.items():
        table = first._META.tables[name]
        for row in rows:
            dated = {column: _instant(value) for column, value in row.items()}
            connection.execute(sa.insert(table), dated)


def _instant(value: Any) -> Any:  # noqa: ANN401 - a value of any column
    from datetime import UTC, datetime

    return datetime.fromisoformat(value).replace(tzinfo=UTC) if value in (AT, LATER) else value
