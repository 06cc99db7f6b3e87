"""``Link``: ERP, people, points and ledger of one company, in one hand.

Mirrored by hand in ``alink``; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from erplink.facade.brokers.taking import take_here
from erplink.facade.clock import utc_now
from erplink.facade.database import Lent, transact
from erplink.facade.dead import DeadLetters
from erplink.facade.erp import Erp
from erplink.facade.forget import forget
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import step
from erplink.link import desk as work
from erplink.link.desk import Asked, Desk
from erplink.link.post import post
from erplink.link.values import (
    Balance,
    Booked,
    Difference,
    Entry,
    Listener,
    Member,
    Mirrored,
    Opened,
    Overview,
    Plan,
    Published,
    Redemption,
    Repaired,
    Standing,
    Taken,
)
from erplink.link.worker import Worker
from erplink.model.documents import Entity
from erplink.store import agreed
from erplink.store.cursors import Span
from erplink.store.database import Connection, Store
from erplink.sync import redeem
from erplink.sync.engine import Attached, SyncReport, book, shadow, sync
from erplink.sync.events import HostEvent
from erplink.sync.health import Health, Tolerance
from erplink.sync.intake import Broker, Wants, never
from erplink.sync.mirror import mirror
from erplink.sync.names import space_named
from erplink.sync.progress import silent
from erplink.sync.pull import ENTITIES
from erplink.sync.reconcile import reconcile
from erplink.sync.repair import AT_MOST, repair
from erplink.sync.threeway import Master
from erplink.wire.io import Database


class Policies:
    """The programme's rules: published texts, immutable once published."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def publish(
        self, policy: str | Path, *, effective: datetime | str | None = None, approved_by: str = ""
    ) -> Published:
        """Check a policy file (or text) and put it in force from ``effective`` (default: from the beginning).

        The same policy again changes nothing. Raises ``PolicyInvalid`` with file, line and the allowed words,
        ``Conflict`` when this version is published with another text.
        """
        checked = work.read_policy(policy)
        return transact(self._desk.store, work.publish, self._desk, checked, effective, approved_by)


class Members:
    """The people of the space."""

    def __init__(self, desk: Desk, database: Database[Connection]) -> None:
        self._desk = desk
        self._database = database

    def find(self, *, code: str = "", phone: str = "", unionid: str = "") -> Member:
        """The one member with this customer code, phone or unionid. Raises ``NotFound`` for none or several."""
        return transact(self._database, work.find, self._desk.space, code, phone, unionid)

    def top(self, limit: int) -> list[Standing]:
        """The members who earned most, highest first; redemptions do not move the ranking."""
        return transact(self._database, work.top, self._desk.space, limit, self._desk.clock())


class Points:
    """Balances, histories and redemptions."""

    def __init__(self, desk: Desk, database: Database[Connection]) -> None:
        self._desk = desk
        self._database = database

    def balance(self, member: Member, at: datetime | None = None) -> Balance:
        """What a member has: which of today's lots are usable at an instant (default: now)."""
        return transact(self._database, work.balance, self._desk.space, member, at or self._desk.clock())

    def history(self, member: Member) -> list[Entry]:
        """Every journal entry of a member, by effective time."""
        return transact(self._database, work.history, self._desk.space, member, self._desk.clock())

    def redeem(self, member: Member, points: int, *, gift: str, key: str, at: datetime | None = None) -> Redemption:
        """Spend points and order the gift (an ERP sku) at 0 yuan; the order is written by the next sync.

        The same key again gives the first result. Raises ``InsufficientBalance`` (nothing was taken), ``Conflict``
        when the key was used for another wish.
        """
        return transact(self._database, work.redeem_gift, self._desk, member, Asked(points, gift, key, at))

    def redemption(self, key: str) -> Redemption | None:
        """How a redemption stands; None when the key was never used."""
        return transact(self._database, redeem.find, self._desk.space, key)


class Opening:
    """Balances from before erplink."""

    def __init__(self, desk: Desk, database: Database[Connection]) -> None:
        self._desk = desk
        self._database = database

    def load(self, path: str | Path) -> Opened:
        """Book opening balances from a CSV file (customer, points, expires_at), all or none, each once.

        Raises ``FileInvalid`` naming row and column, ``Conflict`` when a lot was loaded before with other figures.
        """
        return transact(self._database, work.load_opening, self._desk, path)


class Within:
    """A link inside a transaction of the application, which commits or rolls back all that is done here."""

    def __init__(self, desk: Desk, connection: object) -> None:
        lent = Lent(desk.store, connection)
        self.members = Members(desk, lent)
        self.points = Points(desk, lent)
        self.opening = Opening(desk, lent)


class Link:
    """One company's space in a database, with the systems attached to it. Use it in a ``with`` block.

    >>> with Link.open("sqlite://", space="acme") as link:
    ...     link.export()
    []
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.policies = Policies(desk)
        self.members = Members(desk, desk.store)
        self.points = Points(desk, desk.store)
        self.opening = Opening(desk, desk.store)
        self.dead = DeadLetters(desk.store, desk.space, desk.clock)

    @classmethod
    def open(cls, url: str, *, space: str, schema: str = "", clock: Callable[[], datetime] = utc_now) -> Self:
        """Open the database at an SQLAlchemy URL; an empty one gets erplink's tables.

        ``schema`` names the PostgreSQL schema to keep them in, as ``?schema=`` in the address does; it is made if it is
        missing. Raises ``ConfigInvalid`` for a wrong URL or name, ``StoreMismatch`` for tables of another revision, and
        ``StoreUnavailable`` when the database is away.
        """
        return cls(Desk(space=space_named(space), store=Store.open(url, schema=schema), clock=clock))

    def attach(
        self,
        name: str,
        erp: Erp,
        *,
        writes: Collection[str] = (),
        parallel: int = 1,
        overlap: timedelta = timedelta(minutes=5),
        lag: timedelta = timedelta(0),
    ) -> None:
        """Attach a system. It accepts only the writes named here (``"orders.create"``, ``"customers.update"``).

        Each pull begins ``overlap`` before the last one ended: how late a document may be committed after its stamp. It
        ends ``lag`` before the server's present, which leaves alone what is still being written.
        """
        span = Span(overlap, lag)
        work.attach(self._desk, Attached(name, erp.adapter, erp.io, frozenset(writes), parallel, span))

    def sync(self, *, push: bool = True, progress: Listener = silent) -> SyncReport:
        """Pull, decide, book and write back; resumable after any interruption.

        ``push=False`` is shadow mode: it books, and shows what it would have written. Raises what stopped it; what was
        done until then stays done.
        """
        run, attached = work.run(self._desk, progress), self._desk.attached
        return step(sync(run, attached, self._desk.listeners) if push else shadow(run, attached))

    def within(self, connection: object) -> Within:
        """The link inside a transaction that the application began on the database with erplink's tables.

        ``connection`` is an SQLAlchemy ``Connection`` or ``Session``, or a connection of ``sqlite3``, ``psycopg`` or
        ``psycopg2`` (``connection.connection`` in Django). What is booked becomes true when the application commits,
        and never if it rolls back. The calls raise ``StoreUnavailable`` when the whole transaction should be run again,
        and ``ProtocolBroken`` when ``connection`` is something else or in no transaction.
        """
        return Within(self._desk, connection)

    def intake(
        self,
        system: str,
        broker: Broker,
        *,
        limit: int | None = None,
        until_empty: bool = False,
        batch: int = 500,
        stop: Callable[[], bool] = never,
        progress: Listener = silent,
    ) -> Taken:
        """Take events in from a message broker, under the name of the system whose customer codes they carry.

        Batch by batch into the inbox, acknowledged after the commit; ``book`` or ``sync`` works them off. Goes on until
        ``limit`` messages were taken, none is left (``until_empty``), or ``stop`` says so between two batches. What is
        no event becomes a dead letter. A broker or database that goes away is waited for up to five minutes; then, or
        when the broker was never there, raises ``Unreachable`` or ``StoreUnavailable``. Whatever ends it, each event
        is in the inbox once when the intake has been run again.
        """
        wants = Wants(batch, limit, until_empty, stop)
        return take_here(work.run(self._desk, progress), broker, system, wants)

    def book(self, *, progress: Listener = silent) -> Booked:
        """Work off the documents that came as events, decide and book, and tell listeners. Calls no system.

        A ``sync`` does this too, between reading and writing.
        """
        with closing(SyncIo()) as io:
            return step(book(io, work.run(self._desk, progress), self._desk.attached, self._desk.listeners))

    def forget_events(self, before: datetime) -> int:
        """Delete the events that were worked off before an instant (aware); how many.

        Their ids count as new from then on: keep them for as long as a broker or a sender may repeat itself. Raises
        ``ConfigInvalid`` when the instant names no zone.
        """
        return forget(self._desk.store, "inbox", self._desk.space, before)

    def on(self, event: str, listener: Callable[[HostEvent], object]) -> None:
        """Have ``listener`` told of an event (``points.changed``, ``tier.changed``, ``gift.done``, ``gift.refused``).

        Register it before a sync, in every process that syncs. It is called after the transaction in which the event
        came true, at least once, in order for each member; when it raises, it is called again later.
        """

        async def tell(told: HostEvent) -> None:
            listener(told)

        work.listen(self._desk, event, tell)

    def mirror(self, left: str, right: str, fields: Mapping[str, Master], *, progress: Listener = silent) -> Mirrored:
        """Keep fields of the customers that two attached systems share the same on both sides, in either direction.

        Customers are paired by number. ``fields`` names each field, and the side that is followed when both changed it
        (``"left"``, ``"right"``); with ``""`` nothing is written then, and the field is listed under ``differences``.
        It compares what was pulled, and puts what has to be written in the outbox: ``sync`` before it and after it.
        Raises ``ConfigInvalid``.
        """
        pair, run = work.pair(self._desk, left, right, fields), work.run(self._desk, progress)
        return step(mirror(self._desk.attached[0].io, run, pair))

    def differences(self, *, limit: int = 100) -> list[Difference]:
        """Fields on which two systems contradict each other, until one of them shows what the other one shows."""
        return transact(self._desk.store, agreed.differences, self._desk.space, limit)

    def worker(
        self,
        *,
        name: str = "",
        pull_every: timedelta = timedelta(minutes=1),
        look_every: timedelta = timedelta(seconds=5),
        progress: Listener = silent,
    ) -> Worker:
        """A worker for this space: ``run_once()`` for a scheduler, ``run()`` for a process of its own.

        Feeds are read every ``pull_every``, queues looked at every ``look_every``; whoever does it, for workers share
        the work. Signs of life go by ``name`` (default: this machine's). What ``progress`` raises ends the work.
        """
        return Worker(post(self._desk, name, pull_every, look_every, progress))

    def health(self, tolerance: Tolerance = Tolerance()) -> Health:  # noqa: B008 - frozen value
        """How this space fares: signs of life, what has piled up, how far feeds were read; ``healthy`` or not."""
        return transact(self._desk.store, work.health, self._desk, tolerance)

    def reconcile(
        self, *, entities: Collection[Entity] = ENTITIES, show: int = 20, progress: Listener = silent
    ) -> Plan:
        """Compare the documents of attached systems with what is kept, and what customer records show with the books.

        Changes nothing but what is known of differences. ``show`` is how many the plan lists; all are counted, and all
        are repaired. Interrupted, the same call goes on where it stopped. Raises what the systems raise.
        """
        run, attached = work.run(self._desk, progress), self._desk.attached
        return step(reconcile(run, attached, entities, show))

    def repair(self, plan: Plan, *, at_most: int = AT_MOST, progress: Listener = silent) -> Repaired:
        """Make good what a plan found; the next sync reads what was missed, takes points back and writes values.

        Raises ``Conflict`` when more than ``at_most`` documents of a system would count as deleted: an integration user
        who sees less than before looks the same. Interrupted, the same call goes on where it stopped.
        """
        run, attached = work.run(self._desk, progress), self._desk.attached
        return step(repair(run, attached, plan, at_most))

    def overview(self) -> Overview:
        """The space at a glance."""
        return transact(self._desk.store, work.look, self._desk)

    def export(self) -> list[str]:
        """The ledger in canonical form: equal text means equal ledger."""
        return transact(self._desk.store, work.export, self._desk.space)

    def close(self) -> None:
        """Give up the database connections. Attached systems stay open: who opened them closes them."""
        self._desk.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
