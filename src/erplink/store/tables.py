"""Every table erplink owns. Each key starts with ``space`` (one company); names carry the prefix ``erplink_``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

REVISION = 1
META = MetaData()

_NAME = String(120)
_KEY = String(200)


class Instant(sa.TypeDecorator[datetime]):
    """An aware instant. SQLite keeps it as UTC wall time, which sorts as text."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[datetime]:
        """A column with a zone, where the database has one."""
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry its zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _key(name: str, kind: sa.types.TypeEngine[Any] = _NAME) -> Column[Any]:
    return Column(name, kind, primary_key=True)


meta = Table("erplink_meta", META, _key("revision", Integer()))

documents = Table(
    "erplink_documents",
    META,
    _key("space"),
    _key("system"),
    _key("entity"),
    _key("id"),
    Column("number", _NAME, nullable=False),
    Column("party", _NAME, nullable=False),
    Column("version", String(40), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("payload", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("erplink_documents_party", "space", "system", "party", "entity", "number", "id"),
    Index("erplink_documents_number", "space", "system", "entity", "number"),
)

cursors = Table(
    "erplink_cursors",
    META,
    _key("space"),
    _key("system"),
    _key("entity"),
    Column("since", Instant),
    Column("until", Instant),
    Column("token", _KEY, nullable=False),
)

parties = Table(
    "erplink_parties",
    META,
    _key("space"),
    _key("system"),
    _key("code"),
    Column("person", _NAME),
    Column("pending", Boolean, nullable=False),
    Index("erplink_parties_pending", "space", "pending", "person"),
    Index("erplink_parties_person", "space", "person"),
)

people = Table(
    "erplink_people",
    META,
    _key("space"),
    _key("person"),
    Column("name", Text, nullable=False),
    Column("merged_into", _NAME),
    Index("erplink_people_merged", "space", "merged_into"),
)

identifiers = Table(
    "erplink_identifiers",
    META,
    _key("space"),
    _key("kind"),
    _key("value", _KEY),
    _key("person"),
    Index("erplink_identifiers_person", "space", "person"),
)

conflicts = Table(
    "erplink_conflicts",
    META,
    _key("space"),
    _key("kind"),
    _key("code"),
    _key("other"),
    Column("noted_at", Instant, nullable=False),
)

policies = Table(
    "erplink_policies",
    META,
    _key("space"),
    _key("hash"),
    Column("id", _NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("effective", Instant),
    Column("approved_by", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
)

accounts = Table(
    "erplink_accounts",
    META,
    _key("space"),
    _key("person"),
    _key("pool"),
    Column("debt", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("metric", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
)

lots = Table(
    "erplink_lots",
    META,
    _key("space"),
    _key("lot", _KEY),
    Column("person", _NAME, nullable=False),
    Column("pool", _NAME, nullable=False),
    Column("sale", _KEY, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("remainder", BigInteger, nullable=False),
    Column("lapsed", BigInteger, nullable=False),
    Column("available_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Index("erplink_lots_person", "space", "person", "pool"),
)

journal = Table(
    "erplink_journal",
    META,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("space", _NAME, nullable=False),
    Column("key", _KEY, nullable=False),
    Column("shape", Integer, nullable=False),
    Column("person", _NAME, nullable=False),
    Column("pool", _NAME, nullable=False),
    Column("kind", _NAME, nullable=False),
    Column("document", _KEY, nullable=False),
    Column("sale", _KEY, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("effective_at", Instant, nullable=False),
    Column("available_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("booked_at", Instant, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("tier", Text, nullable=False),
    Column("explanation", Text, nullable=False),
    sa.UniqueConstraint("space", "key", name="erplink_journal_key"),
    Index("erplink_journal_person", "space", "person", "pool"),
)

postings = Table(
    "erplink_postings",
    META,
    _key("space"),
    _key("key", _KEY),
    _key("account", _KEY),
    Column("amount", BigInteger, nullable=False),
)

lot_moves = Table(
    "erplink_lot_moves",
    META,
    _key("space"),
    _key("key", _KEY),
    _key("n", Integer()),
    Column("lot", _KEY, nullable=False),
    Column("change", BigInteger, nullable=False),
)

uncollected = Table(
    "erplink_uncollected",
    META,
    _key("space"),
    _key("person"),
    _key("pool"),
    _key("sale", _KEY),
    Column("points", BigInteger, nullable=False),
)

awards = Table(
    "erplink_awards",
    META,
    _key("space"),
    _key("person"),
    _key("pool"),
    _key("sale", _KEY),
    Column("policy", String(64), nullable=False),
    Column("tier", Text, nullable=False),
    Column("first", Boolean, nullable=False),
)

remainders = Table(
    "erplink_remainders",
    META,
    _key("space"),
    _key("person"),
    _key("document", _KEY),
    _key("line", Integer()),
    _key("part", Integer()),
    Column("sku", _NAME, nullable=False),
    Column("qty", _NAME, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", _NAME, nullable=False),
)

tallies = Table(
    "erplink_tallies",
    META,
    _key("space"),
    _key("person"),
    _key("reason"),
    Column("count", BigInteger, nullable=False),
)

outbox = Table(
    "erplink_outbox",
    META,
    _key("space"),
    _key("key", _KEY),
    Column("system", _NAME, nullable=False),
    Column("operation", _NAME, nullable=False),
    Column("person", _NAME, nullable=False),
    Column("target", _NAME, nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", _NAME, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("done_at", Instant),
    Index("erplink_outbox_state", "space", "state", "key"),
)
