"""From documents to facts, by a declared rule: when an order counts as completed, and what came back.

Pure. All documents of one subject go in, whatever order they arrived in; the same set gives the same facts.

| rule | an order is completed when | at |
|---|---|---|
| ``approved`` | it is approved (已审核) | its approval |
| ``closed`` | the ERP closed it (已关闭) | its last shipment, else its approval |
| ``shipped`` | approved shipments cover every goods line | the shipment that completes it |
| ``shipped_and_paid`` | as above, and receipts cover its amount | the later of both |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from attrs import field, frozen

from erplink.model.documents import Document, Entity, LineKind, Order, OrderLine, Receipt, Return, ReturnLine, Shipment
from erplink.model.exact import to_minor
from erplink.model.facts import ReturnFact, ReturnFactLine, SaleFact, SaleFactLine, Source
from erplink.model.money import places_of
from erplink.policy.programme import Assembly, CompletedBy

_NONE: Mapping[str, str] = MappingProxyType({})


@frozen
class Facts:
    """What the documents of one subject amount to, and how many documents are not in force (by reason)."""

    sales: tuple[SaleFact, ...]
    returns: tuple[ReturnFact, ...]
    waiting: tuple[tuple[str, int], ...] = ()


@frozen
class _Pile:
    orders: list[tuple[str, Order]] = field(factory=list)
    returns: list[tuple[str, Return]] = field(factory=list)
    shipments: dict[tuple[str, str], list[Shipment]] = field(factory=lambda: defaultdict(list))
    receipts: dict[tuple[str, str], list[Receipt]] = field(factory=lambda: defaultdict(list))


def assemble(documents: Iterable[tuple[str, Document]], rule: Assembly, categories: Mapping[str, str] = _NONE) -> Facts:
    """Facts of one subject from (system, document) pairs, by the programme's rule; ``categories`` by sku."""
    pile = _sort(documents)
    waiting: dict[str, int] = defaultdict(int)
    sales: list[SaleFact] = []
    for system, order in pile.orders:
        if order.status not in ("approved", "closed"):
            waiting[f"order_{order.status}"] += 1
            continue
        sale = _sale(system, order, pile, rule, categories)
        waiting["order_not_completed"] += sale.completed_at is None
        sales.append(sale)
    returns = []
    for system, back in pile.returns:
        if back.status == "approved" and back.returned_at is not None:
            returns.append(_returned(system, back, back.returned_at, rule))
        else:
            waiting[f"return_{back.status}"] += 1
    sales.sort(key=lambda fact: fact.source)
    returns.sort(key=lambda fact: fact.source)
    return Facts(tuple(sales), tuple(returns), tuple(sorted((k, n) for k, n in waiting.items() if n)))


def sources(rule: Assembly) -> frozenset[Entity]:
    """The entities that facts may depend on under this rule: without one of them, they would be half the facts."""
    needed: dict[CompletedBy, tuple[Entity, ...]] = {
        "approved": (),
        "closed": ("shipments",),
        "shipped": ("shipments",),
        "shipped_and_paid": ("shipments", "receipts"),
    }
    return frozenset(("customers", "orders", "returns", *needed[rule.completed]))


def _sort(documents: Iterable[tuple[str, Document]]) -> _Pile:
    pile = _Pile()
    for system, document in documents:
        match document:
            case Order():
                pile.orders.append((system, document))
            case Return():
                pile.returns.append((system, document))
            case Shipment() if document.status == "approved":
                for number in {line.order for line in document.lines if line.order}:
                    pile.shipments[system, number].append(document)
            case Receipt() if document.status == "approved" and document.order:
                pile.receipts[system, document.order].append(document)
            case _:
                pass
    return pile


def _sale(system: str, order: Order, pile: _Pile, rule: Assembly, categories: Mapping[str, str]) -> SaleFact:
    shipments = sorted(pile.shipments[system, order.number], key=lambda s: (s.shipped_at or _NEVER, s.number))
    receipts = sorted(pile.receipts[system, order.number], key=lambda r: (r.received_at or _NEVER, r.number))
    shipped_at = _covered_at(order, shipments)
    paid_at = _paid_at(order, receipts)
    created = order.created_at or order.approved_at
    if created is None:
        created = _NEVER
    completed_at = _completed(order, rule.completed, shipped_at, shipments, paid_at)
    places = places_of(order.currency)
    return SaleFact(
        source=Source(system, "orders", order.number),
        version=order.version,
        lines=tuple(_line(line, places, rule, categories) for line in order.lines),
        created_at=created,
        paid_at=paid_at if rule.completed == "shipped_and_paid" else completed_at,
        shipped_at=shipped_at,
        completed_at=completed_at,
        party=order.customer,
        evidence=tuple(Source(system, "shipments", s.number) for s in shipments)
        + tuple(Source(system, "receipts", r.number) for r in receipts),
    )


def _line(line: OrderLine, places: int, rule: Assembly, categories: Mapping[str, str]) -> SaleFactLine:
    net = 0 if line.free else to_minor(line.amount, places)
    kind: LineKind = "service" if rule.is_service(line.sku) else line.kind
    return SaleFactLine(
        line=line.line,
        sku=line.sku,
        qty=line.qty,
        net=net,
        kind=kind,
        ref=line.id,
        category=categories.get(line.sku, ""),
    )


def _covered_at(order: Order, shipments: Sequence[Shipment]) -> datetime | None:
    """When the shipments so far cover every goods line, by line id where the shipment names it, else by sku."""
    open_lines = {line.id or str(line.line): line.qty for line in order.lines if line.kind == "goods"}
    by_sku = {line.sku: line.id or str(line.line) for line in reversed(order.lines) if line.kind == "goods"}
    if not open_lines:
        return shipments[-1].shipped_at if shipments else order.approved_at
    for shipment in shipments:
        for line in shipment.lines:
            key = line.order_line if line.order_line in open_lines else by_sku.get(line.sku, "")
            if line.order == order.number and key in open_lines:
                open_lines[key] -= line.qty
        if all(left <= 0 for left in open_lines.values()):
            return shipment.shipped_at
    return None


def _paid_at(order: Order, receipts: Sequence[Receipt]) -> datetime | None:
    left = order.paid
    for receipt in receipts:
        left -= receipt.amount
        if left <= 0:
            return receipt.received_at
    return order.approved_at if order.paid == Decimal(0) else None


def _completed(
    order: Order,
    completion: CompletedBy,
    shipped_at: datetime | None,
    shipments: Sequence[Shipment],
    paid_at: datetime | None,
) -> datetime | None:
    match completion:
        case "approved":
            return order.approved_at
        case "closed":
            last = shipments[-1].shipped_at if shipments else None
            return (last or order.approved_at) if order.status == "closed" else None
        case "shipped":
            return shipped_at
        case "shipped_and_paid":
            return max(shipped_at, paid_at) if shipped_at and paid_at else None


def _returned(system: str, back: Return, at: datetime, rule: Assembly) -> ReturnFact:
    places = places_of(back.currency)
    return ReturnFact(
        source=Source(system, "returns", back.number),
        version=back.version,
        lines=tuple(_return_line(line, places, rule) for line in back.lines),
        returned_at=at,
        party=back.customer,
    )


def _return_line(line: ReturnLine, places: int, rule: Assembly) -> ReturnFactLine:
    return ReturnFactLine(
        line=line.line,
        sku=line.sku,
        qty=line.qty,
        amount=0 if line.free else to_minor(line.amount, places),
        order=line.order,
        order_line=line.order_line,
        kind="service" if rule.is_service(line.sku) else line.kind,
    )


_NEVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
