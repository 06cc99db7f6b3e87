"""What an award is made with: the member's tier before the order, and whether the order is the first purchase."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from erplink.loyalty.decision import Frozen
from erplink.loyalty.keeping import Kept
from erplink.loyalty.plan import Plan
from erplink.loyalty.tiers import SpendEvent, TierTrack, track_tiers
from erplink.loyalty.versions import Versions
from erplink.model.facts import Source
from erplink.policy.programme import Policy

Moment = tuple[datetime, Source]
"""A place in business order: time, then document id."""


@frozen
class Purchases:
    """How many sales kept an amount above zero at any moment: ``running[n]`` after the first ``n`` moments."""

    moments: tuple[Moment, ...]
    running: tuple[int, ...]

    def before(self, moment: Moment) -> int:
        """Sales that had been released and still kept something just before ``moment``."""
        return self.running[bisect_left(self.moments, moment)]


def track_spend(kept: Sequence[Kept], policy: Policy, plan: Plan) -> TierTrack | None:
    """The member's tiers over time; None when the policy has none."""
    if policy.tiers is None:
        return None
    events: list[SpendEvent] = []
    for each in kept:
        released = plan.trigger_of(each.sale)
        if released is None:
            continue
        before = sum(each.sold.values())
        events.append(SpendEvent(released, each.sale.source, before))
        for step in each.steps:
            after = sum(step.kept.values())
            events.append(SpendEvent(max(step.at, released), step.document, after - before))
            before = after
    return track_tiers(events, policy.tiers, plan.zone, plan.unit)


def award_facts(
    kept: Sequence[Kept], known: Mapping[Source, Frozen], versions: Versions, track: TierTrack | None
) -> dict[Source, Frozen]:
    """The frozen facts of every sale that awards: known ones stay as they are, new ones are worked out.

    A new sale is the first purchase when no other one kept an amount just before its release, and none that holds the
    first-purchase flag already keeps an amount now.
    """
    purchases = _purchases(kept, versions.current.plan)
    holder = any(
        known[each.sale.source].first_purchase and each.basis > 0 for each in kept if each.sale.source in known
    )
    facts: dict[Source, Frozen] = {}
    for each in kept:
        source = each.sale.source
        if source in known:
            facts[source] = known[source]
            continue
        version = versions.of(each.sale)
        at, released = version.plan.clock_of(each.sale), version.plan.trigger_of(each.sale)
        if at is not None and released is not None and not version.starts_later(at):
            first = not holder and purchases.before((released, source)) == 0
            facts[source] = Frozen(version.policy.hash, track.before(at, source).tier if track else "", first)
    return facts


def _purchases(kept: Sequence[Kept], plan: Plan) -> Purchases:
    changes: list[tuple[Moment, int]] = []
    for each in kept:
        released = plan.trigger_of(each.sale)
        if released is None or sum(each.sold.values()) <= 0:
            continue
        gone = next((step for step in each.steps if sum(step.kept.values()) <= 0), None)
        if gone is not None and gone.at <= released:
            continue
        changes.append(((released, each.sale.source), 1))
        if gone is not None:
            changes.append(((gone.at, gone.document), -1))
    changes.sort()
    running = [0]
    for _, change in changes:
        running.append(running[-1] + change)
    return Purchases(tuple(moment for moment, _ in changes), tuple(running))
