"""Two-way fields: chosen fields of the records that two attached systems share, kept the same on both sides.

Read from the kept documents, written through the outbox: a mirror calls nobody. A sync pulls before it and pushes after
it. Records are paired by their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b

import msgspec
from attrs import evolve, field, frozen

from erplink.errors import ConfigInvalid
from erplink.model.documents import Entity, Scalar
from erplink.store import agreed, cursors, documents, echoes, outbox
from erplink.store.agreed import Difference, Shared
from erplink.store.cursors import ERRAND, Cursor, Feed, Span
from erplink.store.database import Connection
from erplink.store.queue import Message
from erplink.sync.echo import MIRRORED, fields_of
from erplink.sync.progress import Progress
from erplink.sync.run import Run
from erplink.sync.threeway import Agreed, Master, Outcome, Shown, follow
from erplink.wire.io import Io

BATCH = 200
_BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")
_BASES: msgspec.json.Decoder[dict[str, Agreed]] = msgspec.json.Decoder(dict[str, Agreed], float_hook=Decimal)


@frozen
class Pair:
    """Two attached systems and the fields they share, each with the side that is followed when both changed it."""

    left: str
    right: str
    fields: Mapping[str, Master]
    entity: Entity = "customers"

    @property
    def name(self) -> str:
        """The pair as it is filed."""
        return f"{self.left}~{self.right}"

    @property
    def feed(self) -> str:
        """Where the cursor is filed: other fields make another one, so that every record is compared once more."""
        named = blake2b("\n".join(sorted(self.fields)).encode(), digest_size=6).hexdigest()
        return f"{ERRAND}{MIRRORED}{self.name}:{named}"

    def key(self, system: str, number: str) -> str:
        """The key under which a record's values are to stand in a system."""
        return f"{MIRRORED}{self.name}:{system}:{self.entity}:{number}"


@frozen
class Mirrored:
    """What one mirror did: records compared, how many are to be written on either side, how many contradict."""

    compared: int = 0
    to_left: int = 0
    to_right: int = 0
    conflicts: int = 0

    def and_then(self, other: Mirrored) -> Mirrored:
        """The sum with another batch."""
        return Mirrored(
            self.compared + other.compared,
            self.to_left + other.to_left,
            self.to_right + other.to_right,
            self.conflicts + other.conflicts,
        )


@frozen
class _Place:
    """How far a mirror has come: through which side's arrivals, and after which of them."""

    side: str
    at: datetime = _BEGINNING
    id: str = ""

    @classmethod
    def read(cls, token: str, since: datetime | None) -> _Place:
        if not token:
            return cls("left", since or _BEGINNING)
        side, at, last = token.split("|", 2)
        return cls(side, datetime.fromisoformat(at), last)

    @property
    def token(self) -> str:
        return f"{self.side}|{self.at.isoformat()}|{self.id}"


@frozen
class _Step:
    """One batch done; no next token when it was the last one."""

    mirrored: Mirrored
    token: str | None
    met: frozenset[str] = field(factory=frozenset)


async def mirror(io: Io, run: Run, pair: Pair) -> Mirrored:
    """Compare what changed since the last mirror, and ask for what has to be written on either side.

    Goes on where it was interrupted, and then with what came since; run twice, the second time asks for nothing. The
    first run, and the first one with other fields, compares every record. Raises ``ConfigInvalid`` for a field that no
    record has.
    """
    feed, now = Feed(run.space, pair.feed, pair.entity), run.clock()
    total, cursor = Mirrored(), None
    while cursor is None or cursor.until < now:
        cursor = await io.transact(run.store, cursors.open_window, feed, now, Span())
        total = await _compare_all(io, run, pair, cursor, total)
        await io.transact(run.store, cursors.close_window, feed, cursor)
    return total


async def _compare_all(io: Io, run: Run, pair: Pair, cursor: Cursor, before: Mirrored) -> Mirrored:
    """Compare what arrived in a window; the sum with what was compared before."""
    total, met, token = before, frozenset[str](), cursor.token
    while True:
        step = await io.transact(run.store, _batch, run.space, pair, evolve(cursor, token=token), run.clock())
        total, met = total.and_then(step.mirrored), met | step.met
        run.tell(Progress("mirror", pair.entity, total.compared))
        if step.token is None:
            break
        token = step.token
    lacking = min(pair.fields.keys() - met, default="")
    if total.compared > before.compared and lacking:
        raise ConfigInvalid(
            f"no record has a field {lacking!r} on both sides",
            where=f"mirror {pair.name}",
            next_step="check its name, and name it under custom in the settings of both systems",
        )
    return total


def _batch(connection: Connection, space: str, pair: Pair, cursor: Cursor, now: datetime) -> _Step:
    """Compare the next few records. Writing the cursor first makes two mirrors of one pair take turns."""
    feed = Feed(space, pair.feed, pair.entity)
    cursors.advance(connection, feed, cursor, cursor.token)
    place = _Place.read(cursor.token, cursor.since)
    system = pair.left if place.side == "left" else pair.right
    came = documents.arrived(connection, Feed(space, system, pair.entity), (place.at, place.id), cursor.until, BATCH)
    step = _compare(connection, space, pair, [each.number for each in came], now) if came else _Step(Mirrored(), None)
    if len(came) == BATCH:
        token = _Place(place.side, came[-1].received_at, came[-1].id).token
    elif place.side == "left" and cursor.since is not None:
        token = _Place("right", cursor.since).token
    else:
        return step
    cursors.advance(connection, feed, cursor, token)
    return evolve(step, token=token)


def _compare(connection: Connection, space: str, pair: Pair, numbers: Sequence[str], now: datetime) -> _Step:
    left = _Side.load(connection, space, pair, pair.left, numbers)
    right = _Side.load(connection, space, pair, pair.right, numbers)
    shared = sorted(left.records.keys() & right.records.keys())
    saved = agreed.load(connection, Shared(space, pair.name, pair.entity), shared)
    known = {number: _BASES.decode(base) for number, base in saved.items()}
    met: set[str] = set()
    outcomes: dict[str, Outcome] = {}
    for number in shared:
        both = left.records[number].keys() & right.records[number].keys()
        masters: dict[str, Master] = {name: master for name, master in pair.fields.items() if name in both}
        met |= masters.keys()
        base = known.get(number, {})
        shown = Shown(
            left.records[number],
            right.records[number],
            left.seen(number, {name: one.both.left for name, one in base.items()}),
            right.seen(number, {name: one.both.right for name, one in base.items()}),
        )
        outcomes[number] = follow(base, shown, masters)
    _keep(connection, space, pair, {number: (known.get(number), each) for number, each in outcomes.items()}, now)
    wanted = [*left.wanted(pair, outcomes), *right.wanted(pair, outcomes)]
    outbox.want(connection, space, wanted, now)
    echoes.drop(connection, [echo.id for side in (left, right) for heard in side.heard.values() for echo in heard])
    counted = Mirrored(
        len(shared),
        sum(bool(each.to_left) for each in outcomes.values()),
        sum(bool(each.to_right) for each in outcomes.values()),
        sum(bool(each.conflicts) for each in outcomes.values()),
    )
    return _Step(counted, None, frozenset(met))


@frozen
class _Side:
    """One system's records as they are kept, and what of our writes there has been seen since the last look."""

    system: str
    is_left: bool
    records: Mapping[str, Mapping[str, Scalar]]
    heard: Mapping[str, Sequence[echoes.Echo]]

    @classmethod
    def load(cls, connection: Connection, space: str, pair: Pair, system: str, numbers: Sequence[str]) -> _Side:
        # Echoes first: what was seen by then is in the versions that are read after it.
        seen = echoes.of_records(connection, space, system, pair.entity, numbers, seen=True)
        ours = {
            number: [echo for echo in each if echo.key == pair.key(system, number)] for number, each in seen.items()
        }
        found = documents.numbered(connection, space, system, pair.entity, numbers)
        records = {number: fields_of(document) for number, document in found.items()}
        return cls(system, system == pair.left, records, ours)

    def seen(self, number: str, wanted: Mapping[str, Scalar]) -> frozenset[str]:
        """The fields whose wanted value was written before the kept version was read."""
        written = [echo.changes for echo in self.heard.get(number, ())]
        return frozenset(
            name for name, value in wanted.items() if any(name in each and each[name] == value for each in written)
        )

    def wanted(self, pair: Pair, outcomes: Mapping[str, Outcome]) -> list[Message]:
        """Everything that is to stand in this system's records and is not known to stand there yet."""
        messages = []
        for number, outcome in outcomes.items():
            new = outcome.to_left if self.is_left else outcome.to_right
            if not new:
                continue
            values = {**_on_their_way(outcome.agreed, is_left=self.is_left), **new}
            payload = _ENCODER.encode(values).decode()
            key = pair.key(self.system, number)
            messages.append(Message(key, self.system, f"{pair.entity}.update", payload, target=number))
        return messages


def _on_their_way(known: Mapping[str, Agreed], *, is_left: bool) -> dict[str, Scalar]:
    if is_left:
        return {name: one.both.left for name, one in known.items() if one.left_may}
    return {name: one.both.right for name, one in known.items() if one.right_may}


def _keep(
    connection: Connection,
    space: str,
    pair: Pair,
    outcomes: Mapping[str, tuple[Mapping[str, Agreed] | None, Outcome]],
    now: datetime,
) -> None:
    changed = {number: each.agreed for number, (known, each) in outcomes.items() if each.agreed != known}
    bases = {number: _ENCODER.encode(base).decode() for number, base in changed.items()}
    shared = Shared(space, pair.name, pair.entity)
    agreed.save(connection, shared, bases, now)
    found = [
        Difference(pair.name, pair.entity, number, name, both.left, both.right)
        for number, (_, outcome) in outcomes.items()
        for name, both in outcome.conflicts.items()
    ]
    agreed.contradict(connection, shared, [*outcomes], found, now)
