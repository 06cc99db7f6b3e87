"""What a sale keeps after each of its returns: shares of the net, frozen at sale, taken back in business order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from attrs import frozen

from erplink.errors import Conflict
from erplink.loyalty.matching import Take, share_of
from erplink.loyalty.plan import Group, Plan, Sums
from erplink.model.facts import ReturnFact, SaleFact, Source


@frozen
class Step:
    """One return document's effect on a sale: the basis kept after it; per return line what its units were sold for."""

    document: Source
    version: str
    at: datetime
    kept: Sums
    sold_for: tuple[tuple[int, int], ...]


@frozen
class Kept:
    """A sale's basis as sold, then after each return that took something of it, in order of time and document id."""

    sale: SaleFact
    sold: Sums
    steps: tuple[Step, ...]
    services: int
    free: int

    @property
    def basis(self) -> int:
        """The basis that is kept now, in minor units."""
        return sum((self.steps[-1].kept if self.steps else self.sold).values())


def keep(plan: Plan, sale: SaleFact, takes: Sequence[Take], returns: Mapping[Source, ReturnFact]) -> Kept:
    """Follow a sale through its returns. ``takes`` are those of this sale, in order of time, document and line."""
    sums: dict[Group, int] = {}
    services = free = total = 0
    for line in sale.lines:
        if line.kind != "goods":
            services += 1
        elif plan.conditions:
            group = plan.group_of(line)
            sums[group] = sums.get(group, 0) + line.net
            free += line.net == 0
        else:
            total += line.net
            free += line.net == 0
    if not plan.conditions:
        sums[()] = total
    return Kept(sale, sums, _steps(plan, sale, sums, takes, returns) if takes else (), services, free)


def _steps(
    plan: Plan, sale: SaleFact, sold: Sums, takes: Sequence[Take], returns: Mapping[Source, ReturnFact]
) -> tuple[Step, ...]:
    lines = {line.line: line for line in sale.lines}
    if len(lines) != len(sale.lines):
        raise Conflict(
            f"order {sale.source.number} has two lines of one number",
            where="decide",
            next_step="number the lines of a sale without repetition",
        )
    left: dict[int, Decimal] = {}
    now = dict(sold)
    steps: list[Step] = []
    sold_for: list[tuple[int, int]] = []
    for n, take in enumerate(takes):
        line = lines[take.sale_line]
        before = left.get(line.line, line.qty)
        after = left[line.line] = before - take.qty
        lost = share_of(line.net, before, line.qty) - share_of(line.net, after, line.qty)
        sold_for.append((take.line, lost))
        if line.kind == "goods":
            now[plan.group_of(line)] -= lost
        if n + 1 == len(takes) or takes[n + 1].document != take.document:
            document = returns[take.document]
            steps.append(Step(take.document, document.version, document.returned_at, dict(now), tuple(sold_for)))
            sold_for = []
    return tuple(steps)
