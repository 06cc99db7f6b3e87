"""What two systems last agreed on, record by record, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import sqlalchemy as sa
from attrs import frozen

from erplink.model.documents import Scalar
from erplink.store import sync_tables as t
from erplink.store.upsert import chunks, upsert

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


@frozen
class Difference:
    """A field of a record that both sides of a pair changed, or that does not settle. Values stay out of ``repr``."""

    pair: str
    entity: str
    number: str
    field: str
    left: Scalar = attrs.field(repr=False)
    right: Scalar = attrs.field(repr=False)
    noted_at: datetime | None = None


@frozen
class Shared:
    """The records that a pair of systems shares, in one space."""

    space: str
    pair: str
    entity: str


def load(connection: sa.Connection, shared: Shared, numbers: Collection[str]) -> dict[str, str]:
    """What was agreed on these records, as it was saved."""
    found: dict[str, str] = {}
    for part in chunks(sorted(set(numbers))):
        query = sa.select(t.agreed.c.number, t.agreed.c.base).where(_these(t.agreed, shared, part))
        found.update({row.number: row.base for row in connection.execute(query)})
    return found


def save(connection: sa.Connection, shared: Shared, bases: Mapping[str, str], now: datetime) -> None:
    """Remember what is agreed on these records."""
    rows = [
        {**attrs.asdict(shared), "number": number, "base": base, "agreed_at": now} for number, base in bases.items()
    ]
    upsert(connection, t.agreed, rows)


def contradict(
    connection: sa.Connection, shared: Shared, numbers: Collection[str], found: Sequence[Difference], now: datetime
) -> None:
    """Replace what was listed for these records by what was found; one that stays keeps the instant it was noted."""
    c = t.differences.c
    known: dict[tuple[str, str], datetime] = {}
    for part in chunks(sorted(set(numbers))):
        these = _these(t.differences, shared, part)
        for row in connection.execute(sa.select(c.number, c.field, c.noted_at).where(these)):
            known[row.number, row.field] = row.noted_at
        connection.execute(sa.delete(t.differences).where(these))
    rows = [
        {
            **attrs.asdict(shared),
            "number": each.number,
            "field": each.field,
            "left": _ENCODER.encode(each.left).decode(),
            "right": _ENCODER.encode(each.right).decode(),
            "noted_at": known.get((each.number, each.field), now),
        }
        for each in found
    ]
    upsert(connection, t.differences, rows)


def differences(connection: sa.Connection, space: str, limit: int) -> list[Difference]:
    """Where systems contradict each other and a person has to say, by pair and number."""
    c = t.differences.c
    query = sa.select(t.differences).where(c.space == space).order_by(c.pair, c.entity, c.number, c.field).limit(limit)
    return [_difference(row) for row in connection.execute(query)]


def _these(table: sa.Table, shared: Shared, numbers: Sequence[str]) -> sa.ColumnElement[bool]:
    c = table.c
    return sa.and_(c.space == shared.space, c.pair == shared.pair, c.entity == shared.entity, c.number.in_(numbers))


def _difference(row: sa.Row[Any]) -> Difference:
    left, right = _DECODER.decode(row.left), _DECODER.decode(row.right)
    return Difference(row.pair, row.entity, row.number, row.field, left, right, row.noted_at)
