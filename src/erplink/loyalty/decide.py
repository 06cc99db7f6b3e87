"""Decide one subject: from all its facts to the difference between what it should have and what was booked.

The target of a sale is what all its lines earn; of a return, for each sale it touches, what the sale earns after it
less what it earned before. Booking the differences makes a second decision empty; the order of arrival does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from attrs import frozen

from erplink.errors import Conflict
from erplink.loyalty.decision import (
    Booked,
    BookedEntry,
    Decision,
    Difference,
    Effect,
    Frozen,
    History,
    Pair,
    SkipReason,
)
from erplink.loyalty.earning import explain_shares
from erplink.loyalty.keeping import Kept, keep
from erplink.loyalty.matching import Matching, Take, match_returns
from erplink.loyalty.plan import Sums, shares_of
from erplink.loyalty.standing import award_facts, track_spend
from erplink.loyalty.tiers import Standing
from erplink.loyalty.validity import expiry_of
from erplink.loyalty.versions import Version, Versions, line_up
from erplink.model.facts import Source
from erplink.policy.explanation import Explanation
from erplink.policy.programme import Policy

_ALWAYS: Mapping[str, datetime] = MappingProxyType({})


@frozen
class _Target:
    """What a (document, sale) should have booked, with everything an effect needs."""

    pair: Pair
    version: str
    points: int
    effective_at: datetime
    available_at: datetime
    expires_at: datetime | None
    fixed: Frozen
    explanation: Explanation


def decide(
    history: History,
    policy: Policy,
    booked: Booked,
    *,
    as_of: datetime,
    earlier: Iterable[Policy] = (),
    effective: Mapping[str, datetime] = _ALWAYS,
) -> Decision:
    """Work out what to book for one subject now.

    ``booked`` is what was booked so far; sales awarded earlier keep their tier, first-purchase flag and policy version,
    which must be ``policy`` or one of ``earlier`` (``ConfigInvalid`` otherwise). ``effective`` gives, by hash, the
    instant from which a version awards: a new sale is awarded under the one its clock falls in. A document that is in
    the history twice raises ``Conflict``. ``as_of`` only serves the tier and metric of the answer: effects depend on
    facts alone. Cost grows with the number of lines, near linearly.

    >>> from datetime import UTC
    >>> from decimal import Decimal
    >>> from erplink.model.facts import SaleFact, SaleFactLine
    >>> from erplink.policy.programme import load_policy
    >>> rules = "{clock: paid_at, trigger: paid, rules: [{id: base, kind: rate, per_yuan: 1}]}"
    >>> policy = load_policy(f"{{programme: P, id: p, zone: UTC, points: {rules}}}")
    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> line = SaleFactLine(line=1, sku="M1", qty=Decimal(2), net=1999)
    >>> sale = SaleFact(Source("erp", "orders", "SO1"), "1", (line,), created_at=at, paid_at=at)
    >>> decision = decide(History((sale,)), policy, Booked(), as_of=at)
    >>> [effect.points for effect in decision.effects]
    [19]
    >>> decide(History((sale,)), policy, Booked().after(decision), as_of=at).effects
    ()
    """
    versions = line_up(policy, earlier, effective)
    current = versions.current
    matching = match_returns(
        history.sales, history.returns, clock=policy.points.clock, unreferenced=policy.points.returns.unreferenced
    )
    kept = _follow(history, matching, booked, versions)
    track = track_spend(kept, policy, current.plan)
    facts = award_facts(kept, booked.frozen, versions, track)
    targets: list[_Target] = []
    for each in kept:
        fixed = facts.get(each.sale.source)
        if fixed is not None:
            targets.extend(_targets(each, fixed, versions.named(each.sale, fixed.policy)))
    standing = track.at(as_of) if track else Standing("", 0)
    return Decision(
        effects=_effects(targets, booked),
        frozen={source: fixed for source, fixed in facts.items() if source not in booked.frozen},
        unmatched=matching.unmatched,
        differences=_differences(matching, kept),
        left_out=_left_out(kept, current, facts),
        tier=standing.tier,
        metric=standing.metric,
    )


def _follow(history: History, matching: Matching, booked: Booked, versions: Versions) -> list[Kept]:
    """What each sale keeps, in business order, grouped by the rules of the version that awards it."""
    takes: dict[Source, list[Take]] = {}
    for take in matching.takes:
        takes.setdefault(take.sale, []).append(take)
    returns = {document.source: document for document in history.returns}
    if len(returns) != len(history.returns) or len({sale.source for sale in history.sales}) != len(history.sales):
        raise Conflict(
            "a document is in the history twice",
            where="decide",
            next_step="pass the version that is in force, and no other",
        )
    kept: list[Kept] = []
    for sale in sorted(history.sales, key=lambda each: (each.created_at, each.source)):
        fixed = booked.frozen.get(sale.source)
        version = versions.named(sale, fixed.policy) if fixed else versions.of(sale)
        kept.append(keep(version.plan, sale, takes.get(sale.source, ()), returns))
    return kept


def _targets(kept: Kept, fixed: Frozen, version: Version) -> list[_Target]:
    """What the sale and each of its returns should have booked; nothing while the sale is not released."""
    plan, sale = version.plan, kept.sale
    at, released = plan.clock_of(sale), plan.trigger_of(sale)
    if at is None or released is None or version.starts_later(at):
        return []
    expires_at = expiry_of(version.policy.points.expiry, released, plan.zone)

    def target(document: Source, stamp: str, effective_at: datetime, sums: Sums, before: int) -> _Target:
        shares = shares_of(plan, at, fixed.tier, sums, first_purchase=fixed.first_purchase)
        told = explain_shares(plan, shares, sums, fixed.tier, first_purchase=fixed.first_purchase)
        pair = (document, sale.source)
        return _Target(pair, stamp, told.points - before, effective_at, released, expires_at, fixed, told)

    targets = [target(sale.source, sale.version, released, kept.sold, 0)]
    for step in kept.steps:
        before = targets[-1].explanation.points
        targets.append(target(step.document, step.version, max(step.at, released), step.kept, before))
    return targets


def _effects(targets: Sequence[_Target], booked: Booked) -> tuple[Effect, ...]:
    """The differences that are not zero, in the order to book them: time, sales before returns, document id."""
    effects: list[Effect] = []
    for target in targets:
        entry = booked.entries.get(target.pair)
        delta = target.points - (entry.points if entry else 0)
        if delta:
            effects.append(_effect(target, delta, entry))
    wanted = {target.pair for target in targets}
    for pair, entry in booked.entries.items():
        if pair not in wanted and entry.points:
            effects.append(_reversal(pair, entry, booked.frozen.get(pair[1])))
    effects.sort(key=lambda each: (each.effective_at, each.document != each.sale, each.document, each.sale))
    return tuple(effects)


def _effect(target: _Target, delta: int, entry: BookedEntry | None) -> Effect:
    document, sale = target.pair
    return Effect(
        document=document,
        version=target.version,
        sale=sale,
        kind="earn" if delta > 0 else "clawback",
        points=delta,
        effective_at=target.effective_at,
        available_at=target.available_at,
        expires_at=target.expires_at,
        tier=target.explanation.tier,
        policy=target.fixed.policy,
        revision=entry.revision + 1 if entry else 1,
        explanation=target.explanation,
    )


def _reversal(pair: Pair, entry: BookedEntry, fixed: Frozen | None) -> Effect:
    """The negative of what was booked for a document that is not in force any more, or takes from another sale now."""
    document, sale = pair
    return Effect(
        document=document,
        version="",
        sale=sale,
        kind="earn" if entry.points < 0 else "clawback",
        points=-entry.points,
        effective_at=entry.effective_at,
        available_at=entry.available_at,
        expires_at=entry.expires_at,
        tier=fixed.tier if fixed else "",
        policy=fixed.policy if fixed else "",
        revision=entry.revision + 1,
    )


def _differences(matching: Matching, kept: Sequence[Kept]) -> tuple[Difference, ...]:
    sold_for: Counter[tuple[Source, int]] = Counter()
    for each in kept:
        for step in each.steps:
            for line, amount in step.sold_for:
                sold_for[step.document, line] += amount
    stated: dict[tuple[Source, int], int] = {}
    for take in matching.takes:
        place = (take.document, take.line)
        stated[place] = stated.get(place, 0) + take.stated
    return tuple(
        Difference(document, line, amount, sold_for[document, line])
        for (document, line), amount in stated.items()
        if amount != sold_for[document, line]
    )


def _left_out(kept: Sequence[Kept], current: Version, facts: Mapping[Source, Frozen]) -> dict[SkipReason, int]:
    counts: Counter[SkipReason] = Counter()
    for each in kept:
        counts["service_lines"] += each.services
        counts["free_lines"] += each.free
        if each.sale.source in facts:
            continue
        if current.plan.trigger_of(each.sale) is None:
            counts["not_triggered"] += 1
        elif current.plan.clock_of(each.sale) is None:
            counts["no_clock"] += 1
        else:
            counts["before_start"] += 1
    return {reason: count for reason, count in counts.items() if count}
