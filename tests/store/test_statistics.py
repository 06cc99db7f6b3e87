"""PostgreSQL plans with figures of today, though its own housekeeping has not come by yet."""

from __future__ import annotations

import sqlalchemy as sa

from erplink.store import statistics
from erplink.store import tables as t
from erplink.store.database import Store, open_store
from tests.databases import Databases, only

ROWS = 600
_COUNTED = sa.text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)")


def counted(store: Store, name: str) -> float:
    """How many rows the planner believes to be in a table; below 0 when it was never told."""
    with store.begin() as connection:
        return float(connection.execute(_COUNTED, {"name": name}).scalar_one())


@only("postgresql")
def test_a_table_that_was_filled_at_once_is_counted_anew_and_others_are_left_alone(databases: Databases) -> None:
    for place in ("", "?schema=Shop"):
        store = open_store(databases.url("one") + place)
        schema = '"Shop".' if place else ""
        rows = [{"space": "acme", "person": f"p{n}", "name": ""} for n in range(ROWS)]
        with store.begin() as connection:
            connection.execute(sa.insert(t.people), rows)
            connection.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        assert counted(store, f"{schema}erplink_people") < ROWS
        with store.begin() as connection:
            statistics.refresh(connection)
        assert counted(store, f"{schema}erplink_people") == ROWS
        assert counted(store, f"{schema}erplink_documents") < 0
        store.close()
