"""The newest version of every document, once, and which subjects it concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from typing import Any

import msgspec
import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.sql.dml import ReturningInsert

from erplink.model.documents import Customer, Document, Entity, Order, PriceList, Product, Receipt, Return, Shipment
from erplink.store import tables as t
from erplink.store.cursors import Feed
from erplink.store.upsert import Insert, carried, chunks, inserting

NOBODY = ""
"""The person of walk-in customers."""

_TYPES: dict[str, Any] = {
    "orders": Order,
    "shipments": Shipment,
    "returns": Return,
    "receipts": Receipt,
    "customers": Customer,
    "products": Product,
}
_STREAM = 200
_there = t.documents.c.gone_at.is_(None)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(kind, float_hook=Decimal) for name, kind in _TYPES.items()
}


@frozen
class Received:
    """What a page of documents brought: new or newer ones, and how many were known or stale already.

    ``left`` are customer codes that new versions do not name any more.
    """

    fresh: tuple[Document, ...]
    known: int
    left: tuple[str, ...] = ()

    def without(self, ids: Collection[str]) -> Received:
        """The same, with documents of these ids counted as known."""
        news = tuple(document for document in self.fresh if document.id not in ids)
        return Received(news, self.known + len(self.fresh) - len(news), self.left)


def receive(
    connection: sa.Connection, space: str, system: str, entity: Entity, page: Sequence[Document], now: datetime
) -> Received:
    """Keep each document unless this very version is known or a newer one is.

    A version is the ERP's stamp plus a hash of the content, so two edits within one second are two versions. Of two
    transactions that bring one document at once, the newer version stays, and only it is fresh.
    """
    known = _versions(connection, space, system, entity, [document.id for document in page])
    fresh: dict[str, Document] = {}
    rows: dict[str, dict[str, Any]] = {}
    left: set[str] = set()
    for document in page:
        payload = _ENCODER.encode(document)
        digest = blake2b(payload, digest_size=16).hexdigest()
        version, seen, before = known.get(document.id, ("", "", ""))
        if seen == digest or document.version < version:
            continue
        party = party_of(document)
        known[document.id] = (document.version, digest, party)
        if before != party:
            left.add(before)
        fresh[document.id] = document
        rows[document.id] = {
            "space": space,
            "system": system,
            "entity": entity,
            "id": document.id,
            "number": document.number,
            "party": party,
            "version": document.version,
            "hash": digest,
            "payload": payload.decode(),
            "received_at": now,
            "gone_at": None,
        }
    written = _keep(connection, [rows[number] for number in sorted(rows)])
    new = tuple(document for number, document in fresh.items() if number in written)
    return Received(new, len(page) - len(new), tuple(sorted(left - {""})))


def kept(
    connection: sa.Connection, space: str, system: str, entity: Entity, ids: Collection[str]
) -> dict[str, Document]:
    """The kept versions of these documents, by id; not those that are gone."""
    return {one.id: one for one in _found(connection, space, system, entity, t.documents.c.id, ids)}


def numbered(
    connection: sa.Connection, space: str, system: str, entity: Entity, numbers: Collection[str]
) -> dict[str, Document]:
    """The kept versions of these documents, by number; not those that are gone."""
    return {one.number: one for one in _found(connection, space, system, entity, t.documents.c.number, numbers)}


@frozen
class Arrival:
    """When a version was kept, and of which document: the order in which versions are looked through."""

    received_at: datetime
    id: str
    number: str


def arrived(
    connection: sa.Connection, feed: Feed, after: tuple[datetime, str], until: datetime, limit: int
) -> list[Arrival]:
    """Versions kept after (instant, id) and up to an instant, by instant and id; not of documents that are gone."""
    d, (since, last) = t.documents.c, after
    later = sa.or_(d.received_at > since, sa.and_(d.received_at == since, d.id > last))
    query = (
        sa.select(d.received_at, d.id, d.number)
        .where(d.space == feed.space, d.system == feed.system, d.entity == feed.entity, _there)
        .where(d.received_at >= since, d.received_at <= until, later)
        .order_by(d.received_at, d.id)
        .limit(limit)
    )
    return [Arrival(*row) for row in connection.execute(query)]


def party_of(document: Document) -> str:
    """The customer code a document concerns; empty for products and their prices."""
    if isinstance(document, Product | PriceList):
        return ""
    return document.number if isinstance(document, Customer) else document.customer


def wake(connection: sa.Connection, space: str, system: str, codes: Sequence[str], anonymous: Collection[str]) -> None:
    """Mark the parties of fresh documents as waiting for a decision; anonymous ones belong to nobody."""
    rows = [
        {
            "space": space,
            "system": system,
            "code": code,
            "person": NOBODY if code in anonymous else None,
            "pending": True,
        }
        for code in sorted(set(codes))
    ]
    if rows:
        connection.execute(_waking(connection.dialect.name, tuple(rows[0])), carried(connection, rows))


@cache
def _waking(dialect: str, names: tuple[str, ...]) -> Insert:
    keys = list(t.parties.primary_key)
    return inserting(dialect, t.parties, names).on_conflict_do_update(index_elements=keys, set_={"pending": True})


def by_person(
    connection: sa.Connection, space: str, persons: Sequence[str], entities: Sequence[Entity]
) -> Iterator[tuple[str, str, Document]]:
    """Every kept document of these people as (person, system, document): one person after the other, streamed.

    Documents that are gone are left out.
    """
    d, p = t.documents.c, t.parties.c
    theirs = sa.and_(d.space == p.space, d.system == p.system, d.party == p.code, d.entity.in_(entities), _there)
    # An outer join, because it fixes the order: SQLite would begin with every document of the space, for a few people.
    query = (
        sa.select(p.person, d.system, d.entity, d.payload)
        .select_from(t.parties.outerjoin(t.documents, theirs))
        .where(p.space == space, p.person.in_(persons))
        .order_by(p.person, d.system, d.entity, d.number, d.id)
    )
    for person, system, entity, payload in connection.execute(query.execution_options(yield_per=_STREAM)):
        if payload is not None:
            yield person, system, _DECODERS[entity].decode(payload)


def categories(connection: sa.Connection, space: str) -> dict[str, str]:
    """The category of every sku that has one, from the products of all systems."""
    d = t.documents.c
    query = sa.select(d.payload).where(d.space == space, d.entity == "products", _there).order_by(d.system, d.number)
    rows = connection.execute(query.execution_options(yield_per=_STREAM)).scalars()
    found = (_DECODERS["products"].decode(payload) for payload in rows)
    return {product.number: product.category for product in found if product.category}


def count(connection: sa.Connection, space: str) -> dict[str, int]:
    """Documents kept, by entity, without those that are gone."""
    d = t.documents.c
    query = sa.select(d.entity, sa.func.count().label("number")).where(d.space == space, _there).group_by(d.entity)
    return {row.entity: row.number for row in connection.execute(query)}


def _found(
    connection: sa.Connection,
    space: str,
    system: str,
    entity: Entity,
    column: sa.ColumnElement[str],
    values: Collection[str],
) -> Iterator[Document]:
    d = t.documents.c
    for part in chunks(sorted(set(values))):
        mine = sa.and_(d.space == space, d.system == system, d.entity == entity, column.in_(part), _there)
        # The newest id last: where a number was given again, it names the newest document.
        query = sa.select(d.payload).where(mine).order_by(sa.func.length(d.id), d.id)
        for payload in connection.execute(query).scalars():
            yield _DECODERS[entity].decode(payload)


def _versions(
    connection: sa.Connection, space: str, system: str, entity: str, ids: Sequence[str]
) -> dict[str, tuple[str, str, str]]:
    d = t.documents.c
    found: dict[str, tuple[str, str, str]] = {}
    for part in chunks(ids):
        # A document that is gone and comes back is new, whatever its version.
        query = sa.select(d.id, d.version, d.hash, d.party).where(
            d.space == space, d.system == system, d.entity == entity, d.id.in_(part), _there
        )
        found.update({row.id: (row.version, row.hash, row.party) for row in connection.execute(query)})
    return found


def _keep(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Write documents that are still new or newer when their turn comes; the ids of these."""
    if not rows:
        return frozenset()
    statement = _keeping(connection.dialect.name, tuple(rows[0]))
    return frozenset(connection.execute(statement, carried(connection, rows)).scalars())


@cache
def _keeping(dialect: str, names: tuple[str, ...]) -> ReturningInsert[Any]:
    insert = inserting(dialect, t.documents, names)
    d, new = t.documents.c, insert.excluded
    keys = list(t.documents.primary_key)
    newer = sa.or_(~_there, sa.and_(d.hash != new.hash, d.version <= new.version))
    change = {column.name: new[column.name] for column in d if column.name in names and not column.primary_key}
    return insert.on_conflict_do_update(index_elements=keys, set_=change, where=newer).returning(d.id)
