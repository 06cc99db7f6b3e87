"""Deleting what was done long ago, piece by piece, so that whoever works beside it hardly waits."""

from __future__ import annotations

from datetime import datetime

from erplink.errors import ConfigInvalid
from erplink.facade.database import transact, transact_async
from erplink.store import queue
from erplink.store.database import Store
from erplink.store.queue import Box

PIECE = 5_000
"""How many messages are deleted in one transaction."""


def forget(store: Store, box: Box, space: str, before: datetime) -> int:
    """Delete what was done before an instant; how many. Raises ``ConfigInvalid`` when the instant names no zone."""
    _check(before)
    forgotten = 0
    while piece := transact(store, queue.forget, box, space, before, PIECE):
        forgotten += piece
    return forgotten


async def forget_async(store: Store, box: Box, space: str, before: datetime) -> int:
    """Like ``forget``, for tasks."""
    _check(before)
    forgotten = 0
    while piece := await transact_async(store, queue.forget, box, space, before, PIECE):
        forgotten += piece
    return forgotten


def _check(before: datetime) -> None:
    if before.tzinfo is None:
        raise ConfigInvalid("the instant names no zone", where="forget", next_step="give an aware datetime")
