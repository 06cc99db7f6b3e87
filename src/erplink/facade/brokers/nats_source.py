"""A NATS JetStream pull consumer as a source of events. asyncio only, as its library is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError, ServiceUnavailableError

from erplink.errors import ConfigInvalid, ErplinkError, LoginRefused, NotPermitted, Unreachable
from erplink.facade.brokers.asyncio_only import need_asyncio
from erplink.facade.brokers.nats_pull import Puller
from erplink.facade.brokers.settings import addresses, shown
from erplink.sync.envelope import Arrival

if TYPE_CHECKING:
    from erplink.facade.brokers.nats import Nats

_CONNECT_SECONDS, _FLUSH_SECONDS = 5, 2
_NO_STREAM = 10059
_OLD = 9


class NatsSource:
    """Fetches in batches, acknowledges each message, and connects anew after it was cut off."""

    def __init__(self, settings: Nats) -> None:
        self._settings = settings
        self._heard: Exception | None = None
        self._client: Client | None = None
        self._puller: Puller | None = None

    async def fetch(self, limit: int) -> Sequence[Arrival]:
        """What is there, at most ``limit``; if nothing is, the first message within ``wait`` seconds, or none."""
        need_asyncio("NATS")
        try:
            with self._in_our_words():
                if self._puller is None:
                    self._puller = await self._connected()
                messages = await self._puller.pull(limit, self._settings.wait)
                return [Arrival(_name(message), message.data, message) for message in messages]
        except ErplinkError:
            await self._hang_up()
            raise

    async def ack(self, arrivals: Sequence[Arrival]) -> None:
        """Acknowledge each; the broker hears of it soon, and does no harm when it does not."""
        with self._in_our_words():
            for arrival in arrivals:
                if isinstance(arrival.receipt, Msg):
                    await arrival.receipt.ack()

    async def close(self) -> None:
        """Send what is still to be said, and hang up."""
        if self._client is not None and self._client.is_connected:
            with suppress(Error, OSError, asyncio.TimeoutError):
                await self._client.flush(_FLUSH_SECONDS)
        await self._hang_up()

    async def _hang_up(self) -> None:
        client, self._client, self._puller = self._client, None, None
        if client is not None:
            with suppress(Error, OSError, asyncio.TimeoutError):
                await client.close()

    async def _connected(self) -> Puller:
        urls = addresses(self._settings.url)
        parts = urlsplit(urls[0])
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        # One try for each connection: who asks decides how long to wait for a broker that is away.
        self._client, self._heard = Client(), None
        await self._client.connect(
            [_without_user(url) for url in urls],
            name="erplink",
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=_CONNECT_SECONDS,
            error_cb=self._hear,
            disconnected_cb=self._lose,
            user=user if password else None,
            password=password or None,
            token=user if user and not password else None,
        )
        self._check(await self._there(self._client.jetstream()))
        puller = Puller(self._client, self._settings.stream, self._settings.durable)
        await puller.begin()
        return puller

    async def _hear(self, error: Exception) -> None:
        """What the library would log, and what it says more of than of the error that it raises."""
        self._heard = error

    async def _lose(self) -> None:
        if self._puller is not None:
            self._puller.lost()

    async def _there(self, stream: JetStreamContext) -> ConsumerInfo:
        """The durable consumer; made, if it is missing."""
        settings = self._settings
        with suppress(NotFoundError):
            found: ConsumerInfo = await stream.consumer_info(settings.stream, settings.durable)
            return found
        return await stream.add_consumer(
            settings.stream,
            ConsumerConfig(
                durable_name=settings.durable,
                deliver_policy=DeliverPolicy.ALL,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=settings.redeliver,
                filter_subject=settings.subject or None,
                max_ack_pending=20_000,
            ),
        )

    def _check(self, found: ConsumerInfo) -> None:
        config, settings = found.config, self._settings
        fault = ""
        if config.deliver_subject:
            fault = "is pushed to, and not pulled from"
        elif config.ack_policy != AckPolicy.EXPLICIT:
            fault = "does not ask for each message to be acknowledged"
        elif (config.filter_subject or "") != settings.subject:
            fault = f"takes the subject {config.filter_subject or '(all)'!r}"
        if fault:
            raise ConfigInvalid(
                f"the consumer {settings.durable!r} of {settings.stream} {fault}",
                where=shown(settings.url),
                next_step="name another durable, or delete that one",
            )

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except (TimeoutError, Error, OSError) as error:
            why = self._heard or error
            raise self._error(error, str(why) or type(why).__name__) from error

    def _error(self, error: Exception, why: str) -> ErplinkError:
        where, stream = shown(self._settings.url), self._settings.stream
        if isinstance(error, NotFoundError) and error.err_code == _NO_STREAM:
            return ConfigInvalid(
                f"NATS has no stream {stream!r}", where=where, next_step="check its name, or have it made first"
            )
        if "authorization" in why.lower() or "authentication" in why.lower():
            return LoginRefused("NATS refused the login", where=where, next_step="check user and password, or token")
        if "permissions violation" in why.lower():
            return NotPermitted(
                f"this NATS user may not read {stream}", where=where, next_step="let it use $JS.API and $JS.ACK"
            )
        if isinstance(error, ServiceUnavailableError):
            return Unreachable(
                "NATS answers, but JetStream does not", where=where, next_step="start it with JetStream (-js), or wait"
            )
        return Unreachable(f"NATS is away: {why}", where=where, next_step="check the address, or wait for the broker")


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _name(message: Msg) -> str:
    """The broker's name of a message, the same whenever it is handed out: its sender's id for it, or its place.

    The place stands in the subject for its acknowledgement, which ends so: stream, consumer, deliveries, number in the
    stream, number in the consumer, time, and how many are left. Newer servers put a domain and an account before, and
    may put more behind.
    """
    if message.headers and (given := message.headers.get("Nats-Msg-Id")):
        return given
    parts = message.reply.split(".")
    stream, number, instant = (parts[2], parts[5], parts[7]) if len(parts) == _OLD else (parts[4], parts[7], parts[9])
    return f"{stream}.{number}.{instant}"
