"""``Worker``: keeps a space in step with its systems, round by round. Mirrored by hand in ``aworker``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from erplink.errors import ErplinkError
from erplink.facade.database import transact
from erplink.facade.pause import Pause
from erplink.facade.step import step
from erplink.link import post as work
from erplink.link.post import Post
from erplink.sync.rounds import Round
from erplink.sync.worker import work as one_round


def nothing(done: Round) -> None:
    """What is done with a round by those who do nothing with it."""


class Worker:
    """Reads, decides and writes back, round by round; ``link.worker()`` makes one.

    Any number of workers may share a database, in threads, processes and machines. A worker is used by one thread at a
    time, but for ``stop``.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._pause = Pause()

    def run_once(self) -> Round:
        """One round: whatever is due. For a scheduler of your own: cron, Celery, APScheduler.

        Failures are part of the round and hold up nothing else. Raises what the progress listener raised, and
        ``ConfigInvalid`` while no system is attached.
        """
        return step(one_round(self._post.shift(), self._post.asked))

    def run(self, each: Callable[[Round], None] = nothing) -> None:
        """Round after round, until ``stop`` is called; ``each`` is told of every round.

        What rests because of an error is tried at once, because starting a worker is what a person does who has put
        something right. Raises what ``each`` or the progress listener raises, and ``StoreUnavailable`` when the
        database cannot be reached at the start.
        """
        post = self._post
        transact(post.desk.store, work.begin, post.desk.space, post.desk.clock())
        try:
            while not post.stopped:
                done = self.run_once()
                each(done)
                self._pause.wait(post.seconds_until(done))
        finally:
            with suppress(ErplinkError):
                transact(post.desk.store, work.end, post.desk.space, post.pulse.worker)

    def stop(self) -> None:
        """End ``run`` as soon as the batch under way is settled. For signal handlers and other threads; for good."""
        self._post.stopped = True
        self._pause.end()
