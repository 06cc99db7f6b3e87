"""A circuit breaker as a value: a server that fails again and again is left alone for a while, then tried once.

The state machine is a pure function of state, event and instant:

```
closed ──failed too often in a row──▶ open ──cool_down──▶ half-open ──sent──▶ one probe is out
   ▲                                   ▲                                          │
   └──────────── answered ─────────────┼──────────────── answered ────────────────┤
                                       └───────────────── failed ─────────────────┘
```
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from attrs import evolve, frozen

from erplink.errors import ConfigInvalid
from erplink.wire.http import LONGEST_PAUSE

Event = Literal["sent", "answered", "failed"]
"""``failed``: no whole reply, or the server failed by itself. ``answered``: anything else, a refusal included."""

Phase = Literal["closed", "open", "half-open"]


@frozen
class Circuit:
    """How often the server failed in a row, and since when; while that is too much, until when nothing passes.

    ``probing``: one call was let through to see, and its end is not known yet.
    """

    failures: int = 0
    since: datetime | None = None
    until: datetime | None = None
    probing: bool = False

    def phase(self, now: datetime) -> Phase:
        """Whether calls pass (closed), none does (open), or the next one may (half-open)."""
        if self.until is None:
            return "closed"
        return "open" if now < self.until else "half-open"


@frozen
class Breaker:
    """Leave a server alone for ``cool_down`` seconds when it does nothing but fail, then let one call try.

    It has to fail ``failures`` times in a row, over at least ``lasting`` seconds: many calls at once that meet one
    short fault are no reason. A probe whose end nobody learns is forgotten after another ``cool_down``.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> Breaker(failures=1, lasting=0).after(Circuit(), "failed", noon).phase(noon)
    'open'
    """

    failures: int = 10
    lasting: float = 5.0
    cool_down: float = 30.0

    def __attrs_post_init__(self) -> None:
        if self.failures < 1 or not self.lasting >= 0 or not 0 < self.cool_down <= LONGEST_PAUSE:
            raise ConfigInvalid(
                f"a breaker with failures {self.failures}, lasting {self.lasting} s, cool_down {self.cool_down} s "
                "cannot work",
                next_step="give at least 1 failure, no time below 0, and a cool_down from above 0 s to a month",
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
        failures, since = circuit.failures + 1, circuit.since or now
        enough = failures >= self.failures and (now - since).total_seconds() >= self.lasting
        return Circuit(failures, since, later if enough else None)
