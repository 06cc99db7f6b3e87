"""A process that takes events in and dies at a chosen point: `python -m tests.brokers.victim DB KIND TOLD POINT`."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence

from attrs import frozen

from erplink import Link
from erplink.brokers import Arrival, Broker, Nats, Redis, Source

POINTS = ("fetched", "committed", "acknowledged")
BATCH = 100
BATCHES = 3
"""It dies when it passes the point for the third time."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed:
    """A source whose process dies after it fetched, before it acknowledges, or after."""

    def __init__(self, source: Source, point: str) -> None:
        self._source = source
        self._point = point
        self._passed = 0

    async def fetch(self, limit: int) -> Sequence[Arrival]:
        found = await self._source.fetch(limit)
        self._pass("fetched")
        return found

    async def ack(self, arrivals: Sequence[Arrival]) -> None:
        self._pass("committed")
        await self._source.ack(arrivals)
        self._pass("acknowledged")

    async def close(self) -> None:
        await self._source.close()

    def _pass(self, point: str) -> None:
        self._passed += point == self._point
        if self._passed == BATCHES:
            die()


@frozen
class Victim:
    """A broker that hands out a doomed source."""

    broker: Broker
    point: str

    def open(self) -> Source:
        return Doomed(self.broker.open(), self.point)


def main() -> None:
    url, kind, settings, point = sys.argv[1:]
    broker: Broker = Nats(**json.loads(settings)) if kind == "Nats" else Redis(**json.loads(settings))
    with Link.open(url, space="acme") as link:
        link.intake("shop", Victim(broker, point), batch=BATCH, until_empty=True)


if __name__ == "__main__":
    main()
