"""``AsyncWorker``: the same as ``Worker``, for tasks of asyncio or trio. Mirrored by hand; a test compares the two."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from erplink.errors import ErplinkError
from erplink.facade.database import transact_async
from erplink.facade.pause import AsyncPause
from erplink.link import post as work
from erplink.link.post import Post
from erplink.link.worker import nothing
from erplink.sync.rounds import Round
from erplink.sync.worker import work as one_round


class AsyncWorker:
    """Reads, decides and writes back, round by round; ``link.worker()`` makes one.

    Any number of workers may share a database, in tasks, processes and machines. A worker is used by one task at a
    time, but for ``stop``. Cancelled, it ends at once, as if it were killed: what it had in hand is handed out again
    when its lease ends.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._pause = AsyncPause()

    async def run_once(self) -> Round:
        """One round: whatever is due. For a scheduler of your own: cron, Celery, APScheduler.

        Failures are part of the round and hold up nothing else. Raises what the progress listener raised, and
        ``ConfigInvalid`` while no system is attached.
        """
        return await one_round(self._post.shift(), self._post.asked)

    async def run(self, each: Callable[[Round], None] = nothing) -> None:
        """Round after round, until ``stop`` is called; ``each`` is told of every round.

        What rests because of an error is tried at once, because starting a worker is what a person does who has put
        something right. Raises what ``each`` or the progress listener raises, and ``StoreUnavailable`` when the
        database cannot be reached at the start.
        """
        post = self._post
        await transact_async(post.desk.store, work.begin, post.desk.space, post.desk.clock())
        try:
            while not post.stopped:
                done = await self.run_once()
                each(done)
                await self._pause.wait(post.seconds_until(done))
        finally:
            with suppress(ErplinkError):
                await transact_async(post.desk.store, work.end, post.desk.space, post.pulse.worker)

    def stop(self) -> None:
        """End ``run`` as soon as the batch under way is settled. Called in the same event loop; for good."""
        self._post.stopped = True
        self._pause.end()
