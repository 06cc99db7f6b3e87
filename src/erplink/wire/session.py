"""One login for everybody who needs one, also when it is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import copy
from typing import Generic, TypeVar

from erplink.errors import LoginRefused, RetryError
from erplink.wire.dialect import Ticket
from erplink.wire.io import Io

V = TypeVar("V")


class Session(Generic[V]):
    """The ticket shared by all callers of one connection. Safe under threads and tasks alike.

    A refusal is remembered for good: every waiter and every later caller gets a fresh copy of it, and nothing is sent.
    A passing failure is shared by those who waited for that attempt; who comes later tries anew.
    """

    def __init__(self, io: Io) -> None:
        self._gate = io.lock()
        self._ticket: Ticket | None = None
        self._refusal: LoginRefused | None = None
        self._failure: RetryError | None = None
        self._attempts = 0

    @property
    def held(self) -> Ticket | None:
        """The ticket in use, whatever was refused since."""
        return self._ticket

    def current(self) -> Ticket | None:
        """The ticket in use, if any. Raises the remembered ``LoginRefused``."""
        if self._refusal is not None:
            raise copy(self._refusal)
        return self._ticket

    async def open(self, attempt: Callable[[], Awaitable[tuple[Ticket, V | None]]]) -> tuple[Ticket, V | None]:
        """A ticket; and what ``attempt`` brought beside it, if this caller was the one to make the attempt.

        Raises:
            LoginRefused: now or earlier.
            RetryError: with ``sent="no"``, for the caller's own call has not been made.
        """
        seen = self._attempts
        async with self._gate:
            ticket = self.current()
            if ticket is not None:
                return ticket, None
            if self._attempts != seen and self._failure is not None:
                raise copy(self._failure)
            self._failure = None
            try:
                opened = await attempt()
            except LoginRefused as refusal:
                self._refusal = copy(refusal)
                raise
            except RetryError as failure:
                self._failure = copy(failure)
                self._failure.sent = "no"
                raise
            finally:
                self._attempts += 1
            self._ticket = opened[0]
            return opened

    async def replace(self, used: Ticket, ticket: Ticket | None) -> None:
        """Put ``ticket`` in place of the one a call used (None forgets it), unless somebody has already done so."""
        async with self._gate:
            if self._ticket is used:
                self._ticket = ticket

    def refuse(self, refusal: LoginRefused) -> None:
        """Remember that the credentials were refused with an ordinary call."""
        self._refusal = copy(refusal)
