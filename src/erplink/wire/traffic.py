"""What all calls of one connection share: its limits, its circuits, its retry budget. The decisions are pure values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Literal

from erplink.errors import ErplinkError, RetryError, ServerFault, Unreachable
from erplink.wire.breaker import Circuit, Event
from erplink.wire.budget import Purse
from erplink.wire.call import Call, Reply
from erplink.wire.io import Io
from erplink.wire.pace import Pace
from erplink.wire.quota import Quota, quota_of
from erplink.wire.retry import Calling, floor, paused

Family = Literal["reads", "writes"]
"""Each has its own circuit: a server whose every Save fails may well answer queries, and the other way round."""


class Traffic:
    """Lets calls go one by one, and learns from what becomes of them."""

    def __init__(self, io: Io, calling: Calling, pace: Pace) -> None:
        self._io = io
        self._calling = calling
        self._pace = pace
        self._lock = io.lock()
        self._slots: AbstractAsyncContextManager[object] = (
            nullcontext() if calling.in_flight is None else io.slots(calling.in_flight)
        )
        self._flying: set[object] = set()
        self._circuits: dict[Family, Circuit] = {"reads": Circuit(), "writes": Circuit()}
        self._purse: Purse | None = None if calling.budget is None else calling.budget.start(io.now())
        self._quota: Quota | None = None
        self._held_until: datetime | None = None

    @asynccontextmanager
    async def turn(self, call: Call, begun: datetime) -> AsyncIterator[float]:
        """One call under way, from the moment its turn has come; gives the seconds it waited for that.

        Raises:
            Paused: its turn comes later than it may wait.
            Unreachable: the circuit is open. With ``sent="no"``, and ``retry_after`` until it lets a call through.
        """
        flight, asked = object(), self._io.now()
        async with self._slots:
            try:
                await self._await_turn(call, begun, flight)
                yield (self._io.now() - asked).total_seconds()
            finally:
                # Without a lock, for who was cancelled may await nothing.
                self._flying.discard(flight)

    async def heard(self, call: Call, reply: Reply, error: ErplinkError | None) -> None:
        """Learn from a reply and its verdict, while the call is still under way."""
        async with self._lock:
            now = self._io.now()
            self._happened(call, "failed" if isinstance(error, Unreachable | ServerFault) else "answered", now)
            if self._purse is not None and self._calling.budget is not None and not isinstance(error, RetryError):
                self._purse = self._calling.budget.earn(self._purse, now)
            quota, asked = quota_of(reply, now), floor(error)
            if quota is not None:
                # Calls under way may not be counted yet in what the server says.
                self._quota = quota.less(len(self._flying) - 1)
            holds = [now + timedelta(seconds=asked)] if asked else []
            holds += [quota.until] if quota is not None and quota.left <= 0 else []
            await self._hold(max(holds, default=now), now)

    async def lost(self, call: Call) -> None:
        """Learn that no reply came."""
        async with self._lock:
            self._happened(call, "failed", self._io.now())

    async def afford(self, error: RetryError) -> None:
        """Take one repetition from the budget. Raises the error, with another next step, when the budget is empty."""
        if self._calling.budget is None or self._purse is None:
            return
        async with self._lock:
            purse = self._calling.budget.spend(self._purse, self._io.now())
            if purse is None:
                raise error.advised(
                    "it is not repeated, for the retry budget of this connection is spent: too much fails; "
                    "see to the server, then run again"
                )
            self._purse = purse

    def is_open(self, call: Call) -> bool:
        """Whether the server is left alone by calls of this family."""
        return self._phase(call, self._io.now()) == "open"

    def facts(self, call: Call) -> Mapping[str, object]:
        """How things stand, for whoever observes."""
        left = {} if self._purse is None else {"retries_left": int(self._purse.retries)}
        return {"circuit": self._phase(call, self._io.now()), **left}

    async def _await_turn(self, call: Call, begun: datetime, flight: object) -> None:
        try:
            await self._wait(call, begun, flight)
            await self._pass_circuit(call)
        except RetryError as held:
            async with self._io.span("erp.held", operation=call.operation):
                raise held from held.__cause__

    async def _wait(self, call: Call, begun: datetime, flight: object) -> None:
        while True:
            async with self._lock:
                now = self._io.now()
                instant = await self._reserve(call, begun, now)
                self._flying.add(flight)
            if instant > now:
                await self._io.sleep((instant - now).total_seconds())
            if self._held_until is None or self._held_until <= self._io.now():
                return

    async def _pass_circuit(self, call: Call) -> None:
        """Let one of those who waited be the probe of a half-open circuit."""
        if self._circuits[_family(call)].until is None:
            return
        async with self._lock:
            now = self._io.now()
            self._check_circuit(call, now)
            self._happened(call, "sent", now)

    def _check_circuit(self, call: Call, now: datetime) -> None:
        circuit = self._circuits[_family(call)]
        if circuit.until is not None and now < circuit.until:
            seconds = (circuit.until - now).total_seconds()
            raise Unreachable(
                f"the server failed {circuit.failures} times in a row and is left alone for {seconds:.0f} s",
                where=call.where,
                next_step="see to the server; the first call after that time is a try",
                retry_after=seconds,
                sent="no",
            )

    async def _reserve(self, call: Call, begun: datetime, now: datetime) -> datetime:
        """The instant at which the call may be sent, taken for it."""
        self._check_circuit(call, now)
        latest = self._calling.latest(begun, now)
        earliest = now if self._quota is None else self._quota.free_at(now)
        earliest = earliest if self._held_until is None else max(earliest, self._held_until)
        instant = earliest if earliest > latest else await self._pace.reserve(earliest, latest)
        if instant > latest:
            raise paused("a limit is reached, or the other side asked for patience", call.where, instant)
        if self._quota is not None:
            self._quota = self._quota.less(1)
        return instant

    async def _hold(self, until: datetime, now: datetime) -> None:
        if until <= now or (self._held_until is not None and until <= self._held_until):
            return
        self._held_until = until
        try:
            await self._pace.pause(until)
        except ErplinkError:
            # The reply in our hands counts for more than telling others to wait; they will hear it themselves.
            return

    def _happened(self, call: Call, event: Event, now: datetime) -> None:
        if self._calling.breaker is not None:
            family = _family(call)
            self._circuits[family] = self._calling.breaker.after(self._circuits[family], event, now)

    def _phase(self, call: Call, now: datetime) -> str:
        return self._circuits[_family(call)].phase(now)


def _family(call: Call) -> Family:
    return "reads" if call.safe else "writes"
