"""Pull: every document of a window into the inbox, page by page, with the cursor in the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from erplink.identity.people import Claim, clean_phone
from erplink.model.documents import Customer, Document, Entity
from erplink.store import cursors, inbox, people
from erplink.store.cursors import Cursor
from erplink.store.database import Connection
from erplink.sync.merging import merge_accounts
from erplink.sync.progress import Progress
from erplink.sync.run import Run
from erplink.wire.adapter import Adapter, Page, Window
from erplink.wire.io import Io

ENTITIES: tuple[Entity, ...] = ("products", "customers", "orders", "shipments", "returns", "receipts")
"""What a sync pulls, in this order: who somebody is and what a sku is should be known before what was bought."""

OVERLAP = timedelta(minutes=5)
"""A window begins this much before the last one ended: what was committed late is met, the inbox knows the rest."""


@frozen
class Feed:
    """One entity of one attached system. Documents of ``anonymous`` customers are kept and belong to nobody."""

    space: str
    system: str
    entity: Entity
    anonymous: frozenset[str]

    @property
    def cursor(self) -> cursors.Feed:
        """The feed as its cursor is filed."""
        return cursors.Feed(self.space, self.system, self.entity)


@frozen
class Pulled:
    """What one feed brought: documents that were new or newer, and how many were known already."""

    system: str
    entity: Entity
    fresh: int
    known: int


async def pull(io: Io, run: Run, adapter: Adapter, feed: Feed) -> Pulled:
    """Pull one feed to the present instant of its server; resumes where it was interrupted.

    Raises what the adapter raises; what was kept so far stays kept.
    """
    now = await adapter.clock()
    cursor = await io.transact(run.store, cursors.open_window, feed.cursor, now, OVERLAP)
    fresh = known = 0
    async for page in adapter.pages(feed.entity, Window(cursor.since, cursor.until), cursor.token):
        received = await io.transact(run.store, _keep, feed, cursor, page, run.clock())
        fresh += len(received.fresh)
        known += received.known
        run.tell(Progress("pull", feed.entity, fresh + known))
    await io.transact(run.store, cursors.close_window, feed.cursor, cursor)
    return Pulled(feed.system, feed.entity, fresh, known)


def _keep(connection: Connection, feed: Feed, cursor: Cursor, page: Page, now: datetime) -> inbox.Received:
    received = inbox.receive(connection, feed.space, feed.system, feed.entity, page.items, now)
    if feed.entity == "customers":
        _introduce(connection, feed, received.fresh, now)
    elif feed.entity != "products":
        codes = [inbox.party_of(document) for document in received.fresh]
        inbox.wake(connection, feed.space, feed.system, codes, feed.anonymous)
    cursors.advance(connection, feed.cursor, cursor, page.token)
    return received


def _introduce(connection: Connection, feed: Feed, fresh: tuple[Document, ...], now: datetime) -> None:
    for customer in fresh:
        if not isinstance(customer, Customer) or customer.number in feed.anonymous:
            continue
        claim = Claim(
            system=feed.system,
            code=customer.number,
            name=customer.name,
            unionid=customer.unionid.strip(),
            phone=clean_phone(customer.phone),
        )
        found = people.learn(connection, feed.space, claim, now)
        if found.absorbed:
            merge_accounts(connection, feed.space, found.absorbed, found.person, now)
            people.rename(connection, feed.space, found.absorbed, found.person)
