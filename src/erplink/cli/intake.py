"""``erplink intake`` and ``erplink book``: events from a message broker into the inbox, and on into the books."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import msgspec
from attrs import asdict, frozen
from rich.console import Console

from erplink.brokers import Broker, Nats, Redis
from erplink.cli.books import opened
from erplink.cli.dead import Where
from erplink.cli.live import Live
from erplink.errors import ConfigInvalid
from erplink.link import Link
from erplink.link.values import Taken


@frozen
class Feed:
    """Where events come from: address, stream, and the group (NATS: durable consumer) that shares them."""

    broker: str
    stream: str
    group: str
    subject: str
    field: str

    def settings(self) -> Broker:
        """Settings for the kind of broker that the address names. Raises ``ConfigInvalid``."""
        scheme = self.broker.partition("://")[0].lower()
        if scheme in ("redis", "rediss"):
            if self.subject:
                raise _misplaced("--subject", "a Redis stream has no subjects")
            return Redis(self.broker, self.stream, self.group, self.field)
        if scheme in ("nats", "tls", "ws", "wss"):
            return Nats(self.broker, self.stream, self.group, self.subject)
        raise ConfigInvalid(
            "the address names no broker that erplink knows",
            where="--broker",
            next_step="write nats://host:4222 or redis://host:6379/0",
        )


@frozen
class Amount:
    """How much is taken in: the size of a batch, how many messages at most, whether to end when none is left."""

    batch: int
    limit: int | None
    until_empty: bool


def run(where: Where, system: str, feed: Feed, amount: Amount) -> Taken:
    """Take events in until enough were, none is left, or Ctrl-C; the batch at hand is finished and acknowledged."""
    live = Live(Console(stderr=where.json))
    with Link.open(where.db, space=where.space) as link, _stoppable(live) as asked, live.stage("taking events in"):
        taken = link.intake(
            system,
            feed.settings(),
            batch=amount.batch,
            limit=amount.limit,
            until_empty=amount.until_empty,
            stop=asked,
            progress=live.tell,
        )
    if where.json:
        print(msgspec.json.encode(asdict(taken)).decode())
    else:
        live.say(f"{taken.new:,} new events, {taken.repeated:,} repeated, {taken.dead:,} dead letters.")
    return taken


def book(where: Where) -> None:
    """Work off what came in, decide and book."""
    live = Live(Console(stderr=where.json))
    with opened(where.db, where.space) as link, live.stage("working off the inbox, deciding, booking"):
        booked = link.book(progress=live.tell)
    done, dead = (sum(getattr(each, name) for _, each in booked.worked) for name in ("done", "dead"))
    if where.json:
        figures = {"documents": done, "dead": dead, "people": booked.decided, "entries": booked.entries}
        print(msgspec.json.encode(figures).decode())
        return
    live.say(
        f"{done:,} documents, {dead:,} dead letters, {booked.decided:,} people, {booked.entries:,} journal entries."
    )


@contextmanager
def _stoppable(live: Live) -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM ask for the end; a second Ctrl-C does not wait for it."""
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        live.say("finishing the batch at hand …")

    before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _misplaced(option: str, why: str) -> ConfigInvalid:
    return ConfigInvalid(f"{option} is out of place: {why}", where="erplink intake", next_step=f"leave {option} out")
