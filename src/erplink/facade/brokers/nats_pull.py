"""Pull requests to a JetStream consumer, a batch at a time.

The library's own ``fetch`` makes a task for every message. Here messages of a request are gathered as they come, and
the server says itself when there are no more: a status message ends every request that it does not fill.
"""

from __future__ import annotations

import asyncio
import builtins
import json

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, Error, TimeoutError  # noqa: A004 - the library's own

_NOTHING = ("404", "408")
_ANSWER_SECONDS = 10.0
_BYTES = 64 << 20


class Puller:
    """Asks for messages and waits for them. One request at a time."""

    def __init__(self, client: Client, stream: str, durable: str) -> None:
        self._client = client
        self._ask_at = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._inbox = client.new_inbox()
        self._got: list[Msg] = []
        self._wanted = 0
        self._status: list[str] = []
        self._ended = asyncio.Event()

    async def begin(self) -> None:
        """Listen for what will be asked for."""
        await self._client.subscribe(self._inbox, cb=self._came)

    async def pull(self, limit: int, wait: float) -> list[Msg]:
        """What is there, at most ``limit``; if nothing is, the first message that comes within ``wait`` seconds."""
        if not self._got:
            await self._ask({"batch": limit, "no_wait": True, "max_bytes": _BYTES}, limit)
        if not self._got:
            await self._ask({"batch": 1, "expires": int(wait * 1e9)}, 1, wait)
        got, self._got = self._got[:limit], self._got[limit:]
        return got

    def lost(self) -> None:
        """The connection is gone: nothing more will come."""
        self._ended.set()

    async def _ask(self, request: dict[str, object], wanted: int, wait: float = 0.0) -> None:
        self._wanted = wanted
        self._status.clear()
        self._ended.clear()
        await self._client.publish(self._ask_at, json.dumps(request).encode(), reply=self._inbox)
        try:
            await asyncio.wait_for(self._ended.wait(), wait + _ANSWER_SECONDS)
        except builtins.TimeoutError:
            raise TimeoutError from None
        if self._got:
            return
        if not self._client.is_connected:
            raise ConnectionClosedError
        if self._status[0] not in _NOTHING:
            raise Error(f"nats: {' '.join(self._status)}")

    async def _came(self, message: Msg) -> None:
        if message.headers and "Status" in message.headers and not message.data:
            self._status[:] = message.headers["Status"], message.headers.get("Description", "")
        else:
            self._got.append(message)
        if self._status or len(self._got) >= self._wanted:
            self._ended.set()
