"""The books of the shop: records, stock and remembered keys, and the one door through which they change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from erplink.testing.worlds.shop.catalogue import FORMS
from erplink.testing.worlds.shop.journal import Journal
from erplink.testing.worlds.shop.records import Record, Table, tables
from erplink.testing.worlds.shop.settings import GRAINS, Shop

Place = tuple[str, str]
"""A sku in a warehouse."""


class Level(Struct, frozen=True, gc=False):
    """What is there of a sku in a warehouse, and how much of it is promised to orders."""

    on_hand: Decimal
    locked: Decimal = Decimal(0)

    @property
    def available(self) -> Decimal:
        """What can still be promised."""
        return self.on_hand - self.locked


class Made(Struct, frozen=True, gc=False):
    """What an idempotency key made, and a digest of what was asked for."""

    digest: str
    entity: str
    id: int


class Change(Struct, frozen=True, omit_defaults=True, gc=False):
    """What one transaction changes: records by entity and id (None: gone), stock, and the key it was asked under."""

    records: tuple[tuple[str, int, Record | None], ...] = ()
    stock: tuple[tuple[str, str, Level], ...] = ()
    key: str = ""
    made: Made | None = None
    behind: bool = False


class Books:
    """Everything the shop knows, and its clock. ``ahead`` is how far the clock is set from the real one."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.zone = shop.tz
        self.ahead = timedelta(0)
        self.tables: Mapping[str, Table] = tables(FORMS)
        self.stock: dict[Place, Level] = {}
        self.keys: dict[str, Made] = {}
        self.touched: set[tuple[str, int]] = set()
        self.deleted: set[tuple[str, str]] = set()
        self.writes = 0
        self._seeded = dict.fromkeys(self.tables, 0)
        self._journal: Journal[Change] | None = None

    def open_journal(self, path: Path, seed: Mapping[str, object]) -> None:
        """Repeat the changes of earlier runs, and keep those to come. Raises FileInvalid."""
        self._journal = Journal(path, seed, Change)
        for change in self._journal.replay():
            self._apply(change)

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def clock(self) -> datetime:
        """The present instant of the shop, aware."""
        return self.shop.clock() + self.ahead

    def stamp(self) -> datetime:
        """The present instant, in the grain in which the shop keeps time."""
        return self.grained(self.clock())

    def grained(self, moment: datetime) -> datetime:
        """An instant in the grain in which the shop keeps time, in UTC."""
        grain = GRAINS[self.shop.grain]
        moment = moment.astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // grain * grain)

    def commit(self, change: Change) -> None:
        """Make a transaction for good: first in the journal, then in memory."""
        if self._journal is not None:
            self._journal.write(change)
        self._apply(change)
        self.writes += not change.behind

    def seeded(self) -> None:
        """What is there now was there from the beginning."""
        self._seeded = {name: table.next_id for name, table in self.tables.items()}

    def empty(self) -> None:
        """Forget every record, stock and key, and set the clock. Ids are not given twice."""
        everything = [(name, record.id, None) for name, table in self.tables.items() for record in table]
        nothing = [(sku, place, Level(Decimal(0))) for sku, place in self.stock]
        self.commit(Change(tuple(everything), tuple(nothing), behind=True))
        for known in (self.stock, self.keys, self.touched, self.deleted):
            known.clear()
        self.writes = 0
        self.ahead = timedelta(0)

    def _apply(self, change: Change) -> None:
        for entity, at, record in change.records:
            table = self.tables[entity]
            if record is not None:
                table.put(record)
                if not change.behind:
                    self.touched.add((entity, at))
                continue
            gone = table.remove(at)
            self.touched.discard((entity, at))
            if gone is not None and not change.behind and at < self._seeded[entity]:
                self.deleted.add((entity, gone.number))
        self.stock.update({(sku, place): level for sku, place, level in change.stock})
        if change.made is not None:
            self.keys[change.key] = change.made
