"""A consumer of a Redis stream's group as a source of events. asyncio only, as its library is."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec
from redis.asyncio import Redis as Client
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from erplink.errors import (
    ConfigInvalid,
    ErplinkError,
    LoginRefused,
    NotPermitted,
    ServerFault,
    Unreachable,
    Unsupported,
)
from erplink.facade.brokers.asyncio_only import need_asyncio
from erplink.facade.brokers.settings import shown
from erplink.sync.envelope import Arrival

if TYPE_CHECKING:
    from erplink.facade.brokers.redis import Redis

_CONNECT_SECONDS = 5.0
_Entry = tuple[bytes, Mapping[bytes, bytes]]


class RedisSource:
    """Reads in batches as a consumer of its own, and claims what consumers that died left behind."""

    def __init__(self, settings: Redis) -> None:
        self._settings = settings
        self._consumer = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._client: Client | None = None
        self._claim_at = 0.0

    async def fetch(self, limit: int) -> Sequence[Arrival]:
        """The next entries, at most ``limit``: what others left too long, or what is new within ``wait`` seconds."""
        need_asyncio("Redis")
        try:
            with self._in_our_words():
                if self._client is None:
                    self._client = self._made()
                    await self._join(self._client)
                return [self._arrival(*entry) for entry in await self._entries(self._client, limit)]
        except ErplinkError:
            await self._hang_up()
            raise

    async def ack(self, arrivals: Sequence[Arrival]) -> None:
        """Acknowledge all in one call."""
        if self._client is not None and arrivals:
            with self._in_our_words():
                ids = [arrival.id for arrival in arrivals]
                await self._client.xack(self._settings.stream, self._settings.group, *ids)

    async def close(self) -> None:
        """Leave the group, unless something is still unacknowledged, and hang up."""
        if self._client is not None:
            with suppress(RedisError, OSError):
                await self._leave(self._client)
        await self._hang_up()

    async def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(RedisError, OSError):
                await client.aclose()

    def _made(self) -> Client:
        settings = self._settings
        return Client.from_url(
            settings.url,
            protocol=2,
            decode_responses=False,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=settings.wait + _CONNECT_SECONDS,
            # Who asks decides how long to wait for a broker that is away.
            retry=Retry(NoBackoff(), 0),
        )

    async def _join(self, client: Client) -> None:
        try:
            await client.xgroup_create(self._settings.stream, self._settings.group, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def _entries(self, client: Client, limit: int) -> Sequence[_Entry]:
        settings = self._settings
        if time.monotonic() >= self._claim_at:
            if left := await self._claimed(client, limit):
                return left
            self._claim_at = time.monotonic() + settings.redeliver / 2
        found: Any = await client.xreadgroup(
            settings.group, self._consumer, {settings.stream: ">"}, count=limit, block=max(int(settings.wait * 1000), 1)
        )
        return found[0][1] if found else []

    async def _claimed(self, client: Client, limit: int) -> Sequence[_Entry]:
        settings, start = self._settings, b"0-0"
        while True:
            idle = int(settings.redeliver * 1000)
            start, entries, *_ = await client.xautoclaim(
                settings.stream, settings.group, self._consumer, idle, start, count=limit
            )
            there = [entry for entry in entries if entry[1] is not None]  # others were trimmed off the stream
            if there or start == b"0-0":
                return there

    async def _leave(self, client: Client) -> None:
        """Redis forgets what was handed to a consumer that is deleted: only one that owes nothing may go."""
        stream, group = self._settings.stream, self._settings.group
        owed = await client.xpending_range(stream, group, "-", "+", 1, consumername=self._consumer)
        if not owed:
            await client.xgroup_delconsumer(stream, group, self._consumer)

    def _arrival(self, name: bytes, fields: Mapping[bytes, bytes]) -> Arrival:
        body = fields.get(self._settings.field.encode())
        return Arrival(name.decode(), _event(fields) if body is None else body)

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            raise self._error(error, str(error) or type(error).__name__) from error

    def _error(self, error: Exception, why: str) -> ErplinkError:
        where, stream = shown(self._settings.url), self._settings.stream
        if isinstance(error, AuthenticationError | AuthorizationError) or why.startswith(("WRONGPASS", "NOAUTH")):
            return LoginRefused("Redis refused the login", where=where, next_step="check user and password")
        if isinstance(error, NoPermissionError):
            return NotPermitted(f"this Redis user may not read {stream}", where=where, next_step=f"Redis says: {why}")
        if why.startswith("WRONGTYPE"):
            return ConfigInvalid(f"{stream!r} is no stream in Redis", where=where, next_step="check its name")
        if why.lower().startswith("unknown command"):
            return Unsupported("this Redis is too old", where=where, next_step="use Redis 6.2 or newer")
        if why.startswith("NOGROUP"):
            return Unreachable(f"the stream {stream} is gone", where=where, next_step="wait for it to be filled again")
        if isinstance(error, ResponseError) and not why.startswith(("READONLY", "MASTERDOWN", "LOADING", "TRYAGAIN")):
            return ServerFault(f"Redis failed: {why}", where=where, next_step="look into its log")
        return Unreachable(f"Redis is away: {why}", where=where, next_step="check the address, or wait for the broker")


def _event(fields: Mapping[bytes, bytes]) -> bytes:
    """The event whose attributes are fields; its data is JSON already."""
    event: dict[str, object] = {_text(name): _text(value) for name, value in fields.items()}
    if b"data" in fields:
        event["data"] = msgspec.Raw(fields[b"data"])
    return msgspec.json.encode(event)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
