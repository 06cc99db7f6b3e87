"""What every step of a sync has in common: the space in its store, the clock, and who listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from erplink.store.database import Connection
from erplink.sync.progress import Listener
from erplink.wire.io import Database


def nobody_is_gone(worker: str) -> bool:  # noqa: ARG001 - a worker nobody knows anything of
    """For those who cannot tell: what others hold is free when their leases run out."""
    return False


@frozen
class Run:
    """One run over one space.

    ``clock`` gives the instant at which things become known, ``worker`` says who works. ``events`` are the names of
    host events that somebody listens to. ``gone`` tells of a worker whether it was killed for certain, so that what it
    held is free at once.
    """

    store: Database[Connection]
    space: str
    clock: Callable[[], datetime]
    tell: Listener
    worker: str = "worker"
    events: frozenset[str] = frozenset()
    gone: Callable[[str], bool] = nobody_is_gone
