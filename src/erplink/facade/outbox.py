"""The outbox alone: what is to be done elsewhere, decided in the application's own transaction, done after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from inspect import isawaitable

from erplink.facade import messages as work
from erplink.facade.clock import utc_now
from erplink.facade.database import Lent, LentAsync, transact, transact_async
from erplink.facade.dead import AsyncDeadLetters, DeadLetters
from erplink.facade.forget import forget, forget_async
from erplink.facade.io_async import AsyncIo
from erplink.facade.io_sync import SyncIo
from erplink.facade.messages import SPACE, Message
from erplink.facade.step import step
from erplink.store import outbox, queue
from erplink.store.database import Store
from erplink.store.queue import Claimed
from erplink.sync.deliver import Delivered, Patience, deliver
from erplink.sync.names import space_named

Handler = Callable[[Message], object]
"""Does what one message asks for. What it raises says what becomes of the message; see ``Outbox.deliver``."""


class Outbox:
    """Messages to the world, written with the rows they belong to, and delivered at least once.

    >>> store = Store.open("sqlite://")
    >>> outbox = Outbox(store)
    >>> with store.begin() as connection:
    ...     _ = outbox.put(connection, Message("mail.welcome", key="welcome:42", payload={"to": "ann@example.org"}))
    >>> outbox.deliver({"mail.welcome": lambda message: print("to", message.payload["to"])}).done
    to ann@example.org
    1
    >>> store.close()
    """

    def __init__(self, store: Store, *, space: str = SPACE, clock: Callable[[], datetime] = utc_now) -> None:
        self._store, self._space, self._clock = store, space_named(space), clock
        self.dead = DeadLetters(store, space, clock, "outbox")

    def put(self, connection: object, *messages: Message) -> frozenset[str]:
        """Keep messages in the caller's transaction; the keys that are new. The same message again changes nothing.

        ``connection`` is what ``Store.lend`` takes. Raises ``Conflict`` when a key was used for another operation or
        payload, ``ConfigInvalid`` for a message that cannot be kept (nothing is kept then), and what ``lend`` raises.
        """
        lent = Lent(self._store, connection)
        return transact(lent, outbox.put, self._space, work.kept(messages), self._clock())

    def release(self, connection: object, *names: str) -> int:
        """What was waited for is known: hand out what is parked on these names; how many that are."""
        return transact(Lent(self._store, connection), queue.release, "outbox", self._space, names)

    def deliver(
        self, handlers: Mapping[str, Handler], *, parallel: int = 1, patience: Patience | None = None
    ) -> Delivered:
        """Call the handler of each message that is due; how they ended. Any number of processes may do so at once.

        A handler that returns has done it. ``NotKnownYet`` parks the message until its name is released; another
        ``SkipError`` makes a dead letter; ``Paused`` ends the delivery until then; ``StopError`` and ``FixError`` are
        raised here, and the message waits. After anything else it is tried again, later and later, and is a dead letter
        at last. ``parallel`` messages are handled at once, in threads.
        """

        async def handle(claimed: Claimed) -> None:
            handlers[claimed.message.operation](work.handed(claimed))

        lane = work.lane("outbox", handlers, handle, parallel, patience or Patience())
        io = SyncIo(parallel=parallel)
        try:
            return step(deliver(io, work.run(self._store, self._space, self._clock), lane))
        finally:
            io.close()

    def forget(self, before: datetime) -> int:
        """Delete what was done before an instant (aware); how many. Their keys may be put again from then on."""
        return forget(self._store, "outbox", self._space, before)


class AsyncOutbox:
    """The same as ``Outbox``, for tasks."""

    def __init__(self, store: Store, *, space: str = SPACE, clock: Callable[[], datetime] = utc_now) -> None:
        self._store, self._space, self._clock = store, space_named(space), clock
        self.dead = AsyncDeadLetters(store, space, clock, "outbox")

    async def put(self, connection: object, *messages: Message) -> frozenset[str]:
        """Keep messages in the caller's transaction; the keys that are new. The same message again changes nothing.

        ``connection`` is what ``Store.run_lent`` takes. Raises ``Conflict`` when a key was used for another operation
        or payload, ``ConfigInvalid`` for a message that cannot be kept (nothing is kept then), and what ``run_lent``
        raises.
        """
        lent = LentAsync(self._store, connection)
        return await transact_async(lent, outbox.put, self._space, work.kept(messages), self._clock())

    async def release(self, connection: object, *names: str) -> int:
        """What was waited for is known: hand out what is parked on these names; how many that are."""
        return await transact_async(LentAsync(self._store, connection), queue.release, "outbox", self._space, names)

    async def deliver(
        self, handlers: Mapping[str, Handler], *, parallel: int = 1, patience: Patience | None = None
    ) -> Delivered:
        """Call the handler of each message that is due, and await it if it is a coroutine function.

        Errors mean what they mean to ``Outbox.deliver``. ``parallel`` messages are handled at once, in tasks.
        """

        async def handle(claimed: Claimed) -> None:
            answer = handlers[claimed.message.operation](work.handed(claimed))
            if isawaitable(answer):
                await answer

        lane = work.lane("outbox", handlers, handle, parallel, patience or Patience())
        io = AsyncIo(parallel=parallel)
        try:
            return await deliver(io, work.run(self._store, self._space, self._clock), lane)
        finally:
            await io.close()

    async def forget(self, before: datetime) -> int:
        """Delete what was done before an instant (aware); how many. Their keys may be put again from then on."""
        return await forget_async(self._store, "outbox", self._space, before)
