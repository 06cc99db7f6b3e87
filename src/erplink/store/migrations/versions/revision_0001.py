"""The tables as they were first released."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

revision = "0001"
down_revision = None

_META = MetaData()
_NAME = String(120)
_KEY = String(200)
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table."""
    _META.create_all(op.get_bind(), checkfirst=False)
    op.bulk_insert(_meta, [{"revision": 1}])


def _key(name: str, kind: sa.types.TypeEngine[Any] = _NAME) -> Column[Any]:
    return Column(name, kind, primary_key=True)


_meta = Table("erplink_meta", _META, _key("revision", Integer()))

Table(
    "erplink_documents",
    _META,
    _key("space"),
    _key("system"),
    _key("entity"),
    _key("id"),
    Column("number", _NAME, nullable=False),
    Column("party", _NAME, nullable=False),
    Column("version", String(40), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("payload", Text, nullable=False),
    Column("received_at", _INSTANT, nullable=False),
    Index("erplink_documents_party", "space", "system", "party", "entity", "number", "id"),
    Index("erplink_documents_number", "space", "system", "entity", "number"),
)

Table(
    "erplink_cursors",
    _META,
    _key("space"),
    _key("system"),
    _key("entity"),
    Column("since", _INSTANT),
    Column("until", _INSTANT),
    Column("token", _KEY, nullable=False),
)

Table(
    "erplink_parties",
    _META,
    _key("space"),
    _key("system"),
    _key("code"),
    Column("person", _NAME),
    Column("pending", Boolean, nullable=False),
    Index("erplink_parties_pending", "space", "pending", "person"),
    Index("erplink_parties_person", "space", "person"),
)

Table(
    "erplink_people",
    _META,
    _key("space"),
    _key("person"),
    Column("name", Text, nullable=False),
    Column("merged_into", _NAME),
    Index("erplink_people_merged", "space", "merged_into"),
)

Table(
    "erplink_identifiers",
    _META,
    _key("space"),
    _key("kind"),
    _key("value", _KEY),
    _key("person"),
    Index("erplink_identifiers_person", "space", "person"),
)

Table(
    "erplink_conflicts",
    _META,
    _key("space"),
    _key("kind"),
    _key("code"),
    _key("other"),
    Column("noted_at", _INSTANT, nullable=False),
)

Table(
    "erplink_policies",
    _META,
    _key("space"),
    _key("hash"),
    Column("id", _NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("effective", _INSTANT),
    Column("approved_by", Text, nullable=False),
    Column("published_at", _INSTANT, nullable=False),
)

Table(
    "erplink_accounts",
    _META,
    _key("space"),
    _key("person"),
    _key("pool"),
    Column("debt", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("metric", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
)

Table(
    "erplink_lots",
    _META,
    _key("space"),
    _key("lot", _KEY),
    Column("person", _NAME, nullable=False),
    Column("pool", _NAME, nullable=False),
    Column("sale", _KEY, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("remainder", BigInteger, nullable=False),
    Column("lapsed", BigInteger, nullable=False),
    Column("available_at", _INSTANT, nullable=False),
    Column("expires_at", _INSTANT),
    Index("erplink_lots_person", "space", "person", "pool"),
)

Table(
    "erplink_journal",
    _META,
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
    Column("effective_at", _INSTANT, nullable=False),
    Column("available_at", _INSTANT, nullable=False),
    Column("expires_at", _INSTANT),
    Column("booked_at", _INSTANT, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("tier", Text, nullable=False),
    Column("explanation", Text, nullable=False),
    sa.UniqueConstraint("space", "key", name="erplink_journal_key"),
    Index("erplink_journal_person", "space", "person", "pool"),
)

Table(
    "erplink_postings",
    _META,
    _key("space"),
    _key("key", _KEY),
    _key("account", _KEY),
    Column("amount", BigInteger, nullable=False),
)

Table(
    "erplink_lot_moves",
    _META,
    _key("space"),
    _key("key", _KEY),
    _key("n", Integer()),
    Column("lot", _KEY, nullable=False),
    Column("change", BigInteger, nullable=False),
)

Table(
    "erplink_uncollected",
    _META,
    _key("space"),
    _key("person"),
    _key("pool"),
    _key("sale", _KEY),
    Column("points", BigInteger, nullable=False),
)

Table(
    "erplink_awards",
    _META,
    _key("space"),
    _key("person"),
    _key("pool"),
    _key("sale", _KEY),
    Column("policy", String(64), nullable=False),
    Column("tier", Text, nullable=False),
    Column("first", Boolean, nullable=False),
)

Table(
    "erplink_remainders",
    _META,
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

Table(
    "erplink_tallies",
    _META,
    _key("space"),
    _key("person"),
    _key("reason"),
    Column("count", BigInteger, nullable=False),
)

Table(
    "erplink_outbox",
    _META,
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
    Column("queued_at", _INSTANT, nullable=False),
    Column("done_at", _INSTANT),
    Index("erplink_outbox_state", "space", "state", "key"),
)
