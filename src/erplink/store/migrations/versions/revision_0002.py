"""Queues with leases for what comes in and goes out, dead letters, and what a sync shares among its workers.

The outbox of revision 0001 becomes a queue: nothing that waited is lost, and what was on its way, or was tried before,
is looked up before it is done again.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, SmallInteger, String, Table, Text

revision = "0002"
down_revision = "0001"

_META = MetaData()
_NAME = String(120).with_variant(String(120, collation="C"), "postgresql")
_KEY = String(200).with_variant(String(200, collation="C"), "postgresql")
_ROOMY: dict[str, Any] = (
    {"postgresql_with": {"fillfactor": 60}} if tuple(map(int, sa.__version__.split(".")[:2])) >= (2, 1) else {}
)
_WORDS = (40, 120, 200)
_INSTANT = sa.DateTime(timezone=True)
_DEED = "orders.create"
_KEPT = ("space", "key", "system", "operation", "target", "payload", "outcome", "queued_at", "done_at")


def upgrade() -> None:
    """Make the new tables, and move what the old outbox held."""
    op.add_column("erplink_documents", Column("gone_at", _INSTANT))
    arrival = ["space", "system", "entity", "received_at", "id"]
    op.create_index("erplink_documents_received", "erplink_documents", arrival)
    op.rename_table("erplink_outbox", "erplink_outbox_0001")
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER INDEX erplink_outbox_pkey RENAME TO erplink_outbox_0001_pkey")
        _compare_bytewise()
    _META.create_all(op.get_bind(), checkfirst=False)
    _move()
    op.drop_table("erplink_outbox_0001")
    op.drop_table("erplink_meta")


def _move() -> None:
    old = sa.table("erplink_outbox_0001", *(sa.column(name) for name in (*_KEPT, "person", "state", "attempts")))
    c = old.c
    deed, is_open = c.operation == _DEED, c.state.in_(("pending", "sending"))
    tried = sa.or_(c.state == "sending", c.attempts > 0)
    values = {
        **{name: c[name] for name in _KEPT},
        "subject": sa.case((deed, c.person), else_=""),
        "priority": sa.case((deed, 10), else_=0),
        "state": sa.case((is_open, "pending"), else_=c.state),
        "sent": sa.case((c.state == "done", "yes"), (tried, "maybe"), else_="no"),
        # What waits is tried as often as if it were new.
        "attempts": sa.case((is_open, 0), else_=c.attempts),
    }
    rows = sa.select(*values.values()).order_by(c.queued_at, c.key)
    op.execute(sa.insert(_outbox).from_select([*values], rows))


def _compare_bytewise() -> None:
    """Names and stamps were compared as the language of the database has it; from now on byte by byte."""
    look = sa.inspect(op.get_bind())
    schema = op.get_context().version_table_schema
    for table in (name for name in look.get_table_names(schema) if name.startswith("erplink_")):
        words = [
            f'ALTER COLUMN "{column["name"]}" TYPE VARCHAR({kind.length}) COLLATE "C"'
            for column in look.get_columns(table, schema)
            if isinstance(kind := column["type"], String) and kind.length in _WORDS
        ]
        if words:
            op.execute(f'ALTER TABLE "{table}" {", ".join(words)}')


def _key(name: str, kind: sa.types.TypeEngine[Any] = _NAME) -> Column[Any]:
    return Column(name, kind, primary_key=True)


def _box(name: str) -> Table:
    """A queue of messages. Open ones are found by two partial indexes, so that what is done costs nothing."""
    is_open = sa.text("state IN ('pending', 'parked')")
    in_order = sa.text("state IN ('pending', 'parked') AND subject <> ''")
    return Table(
        name,
        _META,
        Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("space", _NAME, nullable=False),
        Column("key", _KEY, nullable=False),
        Column("system", _NAME, nullable=False),
        Column("operation", _NAME, nullable=False),
        Column("subject", _KEY, nullable=False),
        Column("target", _KEY, nullable=False),
        Column("payload", Text, nullable=False),
        Column("priority", SmallInteger, nullable=False),
        Column("state", String(10), nullable=False),
        Column("sent", String(5), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", _INSTANT),
        Column("lease", _NAME),
        Column("leased_until", _INSTANT),
        Column("waits_for", _KEY),
        Column("outcome", Text, nullable=False),
        Column("queued_at", _INSTANT, nullable=False),
        Column("done_at", _INSTANT),
        sa.UniqueConstraint("space", "key", name=f"{name}_key"),
        Index(
            f"{name}_open",
            "space",
            "system",
            sa.text("priority DESC"),
            "seq",
            postgresql_where=is_open,
            sqlite_where=is_open,
        ),
        Index(
            f"{name}_order",
            "space",
            "system",
            "subject",
            "seq",
            postgresql_where=in_order,
            sqlite_where=in_order,
        ),
        Index(
            f"{name}_parked",
            "space",
            "waits_for",
            postgresql_where=sa.text("waits_for IS NOT NULL"),
            sqlite_where=sa.text("waits_for IS NOT NULL"),
        ),
        # Room on each page for the new version of a row: a claim then touches no index.
        **_ROOMY,
    )


_box("erplink_inbox")
_outbox = _box("erplink_outbox")

Table(
    "erplink_dead_letters",
    _META,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("space", _NAME, nullable=False),
    Column("box", _NAME, nullable=False),
    Column("key", _KEY, nullable=False),
    Column("system", _NAME, nullable=False),
    Column("operation", _NAME, nullable=False),
    Column("subject", _KEY, nullable=False),
    Column("target", _KEY, nullable=False),
    Column("payload", Text, nullable=False),
    Column("error_group", _NAME, nullable=False),
    Column("error", _NAME, nullable=False),
    Column("message", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Column("mapping", _NAME, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("died_at", _INSTANT, nullable=False),
    Column("settled_at", _INSTANT),
    sa.UniqueConstraint("space", "box", "key", name="erplink_dead_letters_key"),
)

Table(
    "erplink_limits",
    _META,
    _key("backend", _KEY),
    Column("due_at", _INSTANT),
    Column("paused_until", _INSTANT),
)

Table(
    "erplink_echoes",
    _META,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("space", _NAME, nullable=False),
    Column("system", _NAME, nullable=False),
    Column("entity", _NAME, nullable=False),
    Column("number", _NAME, nullable=False),
    Column("key", _KEY, nullable=False),
    Column("changes", Text, nullable=False),
    Column("written_at", _INSTANT, nullable=False),
    Column("seen", Boolean, nullable=False),
    Index("erplink_echoes_record", "space", "system", "entity", "number"),
    sqlite_autoincrement=True,
)

Table(
    "erplink_agreed",
    _META,
    _key("space"),
    _key("pair"),
    _key("entity"),
    _key("number"),
    Column("base", Text, nullable=False),
    Column("agreed_at", _INSTANT, nullable=False),
)

Table(
    "erplink_differences",
    _META,
    _key("space"),
    _key("pair"),
    _key("entity"),
    _key("number"),
    _key("field"),
    Column("left", Text, nullable=False),
    Column("right", Text, nullable=False),
    Column("noted_at", _INSTANT, nullable=False),
)

Table(
    "erplink_findings",
    _META,
    _key("space"),
    _key("system"),
    _key("entity"),
    _key("kind"),
    _key("id"),
    Column("number", _NAME, nullable=False),
    Column("version", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("noted_at", _INSTANT, nullable=False),
)

Table(
    "erplink_workers",
    _META,
    _key("space"),
    _key("worker"),
    Column("started_at", _INSTANT, nullable=False),
    Column("seen_at", _INSTANT, nullable=False),
    Column("doing", Text, nullable=False),
    Column("works", Text, nullable=False),
)

Table(
    "erplink_turns",
    _META,
    _key("space"),
    _key("part"),
    _key("system"),
    _key("entity"),
    Column("due_at", _INSTANT),
    Column("held_by", _NAME, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error_group", _NAME, nullable=False),
    Column("error", _NAME, nullable=False),
    Column("message", Text, nullable=False),
)
