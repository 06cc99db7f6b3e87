"""Dead letters, as a person looks at them, has them tried again, or gives them up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from erplink.facade.database import transact, transact_async
from erplink.store import dead as letters
from erplink.store.database import Store
from erplink.store.dead import DeadLetter, Origin
from erplink.sync import dead


class DeadLetters:
    """What could not go on, and waits for a person; of one box, or of all."""

    def __init__(self, store: Store, space: str, clock: Callable[[], datetime], box: Origin | None = None) -> None:
        self._store, self._space, self._clock = store, space, clock
        self._box: Origin | None = box

    def list(self, *, system: str = "", limit: int = 100) -> list[DeadLetter]:
        """Dead letters, oldest first; those of one system if it is named."""
        return transact(self._store, letters.listed, self._space, box=self._box, system=system, limit=limit)

    def get(self, number: int) -> DeadLetter:
        """One dead letter, whatever became of it. Raises ``NotFound``."""
        return transact(self._store, dead.letter, self._space, number)

    def replay(self, number: int) -> DeadLetter:
        """Have it tried again, by the next sync or delivery: from its first attempt, a document read and mapped anew.

        Raises ``NotFound`` when it is not dead any more.
        """
        return transact(self._store, dead.again, self._space, number, self._clock())

    def drop(self, number: int) -> DeadLetter:
        """Give it up for good; it stays readable. Raises ``NotFound`` when it is not dead any more."""
        return transact(self._store, dead.drop, self._space, number, self._clock())


class AsyncDeadLetters:
    """The same as ``DeadLetters``, for tasks."""

    def __init__(self, store: Store, space: str, clock: Callable[[], datetime], box: Origin | None = None) -> None:
        self._store, self._space, self._clock = store, space, clock
        self._box: Origin | None = box

    async def list(self, *, system: str = "", limit: int = 100) -> list[DeadLetter]:
        """Dead letters, oldest first; those of one system if it is named."""
        return await transact_async(self._store, letters.listed, self._space, box=self._box, system=system, limit=limit)

    async def get(self, number: int) -> DeadLetter:
        """One dead letter, whatever became of it. Raises ``NotFound``."""
        return await transact_async(self._store, dead.letter, self._space, number)

    async def replay(self, number: int) -> DeadLetter:
        """Have it tried again, by the next sync or delivery: from its first attempt, a document read and mapped anew.

        Raises ``NotFound`` when it is not dead any more.
        """
        return await transact_async(self._store, dead.again, self._space, number, self._clock())

    async def drop(self, number: int) -> DeadLetter:
        """Give it up for good; it stays readable. Raises ``NotFound`` when it is not dead any more."""
        return await transact_async(self._store, dead.drop, self._space, number, self._clock())
