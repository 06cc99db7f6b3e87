"""Streams of real brokers on loopback: made for one test, filled, looked at, and removed again."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from typing import NoReturn, Protocol, TypeVar

import nats
import pytest
import redis
from attrs import frozen
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from erplink.brokers import Nats, Redis

T = TypeVar("T")

KINDS = ("nats", "redis")
PORTS = {"nats": 4222, "redis": 6379}
BUFFER = 1000

_numbers = count(1)


class Stream(Protocol):
    """A stream of a broker, and how a test sees it."""

    @property
    def name(self) -> str: ...

    def settings(self, redeliver: float = 60.0) -> Nats | Redis:
        """What an intake of the stream is told."""
        ...

    def publish(self, bodies: Sequence[bytes], names: Sequence[str] = ()) -> None:
        """Publish messages in order; ``names`` are what the broker may know repeated ones by."""
        ...

    def left(self) -> int:
        """How many messages are not acknowledged."""
        ...


@frozen
class NatsStream:
    url: str
    name: str

    def settings(self, redeliver: float = 60.0) -> Nats:
        return Nats(self.url, self.name, redeliver=redeliver, wait=0.5)

    def make(self) -> None:
        self._with(lambda stream: stream.add_stream(name=self.name, subjects=[f"{self.name}.>"]))

    def remove(self) -> None:
        self._with(lambda stream: stream.delete_stream(self.name))

    def publish(self, bodies: Sequence[bytes], names: Sequence[str] = ()) -> None:
        async def publish(stream: JetStreamContext) -> None:
            told: Sequence[dict[str, str] | None] = [{"Nats-Msg-Id": name} for name in names] or [None] * len(bodies)
            for start in range(0, len(bodies), BUFFER):
                part = zip(bodies[start : start + BUFFER], told[start : start + BUFFER], strict=True)
                waiting = [stream.publish(f"{self.name}.orders", body, headers=extra) for body, extra in part]
                await asyncio.gather(*waiting)

        self._with(publish)

    def left(self) -> int:
        async def look(stream: JetStreamContext) -> int:
            try:
                seen = await stream.consumer_info(self.name, "erplink")
            except NotFoundError:
                return (await stream.stream_info(self.name)).state.messages
            return (seen.num_pending or 0) + (seen.num_ack_pending or 0)

        return self._with(look)

    def _with(self, job: Callable[[JetStreamContext], Awaitable[T]]) -> T:
        async def run() -> T:
            client = await nats.connect(self.url)
            try:
                return await job(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(run())


@frozen
class RedisStream:
    url: str
    name: str

    def settings(self, redeliver: float = 60.0) -> Redis:
        return Redis(self.url, self.name, redeliver=redeliver, wait=0.5)

    def make(self) -> None:
        """Redis makes it when something is published."""

    def remove(self) -> None:
        with closing(redis.Redis.from_url(self.url)) as client:
            client.delete(self.name)

    def publish(self, bodies: Sequence[bytes], names: Sequence[str] = ()) -> None:
        del names
        with closing(redis.Redis.from_url(self.url)) as client, client.pipeline(transaction=False) as pipe:
            for body in bodies:
                pipe.xadd(self.name, {"event": body})
            pipe.execute()

    def left(self) -> int:
        with closing(redis.Redis.from_url(self.url, protocol=2)) as client:
            group = next(iter(client.xinfo_groups(self.name)), None) if client.exists(self.name) else None
            return client.xlen(self.name) if group is None else group["pending"] + group["lag"]


@contextmanager
def made(kind: str, url: str) -> Iterator[Stream]:
    """A stream of one's own; it is gone after the block."""
    name = f"erplink_test_{os.getpid()}_{next(_numbers)}"
    stream = NatsStream(url, name) if kind == "nats" else RedisStream(url, name)
    stream.make()
    try:
        yield stream
    finally:
        stream.remove()


def running(kind: str) -> str:
    """The address of a broker on this machine. Skips the test without one, and fails it where CI promises one."""
    port = PORTS[kind]
    try:
        socket.create_connection(("127.0.0.1", port), timeout=3).close()
    except OSError:
        lacking(f"no {kind} server answers on 127.0.0.1:{port}")
    return f"{kind}://127.0.0.1:{port}"


def lacking(what: str) -> NoReturn:
    """End a test that cannot be run here: a skip on a user's machine, a failure where CI promises it."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, but CI is set")
    pytest.skip(what)
