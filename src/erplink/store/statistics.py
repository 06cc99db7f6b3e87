"""What PostgreSQL's planner believes of tables that fill faster than its own housekeeping looks at them."""

from __future__ import annotations

import sqlalchemy as sa

from erplink.store.schema import META, schema_of

_ENOUGH, _SHARE = 500, 5
"""A table is counted anew when more than so many rows, and more than every fifth, have changed."""


def refresh(connection: sa.Connection) -> None:
    """Have tables counted anew that have changed much; nothing on SQLite, whose planner asks the indexes.

    A first load fills empty tables within a minute, and a plan made for empty tables looks at all rows again and again.
    """
    if connection.dialect.name != "postgresql":
        return
    changed = sa.text(
        "SELECT relname FROM pg_stat_user_tables WHERE schemaname = COALESCE(:schema, current_schema())"
        " AND n_mod_since_analyze > :enough AND n_mod_since_analyze > n_live_tup / :share"
    )
    schema, quote = schema_of(connection), connection.dialect.identifier_preparer.quote
    asked = {"schema": schema, "enough": _ENOUGH, "share": _SHARE}
    for name in sorted(META.tables.keys() & connection.execute(changed, asked).scalars()):
        address = f"{quote(schema)}.{quote(name)}" if schema else quote(name)
        # Whoever is counting it already does as well.
        connection.execute(sa.text(f"ANALYZE (SKIP_LOCKED) {address}"))
