"""Which revision of erplink's tables a database holds: found with one SELECT, made once in an empty one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, MetaData, String, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from erplink.errors import StoreMismatch
from erplink.store import sync_tables, tables
from erplink.store.failures import cause_of
from erplink.store.locks import hold
from erplink.store.schema import META, schema_of

REVISION = "0002"
"""The revision that this code needs: the newest of the migrations."""

FIRST = "0001"
"""The one revision that was released before the history table; ``erplink_meta`` gives it away."""

EMPTY = ""
"""The revision of a database without tables of erplink."""

KNOWN = (tables, sync_tables)
"""Whatever defines tables, so that importing this module makes all of them known to the metadata."""

version = Table(
    "erplink_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="erplink_version_pkc"),
)
"""The history table, as alembic keeps it: one row."""


def revision_of(connection: sa.Connection) -> str:
    """The revision of the tables that are there."""
    names = sa.inspect(connection).get_table_names(schema_of(connection))
    if version.name in names:
        return connection.execute(sa.select(version.c.version_num)).scalar_one_or_none() or EMPTY
    return FIRST if "erplink_meta" in names else EMPTY


def prepare(engine: sa.Engine, where: str) -> None:
    """See that the tables are of our revision; make them where there are none.

    Of several processes that open an empty database at once, one makes the tables and the others wait for it. Raises
    ``StoreMismatch`` for another revision.
    """
    found = _recorded(engine)
    if found is None:
        with engine.begin() as connection:
            found = made(connection)
    if found != REVISION:
        raise mismatch(found, where)


def made(connection: sa.Connection) -> str:
    """The revision of the tables; they are made first if there are none."""
    schema = schema_of(connection)
    hold(connection, "tables", schema or "")
    if schema and not sa.inspect(connection).has_schema(schema):
        connection.execute(CreateSchema(schema))
    found = revision_of(connection)
    if found == EMPTY:
        META.create_all(connection)
        record(connection, REVISION)
        return REVISION
    return found


def record(connection: sa.Connection, revision: str) -> None:
    """Begin the history with a revision."""
    version.create(connection, checkfirst=True)
    connection.execute(sa.insert(version).values(version_num=revision))


def mismatch(found: str, where: str) -> StoreMismatch:
    """The error for tables of another revision."""
    if found > REVISION:
        next_step = "a newer erplink made or upgraded them: install that one here too"
    else:
        next_step = f"back the database up, then run: erplink db upgrade {where}"
    return StoreMismatch(
        f"the tables are of revision {found}, this erplink needs {REVISION}", where=where, next_step=next_step
    )


def _recorded(engine: sa.Engine) -> str | None:
    try:
        with engine.begin() as connection:
            return connection.execute(sa.select(version.c.version_num)).scalar_one_or_none()
    except DBAPIError as error:
        if cause_of(error) == "missing":
            return None
        raise
