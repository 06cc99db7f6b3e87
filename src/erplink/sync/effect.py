"""The effect of a message and the note that it is done, in one transaction: both are there, or neither is."""

from __future__ import annotations

from datetime import datetime

from erplink.errors import Busy
from erplink.store import dead, queue
from erplink.store.database import Connection
from erplink.store.queue import Claimed, Settled


def take_effect(connection: Connection, space: str, claimed: Claimed, now: datetime) -> None:
    """Note that a message is done, in the transaction in which it has its effect; nobody else is handed it meanwhile.

    Raises ``Busy`` when its lease ran out and somebody else holds it: they will have its effect.
    """
    if not queue.settle(connection, "inbox", [Settled(claimed, "done")], now):
        raise Busy("somebody else holds the message by now", where="inbox", next_step="roll back", sent="no")
    dead.resolve(connection, space, "inbox", [claimed.message.key], now)
