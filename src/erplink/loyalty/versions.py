"""The versions of a programme: which one awards a sale follows from the sale's clock, not from when it is decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from erplink.errors import ConfigInvalid
from erplink.loyalty.plan import Plan, compile_policy
from erplink.model.facts import SaleFact
from erplink.policy.programme import Policy


@frozen
class Version:
    """A policy version with its compiled plan, and the instant from which it awards (None: from the beginning)."""

    policy: Policy
    plan: Plan
    effective: datetime | None = None

    def starts_later(self, at: datetime) -> bool:
        """Whether the programme starts after ``at``, so that a document of that time awards nothing."""
        return self.policy.starts_at is not None and at < self.policy.starts_at


@frozen
class Versions:
    """All versions at hand, the one in force longest first; ``current`` reads documents and tiers."""

    current: Version
    known: Mapping[str, Version]
    ordered: tuple[Version, ...]

    def of(self, sale: SaleFact) -> Version:
        """The version whose time the sale's clock falls in; the current one while that instant is not known."""
        at = self.current.plan.clock_of(sale)
        due = [each for each in self.ordered if at is not None and (each.effective is None or each.effective <= at)]
        return due[-1] if due else self.current

    def named(self, sale: SaleFact, policy: str) -> Version:
        """The version that awarded a sale. Raises ``ConfigInvalid`` when it is not at hand."""
        if policy not in self.known:
            raise ConfigInvalid(
                f"order {sale.source.number} was awarded under policy {policy[:12]}, which is not at hand",
                where="decide",
                next_step="pass that version in 'earlier'",
            )
        return self.known[policy]


def line_up(current: Policy, others: Iterable[Policy], effective: Mapping[str, datetime]) -> Versions:
    """Compile the versions and put them in the order in which they take force; of equals the later one given wins."""
    each = [Version(policy, compile_policy(policy), effective.get(policy.hash)) for policy in (*others, current)]
    ordered = sorted(
        each,
        key=lambda version: (
            version.effective is not None,
            version.effective.timestamp() if version.effective else 0.0,
        ),
    )
    return Versions(each[-1], {version.policy.hash: version for version in each}, tuple(ordered))
