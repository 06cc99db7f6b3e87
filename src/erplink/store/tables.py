"""Documents, people, policies and books. Each key starts with ``space`` (one company); names carry ``erplink_``."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from erplink.store.schema import KEY, META, NAME, Instant, key, word

documents = Table(
    "erplink_documents",
    META,
    key("space"),
    key("system"),
    key("entity"),
    key("id"),
    Column("number", NAME, nullable=False),
    Column("party", NAME, nullable=False),
    Column("version", word(40), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("payload", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("gone_at", Instant),
    Index("erplink_documents_party", "space", "system", "party", "entity", "number", "id"),
    Index("erplink_documents_number", "space", "system", "entity", "number"),
    Index("erplink_documents_received", "space", "system", "entity", "received_at", "id"),
)

parties = Table(
    "erplink_parties",
    META,
    key("space"),
    key("system"),
    key("code"),
    Column("person", NAME),
    Column("pending", Boolean, nullable=False),
    Index("erplink_parties_pending", "space", "pending", "person"),
    Index("erplink_parties_person", "space", "person"),
)

people = Table(
    "erplink_people",
    META,
    key("space"),
    key("person"),
    Column("name", Text, nullable=False),
    Column("merged_into", NAME),
    Index("erplink_people_merged", "space", "merged_into"),
)

identifiers = Table(
    "erplink_identifiers",
    META,
    key("space"),
    key("kind"),
    key("value", KEY),
    key("person"),
    Index("erplink_identifiers_person", "space", "person"),
)

conflicts = Table(
    "erplink_conflicts",
    META,
    key("space"),
    key("kind"),
    key("code"),
    key("other"),
    Column("noted_at", Instant, nullable=False),
)

policies = Table(
    "erplink_policies",
    META,
    key("space"),
    key("hash"),
    Column("id", NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("effective", Instant),
    Column("approved_by", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
)

accounts = Table(
    "erplink_accounts",
    META,
    key("space"),
    key("person"),
    key("pool"),
    Column("debt", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("metric", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
)

lots = Table(
    "erplink_lots",
    META,
    key("space"),
    key("lot", KEY),
    Column("person", NAME, nullable=False),
    Column("pool", NAME, nullable=False),
    Column("sale", KEY, nullable=False),
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
    Column("space", NAME, nullable=False),
    Column("key", KEY, nullable=False),
    Column("shape", Integer, nullable=False),
    Column("person", NAME, nullable=False),
    Column("pool", NAME, nullable=False),
    Column("kind", NAME, nullable=False),
    Column("document", KEY, nullable=False),
    Column("sale", KEY, nullable=False),
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
    key("space"),
    key("key", KEY),
    key("account", KEY),
    Column("amount", BigInteger, nullable=False),
)

lot_moves = Table(
    "erplink_lot_moves",
    META,
    key("space"),
    key("key", KEY),
    key("n", Integer()),
    Column("lot", KEY, nullable=False),
    Column("change", BigInteger, nullable=False),
)

uncollected = Table(
    "erplink_uncollected",
    META,
    key("space"),
    key("person"),
    key("pool"),
    key("sale", KEY),
    Column("points", BigInteger, nullable=False),
)

awards = Table(
    "erplink_awards",
    META,
    key("space"),
    key("person"),
    key("pool"),
    key("sale", KEY),
    Column("policy", String(64), nullable=False),
    Column("tier", Text, nullable=False),
    Column("first", Boolean, nullable=False),
)

remainders = Table(
    "erplink_remainders",
    META,
    key("space"),
    key("person"),
    key("document", KEY),
    key("line", Integer()),
    key("part", Integer()),
    Column("sku", NAME, nullable=False),
    Column("qty", NAME, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", NAME, nullable=False),
)

tallies = Table(
    "erplink_tallies",
    META,
    key("space"),
    key("person"),
    key("reason"),
    Column("count", BigInteger, nullable=False),
)
