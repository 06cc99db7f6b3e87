"""Waits that can be ended: by a signal handler or another thread, or by another task of the same event loop."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue

import anyio


class Pause:
    """Waits in this thread. ``end`` may be called from other threads and from signal handlers.

    A queue that is reentrant, because a handler may interrupt the very call that it is about to make; the locks of an
    ordinary event would wait for themselves then.
    """

    def __init__(self) -> None:
        self._bell: SimpleQueue[None] = SimpleQueue()

    def wait(self, seconds: float) -> None:
        """Wait that long, or until ``end``."""
        with suppress(Empty):
            self._bell.get(timeout=max(seconds, 0.0))

    def end(self) -> None:
        """End the wait, or the next one if nobody waits."""
        self._bell.put(None)


class AsyncPause:
    """Waits in this task. ``end`` is called in the same event loop, or before any wait."""

    def __init__(self) -> None:
        self._bell: anyio.Event | None = None

    async def wait(self, seconds: float) -> None:
        """Wait that long, or until ``end``."""
        self._bell = anyio.Event()
        with anyio.move_on_after(max(seconds, 0.0)):
            await self._bell.wait()

    def end(self) -> None:
        """End the wait."""
        if self._bell is not None:
            self._bell.set()
