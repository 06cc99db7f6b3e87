"""Replies no framework would send: connections that drop, bodies shorter than announced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import anyio
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TRANSPORT = "erplink.transport"


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which also shows each request its connection."""

    transport: asyncio.Transport
    scope: Any

    def on_message_begin(self) -> None:
        """Note the connection in the scope of the request that begins."""
        super().on_message_begin()
        self.scope[_TRANSPORT] = self.transport


class Dropped(Response):
    """No reply at all: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection and wait until the server has noticed."""
        del send
        scope[_TRANSPORT].abort()
        await _gone(receive)


class Short(Response):
    """The head and half of the body; then silence until the client leaves or ``seconds`` have passed."""

    def __init__(self, whole: Response, seconds: float) -> None:
        super().__init__(whole.body, whole.status_code, media_type=whole.media_type)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send less than was announced."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = bytes(self.body)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        with anyio.move_on_after(self._seconds):
            await _gone(receive)
        scope[_TRANSPORT].abort()
        await _gone(receive)


def dated(app: ASGIApp, clock: Callable[[], datetime]) -> ASGIApp:
    """The application with a ``Date`` header by the clock of the world."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_date(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = format_datetime(clock().astimezone(UTC), usegmt=True)
                message = {**message, "headers": [*message["headers"], (b"date", now.encode())]}
            await send(message)

        await app(scope, receive, with_date)

    return serve


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
