"""The synchronous Io: httpx, threads the caller asked for, the machine's clock. Never suspends."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractAsyncContextManager
from contextvars import copy_context
from datetime import UTC, datetime
from threading import BoundedSemaphore, Lock
from typing import Concatenate, ParamSpec, TypeVar, cast

import httpx

from erplink.facade.database import transact
from erplink.facade.http_client import ClientSettings, failure, no_cookies, reply_of, tls
from erplink.facade.observe import Observe, span
from erplink.facade.quiet import hush, quietly
from erplink.facade.recorder import Record
from erplink.facade.step import step
from erplink.wire.call import Call, Reply
from erplink.wire.io import Database, SendFailed, Span

T = TypeVar("T")
C = TypeVar("C")
P = ParamSpec("P")


class SyncIo:
    """``Io`` for ``step``: every method ends before it returns to the stepper.

    ``parallel`` bounds how many jobs of all ``gather`` calls run at once, the caller's own thread included; with 1 no
    thread is ever started. Usable from several threads.
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
        self._http = httpx.Client(
            verify=tls(),
            http1=True,
            http2=False,
            timeout=self._settings.timeouts(),
            limits=self._settings.limits(),
            cookies=no_cookies(),
            follow_redirects=False,
        )
        self._helpers = ThreadPoolExecutor(max(parallel - 1, 1), thread_name_prefix="erplink")
        self._spare = BoundedSemaphore(parallel - 1) if parallel > 1 else None

    async def send(self, call: Call) -> Reply:
        """Send one call and read the whole reply."""
        began = time.perf_counter()
        try:
            with quietly():
                response = self._http.request(
                    call.method,
                    call.url,
                    content=call.body,
                    headers=dict(call.headers),
                    timeout=self._settings.timeouts(call.timeout),
                )
            reply = reply_of(response)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, RuntimeError) as error:
            ours = failure(call, error)
            if self._record is not None and isinstance(ours, SendFailed):
                self._record(call, ours, time.perf_counter() - began)
            raise ours from None
        if self._record is not None:
            self._record(call, reply, time.perf_counter() - began)
        return reply

    async def transact(
        self, db: Database[C], fn: Callable[Concatenate[C, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a plain function over a connection in one transaction, in this thread."""
        return transact(db, fn, *args, **kwargs)

    async def gather(self, limit: int, jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Run jobs in this thread and, while there are spare ones, in helpers; a nested gather waits for no slot."""
        results: list[T | None] = [None] * len(jobs)
        errors: list[BaseException] = []
        todo = deque(enumerate(jobs))

        def work() -> None:
            while not errors:
                try:
                    index, job = todo.popleft()
                except IndexError:
                    return
                try:
                    results[index] = step(_run(job))
                except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
                    errors.append(error)

        helpers = self._begin_helpers(min(limit, len(jobs)) - 1, work)
        work()
        wait(helpers)
        if errors:
            raise errors[0]
        return cast("list[T]", results)

    def _begin_helpers(self, wanted: int, work: Callable[[], None]) -> list[Future[None]]:
        helpers: list[Future[None]] = []
        spare = self._spare
        while spare is not None and len(helpers) < wanted and spare.acquire(blocking=False):
            helper = self._helpers.submit(copy_context().run, work)
            helper.add_done_callback(lambda _: spare.release())
            helpers.append(helper)
        return helpers

    async def sleep(self, seconds: float) -> None:
        """Wait in this thread."""
        if seconds > 0:
            time.sleep(seconds)  # noqa: ASYNC251 - a synchronous Io never suspends

    def lock(self) -> AbstractAsyncContextManager[object]:
        """A lock among threads."""
        return _Held(Lock())

    def slots(self, limit: int) -> AbstractAsyncContextManager[object]:
        """A bound among threads."""
        return _Held(BoundedSemaphore(limit))

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)

    def random(self) -> float:
        """A number in [0, 1)."""
        return random.random()  # noqa: S311 - jitter, not cryptography

    def span(self, name: str, **facts: object) -> AbstractAsyncContextManager[Span]:
        """A stretch of work, told to the observer."""
        return span(self._observe, name, facts)

    def close(self) -> None:
        """End helpers and connections. Closing twice is fine."""
        self._helpers.shutdown(wait=True)
        self._http.close()


async def _run(job: Callable[[], Awaitable[T]]) -> T:
    return await job()


class _Held:
    """A lock or a semaphore of threads, in an ``async with``."""

    def __init__(self, held: Lock | BoundedSemaphore) -> None:
        self._held = held

    async def __aenter__(self) -> None:
        self._held.acquire()

    async def __aexit__(self, *ended: object) -> None:
        self._held.release()
