"""What customer records show of points and tiers, against the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from attrs import evolve

from erplink.errors import ConfigInvalid
from erplink.model.documents import Key
from erplink.store import cursors, documents, echoes, findings, keys, outbox
from erplink.store.cursors import Cursor, Feed
from erplink.store.database import Connection
from erplink.store.findings import Finding, Kind
from erplink.sync.balances import balances_of
from erplink.sync.echo import bare, fields_of
from erplink.sync.engine import Attached
from erplink.sync.joining import Different, merge_join
from erplink.sync.programme import in_force
from erplink.sync.progress import Progress
from erplink.sync.run import Run

BATCH = 200
_WHAT: Kind = "shown"
_CHANGES: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


async def compare_shown(run: Run, each: Attached) -> int:
    """Compare the points and tiers on kept customer records with the books; how many records were looked at.

    Only fields that the settings name, and that were to be written. What is on its way there is not looked at.
    """
    io, feed, looked = each.io, Feed(run.space, each.name, "customers"), 0
    cursor = await io.transact(run.store, findings.begin, feed, _WHAT, (_WHAT,), run.clock())
    while True:
        number, token = await io.transact(run.store, _batch, feed, cursor, run.clock())
        looked += number
        run.tell(Progress("reconcile", "customers", looked))
        if not token:
            break
        cursor = evolve(cursor, token=token)
    await io.transact(run.store, cursors.close_window, findings.errand(feed, _WHAT), cursor)
    return looked


def _batch(connection: Connection, feed: Feed, cursor: Cursor, now: datetime) -> tuple[int, str]:
    """Compare the next records; how many, and the id to go on after (empty: there are no more)."""
    page = keys.between(connection, feed, cursor.token, None, BATCH)
    findings.note(connection, feed.space, _differing(connection, feed, page, now), now)
    token = page[-1].id if len(page) == BATCH else ""
    if token:
        cursors.advance(connection, findings.errand(feed, _WHAT), cursor, token)
    return len(page), token


def _differing(connection: Connection, feed: Feed, page: Sequence[Key], now: datetime) -> list[Finding]:
    try:
        pool = in_force(connection, feed.space, now).points.pool
    except ConfigInvalid:
        return []  # without a programme there are no books to compare with
    numbers = [key.number for key in page]
    messages = balances_of(connection, feed.space, feed.system, numbers, pool, now)
    # In the order in which a balance travels: asked for, written, come back. So none is missed on its way.
    waiting = outbox.under_way(connection, feed.space, [message.key for message in messages.values()])
    unseen = echoes.of_records(connection, feed.space, feed.system, "customers", numbers, seen=False)
    kept = documents.numbered(connection, feed.space, feed.system, "customers", numbers)
    settled = {
        number: _CHANGES.decode(message.payload)
        for number, message in messages.items()
        if number in kept and number not in unseen and message.key not in waiting
    }
    ours = [key for key in page if key.number in settled]
    shown = [_key(key, fields_of(kept[key.number]), settled[key.number]) for key in ours]
    wanted = [_key(key, settled[key.number], fields_of(kept[key.number])) for key in ours]
    return [
        Finding(feed.system, "customers", _WHAT, each.left.id, each.left.number, detail=_words(each))
        for each in merge_join(shown, wanted)
        if isinstance(each, Different)
    ]


def _key(key: Key, fields: Mapping[str, Any], other: Mapping[str, Any]) -> Key:
    """A record whose version is what it holds of points and tier, as far as the other side has them too."""
    words = [
        f"{name} {bare(fields[name]) or 'none'}" for name in ("points", "tier") if name in fields and name in other
    ]
    return Key(key.id, key.number, ", ".join(words))


def _words(differ: Different) -> str:
    return f"shows {differ.left.version}; by the books {differ.right.version}"
