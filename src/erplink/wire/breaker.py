"""A circuit breaker as a value: a server that fails again and again is left alone for a while, then tried once.

The state machine is a pure function of state, event and instant:

```
closed ──failed, the Nth in a row──▶ open ──cool_down──▶ half-open ──sent──▶ one probe is out
   ▲                                  ▲                                          │
   └──────────── answered ────────────┼──────────────── answered ────────────────┤
                                      └───────────────── failed ─────────────────┘
```
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from attrs import evolve, frozen

from erplink.errors import ConfigInvalid

Event = Literal["sent", "answered", "failed"]
"""``failed``: no whole reply, or the server failed by itself. ``answered``: anything else, a refusal included."""

Phase = Literal["closed", "open", "half-open"]


@frozen
class Circuit:
    """How often the server failed in a row; while that is too often, the instant before which nothing passes.

    ``probing``: one call was let through to see, and its end is not known yet.
    """

    failures: int = 0
    until: datetime | None = None
    probing: bool = False

    def phase(self, now: datetime) -> Phase:
        """Whether calls pass (closed), none does (open), or the next one may (half-open)."""
        if self.until is None:
            return "closed"
        return "open" if now < self.until else "half-open"


@frozen
class Breaker:
    """Leave a server alone for ``cool_down`` seconds after so many ``failures`` in a row, then let one call try.

    A probe whose end nobody learns is forgotten after another ``cool_down``.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> Breaker(failures=1).after(Circuit(), "failed", noon).phase(noon)
    'open'
    """

    failures: int = 10
    cool_down: float = 30.0

    def __attrs_post_init__(self) -> None:
        if self.failures < 1 or not 0 < self.cool_down < float("inf"):
            raise ConfigInvalid(
                f"a circuit that opens after {self.failures} failures for {self.cool_down} s cannot work",
                next_step="give at least 1 failure and a time above 0 seconds, or breaker=None to do without",
            )

    def after(self, circuit: Circuit, event: Event, now: datetime) -> Circuit:
        """The state after something happened. Failures of calls sent before it opened do not keep it open longer."""
        if event == "answered":
            return Circuit()
        later = now + timedelta(seconds=self.cool_down)
        if event == "sent":
            return evolve(circuit, until=later, probing=True) if circuit.phase(now) == "half-open" else circuit
        if circuit.probing:
            return evolve(circuit, until=later, probing=False)
        if circuit.until is not None:
            return circuit
        failures = circuit.failures + 1
        return Circuit(failures, later if failures >= self.failures else None)
