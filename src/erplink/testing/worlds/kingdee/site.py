"""A live world: its documents, sessions, faults and counters, and the one door through which documents change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from erplink.testing.worlds.kingdee.catalogue import LAYOUT
from erplink.testing.worlds.kingdee.cells import wall
from erplink.testing.worlds.kingdee.faults import KINDS
from erplink.testing.worlds.kingdee.journal import Change, Journal
from erplink.testing.worlds.kingdee.seed import plant
from erplink.testing.worlds.kingdee.sessions import Sessions
from erplink.testing.worlds.kingdee.settings import KingdeeWorld
from erplink.testing.worlds.kingdee.store import Table, empty_tables
from erplink.testing.worlds.web.faults import Faults


class Site:
    """One running ERP. Everything in it happens on one thread.

    Raises FixError when the orders file, state file, zone or faults of the settings cannot be used.
    """

    def __init__(self, world: KingdeeWorld) -> None:
        self.world = world
        self.latency = world.latency
        self.ahead = timedelta(0)
        self._zone = world.tz
        self.tables: Mapping[str, Table] = empty_tables(world)
        self.seed: Mapping[str, Any] = plant(world, self.tables)
        self.sessions = Sessions(timedelta(minutes=world.session_minutes), self.clock)
        self.faults = Faults(KINDS)
        self.calls: Counter[str] = Counter()
        self.logins: Counter[str] = Counter()
        self.writes = 0
        self.touched: set[tuple[str, int]] = set()
        self.deleted: set[tuple[str, str]] = set()
        self.uploads: dict[str, bytearray] = {}
        self.stop: Callable[[], None] | None = None
        self._seeded = {form_id: table.next_fid for form_id, table in self.tables.items()}
        self._journal: Journal | None = None
        if world.state is not None:
            known = {**self.seed, "zone": world.zone, "custom": _custom(world), "layout": LAYOUT}
            self._journal = Journal(world.state, known)
            for change in self._journal.replay(self.tables):
                self._apply(change)
        for fault in world.faults:
            self.faults.arm(fault)

    def clock(self) -> datetime:
        """The server's present instant, aware."""
        return self.world.clock() + self.ahead

    def now(self) -> datetime:
        """The present wall time of the server."""
        return self.clock().astimezone(self._zone)

    def stamp(self) -> str:
        """The present wall time as the ERP writes it."""
        return wall(self.now())

    def commit(self, *changes: Change) -> None:
        """Make changes for good: first in the journal, then in memory."""
        if self._journal is not None:
            self._journal.write(changes)
        for change in changes:
            self._apply(change)
        self.writes += 1

    def empty(self) -> None:
        """Forget every document, file, session, fault and count. Internal ids are not handed out again."""
        gone = [Change(form_id, document.fid, None) for form_id, table in self.tables.items() for document in table]
        first = empty_tables(self.world)
        back = [Change(form_id, document.fid, document) for form_id, table in first.items() for document in table]
        self.commit(*gone, *back)
        self.uploads.clear()
        self.sessions.lose_all()
        self.faults.reset()
        self.calls.clear()
        self.logins.clear()
        self.writes = 0
        self.latency = self.world.latency
        self.ahead = timedelta(0)

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def _apply(self, change: Change) -> None:
        table = self.tables[change.form_id]
        key = (change.form_id, change.fid)
        if change.document is not None:
            table.put(change.document)
            self.touched.add(key)
            return
        gone = table.get(change.fid)
        if gone is not None:
            table.remove(change.fid)
            self.touched.discard(key)
            if change.fid < self._seeded[change.form_id]:
                self.deleted.add((change.form_id, gone.number))


def _custom(world: KingdeeWorld) -> dict[str, list[str]]:
    return {form_id: list(keys) for form_id, keys in sorted(world.custom_fields.items())}
