"""Pull: every document of a window into the inbox, page by page, with the cursor in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve, field, frozen

from erplink.errors import Paused
from erplink.identity.people import Claim, clean_phone
from erplink.model.documents import Customer, Document, Entity
from erplink.store import cursors, dead, documents, echoes, people, queue
from erplink.store.cursors import Cursor, Span
from erplink.store.database import Connection
from erplink.store.dead import DeadLetter
from erplink.store.queue import BOXES
from erplink.sync.echo import hear
from erplink.sync.known import known_as
from erplink.sync.merging import merge_accounts
from erplink.sync.progress import Progress
from erplink.sync.run import Run
from erplink.wire.adapter import Adapter, Broken, Page, Window
from erplink.wire.io import Io

ENTITIES: tuple[Entity, ...] = ("products", "customers", "orders", "shipments", "returns", "receipts")
"""What a sync pulls, in this order: who somebody is and what a sku is should be known before what was bought."""

_WHO = frozenset({"name", "phone", "unionid"})
"""The fields of a customer that say who it is."""
_REMEMBERED = timedelta(days=30)
"""How long it is remembered what we wrote, when the record does not come back."""


@frozen
class Feed:
    """One entity of one attached system. Documents of ``anonymous`` customers are kept and belong to nobody."""

    space: str
    system: str
    entity: Entity
    anonymous: frozenset[str]
    span: Span = field(factory=Span)

    @property
    def cursor(self) -> cursors.Feed:
        """The feed as its cursor is filed."""
        return cursors.Feed(self.space, self.system, self.entity)


@frozen
class Pulled:
    """What one feed brought: documents that were new or newer, how many were known already, how many are broken.

    ``paused_until`` is the instant at which it may go on, when the other side has to be left alone until then.
    """

    system: str
    entity: Entity
    fresh: int = 0
    known: int = 0
    broken: int = 0
    paused_until: datetime | None = None

    def and_then(self, kept: Kept) -> Pulled:
        """The sum with another page."""
        return evolve(
            self, fresh=self.fresh + kept.fresh, known=self.known + kept.known, broken=self.broken + kept.broken
        )


@frozen
class Reading:
    """How a page was read: by which mapping, and after which of our own writes (``store.echoes``)."""

    mapping: str
    after: int = 0


@frozen
class Kept:
    """What one page brought."""

    fresh: int
    known: int
    broken: int


async def pull(io: Io, run: Run, adapter: Adapter, feed: Feed) -> Pulled:
    """Pull one feed to the present instant of its server: the window that was interrupted first, then what came since.

    A quota that is spent ends it as usual: what was kept stays kept, and the same window goes on later. Raises what
    else the adapter raises.
    """
    total = Pulled(feed.system, feed.entity)
    async with io.span("pull", system=feed.system, entity=feed.entity) as span:
        try:
            now, cursor = await adapter.clock(), None
            while cursor is None or cursor.until < now - feed.span.lag:
                cursor = await io.transact(run.store, cursors.open_window, feed.cursor, now, feed.span)
                reading = Reading(adapter.mapping, await io.transact(run.store, listen, feed, run.clock()))
                async for page in adapter.pages(feed.entity, Window(cursor.since, cursor.until), cursor.token):
                    kept = await io.transact(run.store, keep, feed, cursor, page, reading, run.clock())
                    total = total.and_then(kept)
                    span.note(fresh=total.fresh, known=total.known, broken=total.broken)
                    run.tell(Progress("pull", feed.entity, total.fresh + total.known))
                await io.transact(run.store, cursors.close_window, feed.cursor, cursor)
        except Paused as paused:
            span.note(paused_until=paused.until)
            return evolve(total, paused_until=paused.until)
    return total


def listen(connection: Connection, feed: Feed, now: datetime) -> int:
    """The last write of ours that was done by now: what is read from here on shows it. Old echoes are forgotten."""
    echoes.forget(connection, feed.space, now - _REMEMBERED)
    return echoes.latest(connection, feed.space)


def keep(connection: Connection, feed: Feed, cursor: Cursor, page: Page, reading: Reading, now: datetime) -> Kept:
    """Keep a page and what follows from it, and how far the window has come, in one transaction."""
    received = take_in(connection, feed, page.items, now, reading.after)
    dead.bury(connection, feed.space, [_letter(feed, each, reading.mapping) for each in page.broken], now)
    cursors.advance(connection, feed.cursor, cursor, page.token)
    return Kept(len(received.fresh), received.known, len(page.broken))


def take_in(
    connection: Connection, feed: Feed, items: Sequence[Document], now: datetime, read_after: int = 0
) -> documents.Received:
    """Keep documents, wherever they come from, and wake whom they concern.

    A version that shows nothing but what we wrote is kept silently: it counts as known (``sync.echo`` has the rule).
    """
    silent = hear(connection, feed.space, feed.system, feed.entity, items, read_after)
    arrived = documents.receive(connection, feed.space, feed.system, feed.entity, items, now)
    received = arrived.without(silent)
    if feed.entity == "customers":
        # Who somebody is counts whoever wrote it.
        known = {number for number, fields in silent.items() if fields.isdisjoint(_WHO)}
        _introduce(connection, feed, arrived.without(known).fresh, now)
    elif feed.entity != "products":
        codes = [documents.party_of(document) for document in received.fresh]
        documents.wake(connection, feed.space, feed.system, [*codes, *received.left], feed.anonymous)
    names = [known_as(feed.system, feed.entity, document.number) for document in received.fresh]
    for box in BOXES:
        queue.release(connection, box, feed.space, names)
    read = [known_as(feed.system, feed.entity, document.id) for document in received.fresh]
    dead.resolve(connection, feed.space, "pull", read, now)
    return received


def _letter(feed: Feed, broken: Broken, mapping: str) -> DeadLetter:
    return DeadLetter(
        box="pull",
        key=known_as(feed.system, feed.entity, broken.id),
        system=feed.system,
        operation=f"{feed.entity}.get",
        target=broken.number,
        error_group="skip",
        error=type(broken.error).__name__,
        message=str(broken.error),
        reply=broken.error.reply,
        mapping=mapping,
        attempts=1,
    )


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
