"""The asynchronous Io: httpx on asyncio or trio, by anyio. It belongs to the event loop that used it first."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar, cast

import anyio
import anyio.lowlevel
import httpx

from erplink.errors import ProtocolBroken
from erplink.facade.database import transact_async
from erplink.facade.http_client import ClientSettings, failure, no_cookies, reply_of, tls
from erplink.facade.observe import Observe, span
from erplink.facade.quiet import hush, quietly
from erplink.facade.recorder import Record
from erplink.wire.call import Call, Reply
from erplink.wire.io import Database, SendFailed, Span

T = TypeVar("T")
C = TypeVar("C")
P = ParamSpec("P")

_loop: anyio.lowlevel.RunVar[object] = anyio.lowlevel.RunVar("erplink.loop")


class AsyncIo:
    """``Io`` for tasks. ``parallel`` bounds how many jobs of all ``gather`` calls run at once.

    Used from another event loop than the first it raises ``ProtocolBroken``: its connections and locks live there.
    """

    def __init__(
        self,
        *,
        parallel: int = 1,
        timeout: float = 60.0,
        observe: Observe | None = None,
        record: Record | None = None,
    ) -> None:
        self._settings = ClientSettings(timeout, parallel)
        self._observe = observe
        self._record = record
        hush()
        self._http = httpx.AsyncClient(
            verify=tls(),
            http1=True,
            http2=False,
            timeout=self._settings.timeouts(),
            limits=self._settings.limits(),
            cookies=no_cookies(),
            follow_redirects=False,
        )
        self._spare = parallel - 1
        self._home: object | None = None

    def stay_home(self) -> None:
        """Take the running event loop for one's own, or see that it is.

        Raises:
            ProtocolBroken: there is none, or it is another one.
        """
        here = _running_loop()
        if self._home is None:
            self._home = here
        elif self._home is not here:
            raise ProtocolBroken(
                "this connection belongs to the event loop that opened it, and was used in another",
                next_step="open one connection per event loop",
            )

    async def send(self, call: Call) -> Reply:
        """Send one call and read the whole reply."""
        self.stay_home()
        began = time.perf_counter()
        try:
            with quietly():
                response = await self._http.send(self._request(call))
            reply = reply_of(response)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, RuntimeError) as error:
            ours = failure(call, error)
            if self._record is not None and isinstance(ours, SendFailed):
                self._record(call, ours, time.perf_counter() - began)
            raise ours from None
        if self._record is not None:
            self._record(call, reply, time.perf_counter() - began)
        return reply

    def _request(self, call: Call) -> httpx.Request:
        request = self._http.build_request(
            call.method,
            call.url,
            content=call.body,
            headers=dict(call.headers),
            timeout=self._settings.timeouts(call.timeout),
        )
        request.stream = _Body(call.body)
        return request

    async def transact(
        self, db: Database[C], fn: Callable[Concatenate[C, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a plain function over a connection in one transaction, in a worker thread. Never abandoned half-way."""
        self.stay_home()
        return await transact_async(db, fn, *args, **kwargs)

    async def gather(self, limit: int, jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Run jobs in this task and, while there are spare slots, in others. A nested gather never waits for a slot."""
        self.stay_home()
        results: list[T | None] = [None] * len(jobs)
        errors: list[Exception] = []
        todo = deque(enumerate(jobs))

        async def work() -> None:
            while todo and not errors:
                index, job = todo.popleft()
                try:
                    results[index] = await job()
                except Exception as error:  # noqa: BLE001 - raised below, after the running jobs ended
                    errors.append(error)

        async def help_out() -> None:
            try:
                await work()
            finally:
                self._spare += 1

        async with anyio.create_task_group() as group:
            for _ in range(min(limit - 1, len(jobs) - 1, self._spare)):
                self._spare -= 1
                group.start_soon(help_out)
            await work()
        if errors:
            raise errors[0]
        return cast("list[T]", results)

    async def sleep(self, seconds: float) -> None:
        """Wait in this task."""
        self.stay_home()
        if seconds > 0:
            await anyio.sleep(seconds)

    def lock(self) -> AbstractAsyncContextManager[object]:
        """A lock among the tasks of this connection's event loop."""
        return _Held(self, anyio.Lock)

    def slots(self, limit: int) -> AbstractAsyncContextManager[object]:
        """A bound among the tasks of this connection's event loop."""
        return _Held(self, lambda: anyio.Semaphore(limit, max_value=limit))

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)

    def random(self) -> float:
        """A number in [0, 1)."""
        return random.random()  # noqa: S311 - jitter, not cryptography

    def span(self, name: str, **facts: object) -> AbstractAsyncContextManager[Span]:
        """A stretch of work, told to the observer."""
        return span(self._observe, name, facts)

    async def close(self) -> None:
        """End all connections. Closing twice is fine."""
        self.stay_home()
        await self._http.aclose()


class _Body(httpx.AsyncByteStream):
    """A body in one piece. httpx reads its own with a generator, which trio complains of when a call breaks off."""

    def __init__(self, body: bytes) -> None:
        self._left = [body]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


class _Held:
    """A lock or a semaphore, made on first use: anyio's belong to an event loop, and an Io may be built before."""

    def __init__(self, io: AsyncIo, make: Callable[[], anyio.Lock | anyio.Semaphore]) -> None:
        self._io = io
        self._make = make
        self._held: anyio.Lock | anyio.Semaphore | None = None

    async def __aenter__(self) -> None:
        self._io.stay_home()
        if self._held is None:
            self._held = self._make()
        await self._held.acquire()

    async def __aexit__(self, *ended: object) -> None:
        if self._held is not None:
            self._held.release()


def _running_loop() -> object:
    try:
        return _loop.get()
    except LookupError:
        mark = object()
        _loop.set(mark)
        return mark
    except RuntimeError:
        raise ProtocolBroken(
            "an asynchronous connection was used where no event loop runs",
            next_step="use it inside asyncio or trio, or connect with erplink.connect",
        ) from None
