"""A message broker in this process: what is published is handed out until it is acknowledged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from erplink.sync.envelope import Arrival
from erplink.sync.intake import Source


class MemoryBroker:
    """A stand-in for a broker, for tests and first steps. Belongs to one thread.

    >>> from erplink import Link
    >>> broker = MemoryBroker()
    >>> broker.publish({"id": "1", "type": "coupons.issued", "data": {"coupon": "C1"}})
    >>> with Link.open("sqlite://", space="acme") as link:
    ...     link.intake("shop", broker, until_empty=True)
    Taken(new=1, repeated=0, dead=0)
    >>> broker.left
    0
    """

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}
        self._handed_out: set[str] = set()
        self._published = 0

    def publish(self, event: bytes | Mapping[str, object]) -> None:
        """Publish an event: the bytes of a message, or what becomes them as JSON."""
        self._published += 1
        self._bodies[f"message-{self._published}"] = event if isinstance(event, bytes) else msgspec.json.encode(event)

    @property
    def left(self) -> int:
        """How many messages are not acknowledged."""
        return len(self._bodies)

    def open(self) -> Source:
        """A consumer. Several share the messages; what one holds when it is closed goes to the others."""
        return _Consumer(self._bodies, self._handed_out)


class _Consumer:
    def __init__(self, bodies: dict[str, bytes], handed_out: set[str]) -> None:
        self._bodies = bodies
        self._handed_out = handed_out
        self._mine: set[str] = set()

    async def fetch(self, limit: int) -> Sequence[Arrival]:
        free = list(islice((name for name in self._bodies if name not in self._handed_out), limit))
        self._mine.update(free)
        self._handed_out.update(free)
        return [Arrival(name, self._bodies[name]) for name in free]

    async def ack(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            self._bodies.pop(arrival.id, None)

    async def close(self) -> None:
        self._handed_out -= self._mine
        self._mine.clear()
