"""What a database holds, of whatever revision its tables are: looked at without changing anything."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from attrs import frozen

from erplink.store.revision import REVISION, revision_of, version
from erplink.store.schema import schema_of

_WAITING: Mapping[str, tuple[str, str]] = {
    "messages to write": ("erplink_outbox", "state IN ('pending', 'sending', 'parked')"),
    "messages to take in": ("erplink_inbox", "state IN ('pending', 'parked')"),
    "customer codes to decide about": ("erplink_parties", "pending"),
    "dead letters": ("erplink_dead_letters", "state = 'dead'"),
}
"""What may wait: the table, and which of its rows."""


@frozen
class Contents:
    """The revision found (empty: no tables) and the one needed, rows by table, and how much waits."""

    revision: str
    needed: str
    tables: Mapping[str, int]
    waiting: Mapping[str, int]


def contents_of(connection: sa.Connection) -> Contents:
    """Look at a database. Counts every row."""
    found = revision_of(connection)
    names = sorted(name for name in sa.inspect(connection).get_table_names(schema_of(connection)) if _is_ours(name))
    waiting = {
        what: _count(connection, table, which) for what, (table, which) in _WAITING.items() if found and table in names
    }
    return Contents(found, REVISION, {name: _count(connection, name) for name in names}, waiting)


def _is_ours(name: str) -> bool:
    return name.startswith("erplink_") and name != version.name


def _count(connection: sa.Connection, table: str, which: str = "") -> int:
    query = sa.select(sa.func.count()).select_from(sa.Table(table, sa.MetaData()))
    return int(connection.execute(query.where(sa.text(which)) if which else query).scalar_one())
