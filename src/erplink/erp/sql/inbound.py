"""Taking rows from an intermediate table (中间表): claimed by one worker, given out, confirmed when they are kept.

A row is confirmed when the page after it is asked for, which is when the page before has been kept; or by the token of
its page, which was kept with it. A worker that dies leaves rows claimed, and they are claimed again when the lease has
run out. So each row is given at least once, and none is done before it was kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncGenerator, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.sql.elements import ColumnElement

from erplink.erp.sql import statements
from erplink.erp.sql.calls import Database
from erplink.erp.sql.clock import now
from erplink.erp.sql.exchange import InboundPlan, only
from erplink.erp.sql.plan import Table, given
from erplink.erp.sql.planning import column_of
from erplink.erp.sql.reading import Kinds, Reading
from erplink.erp.sql.rows import rows_of
from erplink.erp.sql.statements import Span
from erplink.erp.sql.tokens import Spot, foreign, spot_of, token
from erplink.erp.sql.values import bindable
from erplink.errors import NotFound
from erplink.mapping.tree import Read
from erplink.model.documents import Document, Entity
from erplink.wire.adapter import Page

_AT_ONCE = 500
"""Rows of one claim: so many keys go into one statement of any database."""
_CLAIM = re.compile(r"[0-9a-f]{24}")
_LONGEST = 200
"""Characters of a message."""


@frozen
class Claimed:
    """What a claim brought, if anything. ``met_others``: rows were there, and others were faster."""

    read: Read | None = None
    met_others: bool = False


@frozen
class Inlet:
    """Takes the rows of one entity."""

    db: Database
    plan: InboundPlan
    of: str
    size: int
    known: MutableMapping[Entity, Kinds]

    async def pages(self, after: str) -> AsyncGenerator[Page, None]:
        """Every row that waits, in the order of its key; ``after`` is the token of a page that was kept."""
        rows = self.plan.rows
        if after:
            await self._confirm(self._claim_of(after))
        while True:
            claim = self._new_claim()
            claimed = await self.db.write(
                f"{rows.entity} claim", rows.tables, claimed_rows, self.plan, claim, self._most
            )
            if claimed.read is not None:
                yield Page(claimed.read.documents, token(Spot(self.of, claim)), claimed.read.broken)
                await self._confirm(claim)
            elif not claimed.met_others:
                return

    async def get(self, number: str) -> Document:
        """The document of the newest row with a number, whatever its status. Raises ``NotFound``, ``ShapeChanged``."""
        rows = await self._reading.numbered(number)
        for _, group in reversed(_runs(self.plan, rows)):
            read = self.plan.rows.reader.read(group)
            for broken in read.broken:
                raise broken.error
            if read.documents[0].number == number:
                return read.documents[0]
        step = "check the number; what the ERP has not written there yet is not there"
        raise NotFound(f"there is no {number!r} in {self.plan.rows.table}", where=self.of, next_step=step)

    async def _confirm(self, claim: str) -> None:
        rows = self.plan.rows
        await self.db.write(f"{rows.entity} confirm", rows.tables, confirm, self.plan, claim)

    def _new_claim(self) -> str:
        io = self.db.io
        return hashlib.sha256(f"{io.now().isoformat()} {io.random()} {io.random()}".encode()).hexdigest()[:24]

    def _claim_of(self, after: str) -> str:
        claim = spot_of(after, self.of).id
        if not isinstance(claim, str) or _CLAIM.fullmatch(claim) is None:
            raise foreign(after)
        return claim

    @property
    def _most(self) -> int:
        return min(self.size, _AT_ONCE)

    @property
    def _reading(self) -> Reading:
        return Reading(self.db, self.plan.rows, self.of, self.size, self.known)


def claimed_rows(connection: sa.Connection, plan: InboundPlan, claim: str, most: int) -> Claimed:
    """Claim rows that wait, or whose claim has run out, and read them. The same claim again reads what it has.

    Those that do not fit are set to failed at once: whoever stops at one of them is not stopped by it again.
    """
    mine = statements.page(only(plan.rows, _held_by(plan, claim)), Span())
    rows = rows_of(connection, mine)
    if rows:
        return Claimed(plan.rows.reader.read(rows))
    at = now(connection, plan.rows.zone).astimezone(plan.rows.zone).replace(tzinfo=None, microsecond=0)
    wanted = [row[0] for row in rows_of(connection, _waiting(connection, plan, at, most))]
    if not wanted:
        return Claimed()
    words, table = plan.words, _bare(plan.rows.table)
    values = {
        column_of(words.status): given(words.claimed),
        column_of(words.claimed_by): given(claim),
        column_of(words.claimed_at): given(bindable(connection, at)),
    }
    is_wanted = table.c[plan.rows.key].in_([given(key) for key in wanted])
    connection.execute(sa.update(table).where(is_wanted, _is_free(connection, plan, table, at)).values(values))
    rows = rows_of(connection, mine)
    if not rows:
        return Claimed(met_others=True)
    read = plan.rows.reader.read(rows)
    for key, why in _misfits(plan, rows).items() if read.broken else ():
        _end(connection, plan, claim, words.failed, why[:_LONGEST], key)
    return Claimed(read)


def confirm(connection: sa.Connection, plan: InboundPlan, claim: str) -> None:
    """Set the rows of a claim to done. Again changes nothing."""
    _end(connection, plan, claim, plan.words.done, "")


def _end(
    connection: sa.Connection, plan: InboundPlan, claim: str, status: object, message: str, key: object = None
) -> None:
    """Set the rows of a claim, or one of them, to how they ended."""
    words, table = plan.words, _bare(plan.rows.table)
    mine = [table.c[column] == given(value) for column, value in _held_by(plan, claim).items()]
    mine += [] if key is None else [table.c[plan.rows.key] == given(key)]
    values = {column_of(words.status): given(status)}
    if words.message is not None:
        values[column_of(words.message)] = given(message)
    connection.execute(sa.update(table).where(*mine).values(values))


def _misfits(plan: InboundPlan, rows: Sequence[Any]) -> Mapping[Any, str]:
    """Why rows cannot be read, by their keys."""
    read = {key: plan.rows.reader.read(group).broken for key, group in _runs(plan, rows)}
    return {key: f"{broken.error.what} ({broken.error.where})" for key, several in read.items() for broken in several}


def _runs(plan: InboundPlan, rows: Sequence[Any]) -> list[tuple[Any, list[Any]]]:
    """Each row of the table, with its lines behind it, by its key."""
    by_key = itemgetter(0 if plan.rows.lines is not None else plan.rows.head.index(plan.rows.key))
    return [(key, list(group)) for key, group in groupby(sorted(rows, key=by_key), by_key)]


def _waiting(connection: sa.Connection, plan: InboundPlan, at: datetime, most: int) -> sa.Executable:
    """The keys of rows to claim; rows that others are claiming are left out where the database can."""
    row = _bare(plan.rows.table)
    key = row.c[plan.rows.key]
    is_free = _is_free(connection, plan, row, at)
    found = sa.select(key).where(*plan.rows.table.counted(row), is_free).order_by(key).limit(most)
    return found.with_for_update(skip_locked=True) if _can_skip(connection.dialect) else found


def _is_free(connection: sa.Connection, plan: InboundPlan, row: Any, at: datetime) -> ColumnElement[bool]:
    words = plan.words
    status, since = row.c[column_of(words.status)], row.c[column_of(words.claimed_at)]
    ended = given(bindable(connection, at - timedelta(seconds=words.lease)))
    lapsed = sa.and_(status == given(words.claimed), sa.or_(since < ended, since.is_(None)))
    return sa.or_(status == given(words.new), lapsed)


def _held_by(plan: InboundPlan, claim: str) -> dict[str, Any]:
    words = plan.words
    return {column_of(words.claimed_by): claim, column_of(words.status): words.claimed}


def _bare(table: Table) -> sa.TableClause:
    return sa.table(table.name, *map(sa.column, table.columns), schema=table.schema)


def _can_skip(dialect: sa.Dialect) -> bool:
    if dialect.name == "postgresql":
        return True
    # Oracle locks no rows of a query that is limited.
    version: tuple[Any, ...] = getattr(dialect, "server_version_info", None) or ()
    if dialect.name not in {"mysql", "mariadb"}:
        return False
    return version >= ((10, 6) if getattr(dialect, "is_mariadb", False) else (8, 0, 1))
