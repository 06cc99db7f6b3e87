"""Bring the tables of an earlier erplink to today's revision, in one transaction. Only here alembic is imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from erplink.store.revision import FIRST, REVISION, made, mismatch, record, version
from erplink.store.schema import schema_of

Tell = Callable[[str], object]
"""Is told each revision that was reached."""


def upgrade(connection: sa.Connection, where: str, tell: Tell) -> str:
    """Upgrade the tables, all steps or none, and give back the revision they were of.

    Data is kept. Of two processes that upgrade at once the second finds the work done. Raises ``StoreMismatch`` when
    the tables are newer than this erplink.
    """
    found = made(connection)
    if found > REVISION:
        raise mismatch(found, where)
    if found != REVISION:
        schema = schema_of(connection)
        if not sa.inspect(connection).has_table(version.name, schema):
            record(connection, FIRST)
        if schema:
            # Not every operation of alembic minds the connection's translation of schemas.
            path = connection.dialect.identifier_preparer.quote(schema)
            connection.exec_driver_sql(f"SET LOCAL search_path TO {path}")
        _run(connection, tell)
    return found


def _run(connection: sa.Connection, tell: Tell) -> None:
    from alembic.command import upgrade as run_upgrade
    from alembic.config import Config

    def told(*, step: Any, **_more: object) -> None:  # noqa: ANN401 - alembic's own
        tell(step.up_revision_id)

    config = Config(attributes={"connection": connection, "schema": schema_of(connection), "tell": told})
    config.set_main_option("script_location", "erplink.store:migrations")
    run_upgrade(config, REVISION)
