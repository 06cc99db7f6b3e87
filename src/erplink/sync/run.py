"""What every step of a sync has in common: the space in its store, the clock, and who listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from erplink.store.database import Connection
from erplink.sync.progress import Listener
from erplink.wire.io import Database


@frozen
class Run:
    """One run over one space. ``clock`` gives the instant at which things become known, ``worker`` says who works."""

    store: Database[Connection]
    space: str
    clock: Callable[[], datetime]
    tell: Listener
    worker: str = "worker"
