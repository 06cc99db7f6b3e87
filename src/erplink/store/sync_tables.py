"""What a sync needs beside the documents: cursors, inbox, outbox, dead letters, what processes share, workers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, SmallInteger, String, Table, Text

from erplink.store.schema import KEY, META, NAME, ROOMY, Instant, key

cursors = Table(
    "erplink_cursors",
    META,
    key("space"),
    key("system"),
    key("entity"),
    Column("since", Instant),
    Column("until", Instant),
    Column("token", KEY, nullable=False),
)


def _box(name: str) -> Table:
    """A queue of messages. Open ones are found by two partial indexes, so that what is done costs nothing."""
    is_open = sa.text("state IN ('pending', 'parked')")
    in_order = sa.text("state IN ('pending', 'parked') AND subject <> ''")
    return Table(
        name,
        META,
        Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("space", NAME, nullable=False),
        Column("key", KEY, nullable=False),
        Column("system", NAME, nullable=False),
        Column("operation", NAME, nullable=False),
        Column("subject", KEY, nullable=False),
        Column("target", KEY, nullable=False),
        Column("payload", Text, nullable=False),
        Column("priority", SmallInteger, nullable=False),
        Column("state", String(10), nullable=False),
        Column("sent", String(5), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", Instant),
        Column("lease", NAME),
        Column("leased_until", Instant),
        Column("waits_for", KEY),
        Column("outcome", Text, nullable=False),
        Column("queued_at", Instant, nullable=False),
        Column("done_at", Instant),
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
        **ROOMY,
    )


inbox = _box("erplink_inbox")
outbox = _box("erplink_outbox")

dead_letters = Table(
    "erplink_dead_letters",
    META,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("space", NAME, nullable=False),
    Column("box", NAME, nullable=False),
    Column("key", KEY, nullable=False),
    Column("system", NAME, nullable=False),
    Column("operation", NAME, nullable=False),
    Column("subject", KEY, nullable=False),
    Column("target", KEY, nullable=False),
    Column("payload", Text, nullable=False),
    Column("error_group", NAME, nullable=False),
    Column("error", NAME, nullable=False),
    Column("message", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Column("mapping", NAME, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("died_at", Instant, nullable=False),
    Column("settled_at", Instant),
    sa.UniqueConstraint("space", "box", "key", name="erplink_dead_letters_key"),
)

limits = Table(
    "erplink_limits",
    META,
    key("backend", KEY),
    Column("due_at", Instant),
    Column("paused_until", Instant),
)

echoes = Table(
    "erplink_echoes",
    META,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("space", NAME, nullable=False),
    Column("system", NAME, nullable=False),
    Column("entity", NAME, nullable=False),
    Column("number", NAME, nullable=False),
    Column("key", KEY, nullable=False),
    Column("changes", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("seen", Boolean, nullable=False),
    Index("erplink_echoes_record", "space", "system", "entity", "number"),
    # An id is never given twice: whether one is older than a pull decides what the pull has seen.
    sqlite_autoincrement=True,
)

agreed = Table(
    "erplink_agreed",
    META,
    key("space"),
    key("pair"),
    key("entity"),
    key("number"),
    Column("base", Text, nullable=False),
    Column("agreed_at", Instant, nullable=False),
)

differences = Table(
    "erplink_differences",
    META,
    key("space"),
    key("pair"),
    key("entity"),
    key("number"),
    key("field"),
    Column("left", Text, nullable=False),
    Column("right", Text, nullable=False),
    Column("noted_at", Instant, nullable=False),
)

findings = Table(
    "erplink_findings",
    META,
    key("space"),
    key("system"),
    key("entity"),
    key("kind"),
    key("id"),
    Column("number", NAME, nullable=False),
    Column("version", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("noted_at", Instant, nullable=False),
)

workers = Table(
    "erplink_workers",
    META,
    key("space"),
    key("worker"),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("doing", Text, nullable=False),
    Column("works", Text, nullable=False),
)

turns = Table(
    "erplink_turns",
    META,
    key("space"),
    key("part"),
    key("system"),
    key("entity"),
    Column("due_at", Instant),
    Column("held_by", NAME, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error_group", NAME, nullable=False),
    Column("error", NAME, nullable=False),
    Column("message", Text, nullable=False),
)
