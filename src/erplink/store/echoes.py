"""What our own writes changed, until the changed records came back: so that nobody takes an echo for news."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from attrs import field, frozen

from erplink.model.documents import Scalar
from erplink.store.sync_tables import echoes as table
from erplink.store.upsert import chunks

_c = table.c
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")
_DECODER: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@frozen
class Echo:
    """One write of ours that was done: which fields of which record got which values, under which key of the outbox.

    ``id`` grows with every write that was noted; a write whose id a pull found when it began is older than all that the
    pull reads. ``seen`` is set when a version of the record was kept that was read after the write.
    """

    system: str
    entity: str
    number: str
    key: str
    changes: Mapping[str, Scalar] = field(repr=False)
    id: int = 0
    seen: bool = False


def note(connection: sa.Connection, space: str, echoes: Sequence[Echo], now: datetime) -> None:
    """Remember writes, in the order in which they were done."""
    rows = [
        {
            "space": space,
            "system": echo.system,
            "entity": echo.entity,
            "number": echo.number,
            "key": echo.key,
            "changes": _ENCODER.encode(echo.changes).decode(),
            "written_at": now,
            "seen": False,
        }
        for echo in echoes
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def latest(connection: sa.Connection, space: str) -> int:
    """The id of the write that was noted last; 0 when none is remembered."""
    return int(connection.execute(sa.select(sa.func.max(_c.id)).where(_c.space == space)).scalar_one() or 0)


def of_records(
    connection: sa.Connection, space: str, system: str, entity: str, numbers: Collection[str], *, seen: bool
) -> dict[str, list[Echo]]:
    """What is remembered of these records, by number and in the order of writing; seen or still unseen echoes."""
    mine = sa.and_(_c.space == space, _c.system == system, _c.entity == entity, _c.seen == seen)
    found: dict[str, list[Echo]] = {}
    if not connection.execute(sa.select(sa.exists().where(mine))).scalar_one():
        return found
    for part in chunks(sorted(set(numbers))):
        query = sa.select(table).where(mine, _c.number.in_(part)).order_by(_c.id)
        for row in connection.execute(query):
            found.setdefault(row.number, []).append(_echo(row))
    return found


def see(connection: sa.Connection, ids: Sequence[int]) -> None:
    """These writes have been seen to come back."""
    for part in chunks(ids):
        connection.execute(sa.update(table).where(_c.id.in_(part)).values(seen=True))


def drop(connection: sa.Connection, ids: Sequence[int]) -> None:
    """These are done with."""
    for part in chunks(ids):
        connection.execute(sa.delete(table).where(_c.id.in_(part)))


def forget(connection: sa.Connection, space: str, before: datetime) -> int:
    """Delete what was written before an instant, seen or not; how many."""
    return connection.execute(sa.delete(table).where(_c.space == space, _c.written_at < before)).rowcount


def _echo(row: sa.Row[Any]) -> Echo:
    return Echo(row.system, row.entity, row.number, row.key, _DECODER.decode(row.changes), row.id, row.seen)
