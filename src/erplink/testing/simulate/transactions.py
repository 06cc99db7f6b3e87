"""A transaction that can be held up between two statements: it runs in a greenlet of its own.

Shipped code is a plain function over a connection; nothing in it can suspend. The cursor of the simulated database
asks before each statement whether to go on, and waits where SQLite would: when another connection holds the lock.
"""

from __future__ import annotations

from typing import Any, Literal

from greenlet import getcurrent, greenlet

from erplink.testing.simulate.faults import Fault
from erplink.testing.simulate.steps import Transact

Pause = Literal["ended", "paused", "locked"]

_SECOND = 1_000_000


class Crash(BaseException):
    """The process dies here. Not an ``Exception``: nothing may catch it."""


class Transaction:
    """One function in one transaction, as far as it has come."""

    def __init__(self, step: Transact, fault: Fault | None) -> None:
        self.step = step
        self.fault = fault
        self.value: Any = None
        self.error: BaseException | None = None
        self.patient_until = 0
        self.stalls_for = 0
        self._kind = fault.kind if fault else None
        self._now = 0
        self._statements = 0
        self._stalls_at = 2 + int(fault.dose * 6) if fault and fault.kind == "stall" else 0
        self._body = _Body(self)

    def go_on(self, now: int) -> Pause:
        """Run until it ends, pauses before a statement or finds the database locked."""
        self._now = now
        pause: Pause = self._body.switch()
        return "ended" if self._body.dead else pause

    def abandon(self) -> None:
        """Its process died: the database rolls it back."""
        if not self._body.dead:
            self._body.throw(Crash)

    def run(self) -> None:
        """The body, inside the greenlet."""
        step = self.step
        try:
            with step.database.begin() as connection:
                value = step.work(connection, *step.arguments, **step.named)
                if self._kind == "crash midway":
                    raise Crash  # noqa: TRY301 - rolled back by the block around it
            self.value = value
        except BaseException as error:  # noqa: BLE001 - told to the scheduler
            self.error = error

    def before_statement(self, *, borrowed: bool) -> None:
        """A statement is about to run. In a borrowed connection others may act before it."""
        self._statements += 1
        self.stalls_for = 0
        if self._statements == self._stalls_at and self.fault is not None:
            self.stalls_for = int(self.fault.dose * 120 * _SECOND) + _SECOND
        elif not borrowed:
            return
        self._suspend("paused")

    def wait_for_lock(self, patience: float, since: int | None) -> int | None:
        """Wait until a lock may be free; the instant the wait began, None when patience is at its end."""
        since = self._now if since is None else since
        self.patient_until = since + int(patience * _SECOND)
        if self._now >= self.patient_until:
            return None
        self._suspend("locked")
        return since

    @property
    def refused(self) -> bool:
        """Whether the database is away for this transaction."""
        return self._kind == "database away"

    def _suspend(self, pause: Pause) -> None:
        parent = self._body.parent
        assert parent is not None  # noqa: S101 - a greenlet that runs has one
        parent.switch(pause)


class _Body(greenlet):
    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction.run)
        self.transaction = transaction


def current() -> Transaction | None:
    """The transaction in which this code runs."""
    here = getcurrent()
    return here.transaction if isinstance(here, _Body) else None
