"""The inbox alone: each message from elsewhere kept once, and its effect in one transaction with the note that it is.

That makes it effectively once: a message may arrive and be handed out several times, but its rows are there once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from inspect import isawaitable
from typing import Any

from attrs import evolve

from erplink.facade import messages as work
from erplink.facade.clock import utc_now
from erplink.facade.database import Lent, LentAsync, transact, transact_async
from erplink.facade.dead import AsyncDeadLetters, DeadLetters
from erplink.facade.forget import forget, forget_async
from erplink.facade.io_async import AsyncIo
from erplink.facade.io_sync import SyncIo
from erplink.facade.messages import SPACE, Message
from erplink.facade.step import step
from erplink.store import inbox, queue
from erplink.store.database import Store
from erplink.store.queue import Claimed
from erplink.sync.deliver import Delivered, Patience, deliver
from erplink.sync.effect import take_effect
from erplink.sync.names import space_named

Handler = Callable[[Any, Message], object]
"""Has the effect of one message, in the transaction whose connection it is given."""


class Inbox:
    """Messages from the world, each kept once by its key, and worked off effectively once.

    >>> store = Store.open("sqlite://")
    >>> inbox = Inbox(store)
    >>> for _ in range(2):  # a web hook is called twice
    ...     with store.begin() as connection:
    ...         print(sorted(inbox.accept(connection, Message("order.paid", key="evt_1", payload={"order": "SO1"}))))
    ['evt_1']
    []
    >>> inbox.work({"order.paid": lambda connection, message: print(message.payload["order"])}).done
    SO1
    1
    >>> store.close()
    """

    def __init__(self, store: Store, *, space: str = SPACE, clock: Callable[[], datetime] = utc_now) -> None:
        self._store, self._space, self._clock = store, space_named(space), clock
        self.dead = DeadLetters(store, space, clock, "inbox")

    def accept(self, connection: object, *messages: Message) -> frozenset[str]:
        """Keep messages in the caller's transaction; the keys that are new. A repeated message has no effect.

        ``connection`` is what ``Store.lend`` takes. Raises ``Conflict`` when a key is known with another operation or
        payload, ``ConfigInvalid`` for a message that cannot be kept (nothing is kept then), and what ``lend`` raises.
        """
        lent = Lent(self._store, connection)
        return transact(lent, inbox.accept, self._space, work.kept(messages), self._clock())

    def release(self, connection: object, *names: str) -> int:
        """What was waited for is known: hand out what is parked on these names; how many that are."""
        return transact(Lent(self._store, connection), queue.release, "inbox", self._space, names)

    def work(
        self,
        handlers: Mapping[str, Handler],
        *,
        begin: Callable[[], AbstractContextManager[object]] | None = None,
        parallel: int = 1,
        patience: Patience | None = None,
    ) -> Delivered:
        """Call ``handler(connection, message)`` for each message that is due, each in a transaction of its own.

        In that transaction the message is settled too, so what the handler writes there is written once. ``begin``
        opens a transaction of the application, commits when its block ends, and gives what ``Store.lend`` takes, which
        is what the handler gets: ``engine.begin`` or ``sessionmaker.begin`` of SQLAlchemy, or a function of your own.
        Without it, it is ``Store.begin``. Errors mean what they mean to ``Outbox.deliver``.
        """
        opened = begin or self._store.begin
        done: list[str] = []

        async def handle(claimed: Claimed) -> None:
            with opened() as connection:
                transact(Lent(self._store, connection), take_effect, self._space, claimed, self._clock())
                handlers[claimed.message.operation](connection, work.handed(claimed))
            done.append(claimed.message.key)

        lane = work.lane("inbox", handlers, handle, parallel, patience or Patience())
        io = SyncIo(parallel=parallel)
        try:
            ended = step(deliver(io, work.run(self._store, self._space, self._clock), lane))
        finally:
            io.close()
        return evolve(ended, done=len(done))

    def forget(self, before: datetime) -> int:
        """Delete what was done before an instant (aware); how many. Their keys are accepted anew from then on."""
        return forget(self._store, "inbox", self._space, before)


class AsyncInbox:
    """The same as ``Inbox``, for tasks."""

    def __init__(self, store: Store, *, space: str = SPACE, clock: Callable[[], datetime] = utc_now) -> None:
        self._store, self._space, self._clock = store, space_named(space), clock
        self.dead = AsyncDeadLetters(store, space, clock, "inbox")

    async def accept(self, connection: object, *messages: Message) -> frozenset[str]:
        """Keep messages in the caller's transaction; the keys that are new. A repeated message has no effect.

        ``connection`` is what ``Store.run_lent`` takes. Raises ``Conflict`` when a key is known with another operation
        or payload, ``ConfigInvalid`` for a message that cannot be kept (nothing is kept then), and what ``run_lent``
        raises.
        """
        lent = LentAsync(self._store, connection)
        return await transact_async(lent, inbox.accept, self._space, work.kept(messages), self._clock())

    async def release(self, connection: object, *names: str) -> int:
        """What was waited for is known: hand out what is parked on these names; how many that are."""
        return await transact_async(LentAsync(self._store, connection), queue.release, "inbox", self._space, names)

    async def work(
        self,
        handlers: Mapping[str, Handler],
        *,
        begin: Callable[[], AbstractAsyncContextManager[object]],
        parallel: int = 1,
        patience: Patience | None = None,
    ) -> Delivered:
        """Await ``handler(connection, message)`` for each message that is due, each in a transaction of its own.

        In that transaction the message is settled too, so what the handler writes there is written once. ``begin``
        opens a transaction of the application, commits when its block ends, and gives what ``Store.run_lent`` takes,
        which is what the handler gets: ``engine.begin`` or ``async_sessionmaker.begin`` of SQLAlchemy, or a function of
        your own. Errors mean what they mean to ``Outbox.deliver``.
        """
        done: list[str] = []

        async def handle(claimed: Claimed) -> None:
            async with begin() as connection:
                lent = LentAsync(self._store, connection)
                await transact_async(lent, take_effect, self._space, claimed, self._clock())
                answer = handlers[claimed.message.operation](connection, work.handed(claimed))
                if isawaitable(answer):
                    await answer
            done.append(claimed.message.key)

        lane = work.lane("inbox", handlers, handle, parallel, patience or Patience())
        io = AsyncIo(parallel=parallel)
        try:
            ended = await deliver(io, work.run(self._store, self._space, self._clock), lane)
        finally:
            await io.close()
        return evolve(ended, done=len(done))

    async def forget(self, before: datetime) -> int:
        """Delete what was done before an instant (aware); how many. Their keys are accepted anew from then on."""
        return await forget_async(self._store, "inbox", self._space, before)
