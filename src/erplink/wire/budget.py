"""A retry budget as a value: what is repeated stays a small share of what succeeds, whoever repeats."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from erplink.errors import ConfigInvalid


@frozen
class Purse:
    """How many retries are left, and the instant at which that was so."""

    retries: float
    at: datetime


@frozen
class Budget:
    """How often all callers of one connection together may repeat calls.

    A success earns ``share`` of a retry; at most ``most`` are saved. Besides, ``reserve`` retries are there at the
    start and come back within ``per`` seconds, so that a quiet connection may repeat too. In any span of time no more
    is repeated than what was left, the reserves that came back, and the share of the successes.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> budget = Budget(reserve=1)
    >>> empty = budget.spend(budget.start(noon), noon)
    >>> empty is not None and budget.spend(empty, noon) is None
    True
    """

    share: float = 0.2
    reserve: float = 20.0
    per: float = 10.0
    most: float = 100.0

    def __attrs_post_init__(self) -> None:
        if not (0 <= self.share <= 1 and self.reserve >= 0 and self.per > 0 and self.most >= self.reserve):
            raise ConfigInvalid(
                f"the retry budget {self} cannot be kept",
                next_step="give a share from 0 to 1, a period above 0 seconds, and let most be no less than reserve",
            )

    def start(self, now: datetime) -> Purse:
        """What a fresh connection has."""
        return Purse(self.reserve, now)

    def earn(self, purse: Purse, now: datetime) -> Purse:
        """After a success."""
        grown = self._grown(purse, now)
        return evolve(grown, retries=min(grown.retries + self.share, max(self.most, grown.retries)))

    def spend(self, purse: Purse, now: datetime) -> Purse | None:
        """After a retry; None when there is none left."""
        grown = self._grown(purse, now)
        return evolve(grown, retries=grown.retries - 1) if grown.retries >= 1 else None

    def _grown(self, purse: Purse, now: datetime) -> Purse:
        """The reserve comes back evenly; what was saved beyond it neither grows nor shrinks by itself."""
        passed = max((now - purse.at).total_seconds(), 0.0)
        back = min(purse.retries + passed * self.reserve / self.per, self.reserve)
        return Purse(max(purse.retries, back), max(now, purse.at))
