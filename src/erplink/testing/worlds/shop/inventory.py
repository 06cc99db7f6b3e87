"""What moving a document does to stock: an order promises goods, a shipment takes them, a return brings them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from erplink.testing.worlds.shop.books import Level, Place
from erplink.testing.worlds.shop.catalogue import Form
from erplink.testing.worlds.shop.records import Record
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.statuses import APPROVED

MAIN = "W-1"
"""The warehouse that goods come back to."""

Stock = Mapping[Place, Level]


def moved(stock: Stock, form: Form, record: Record, action: str) -> dict[Place, Level]:
    """The levels that change when a document is moved. Raises :class:`Refusal` where there is not enough."""
    released = action == "cancel" and record.head.get("status") == APPROVED
    if not form.lines or not (action == "approve" or released):
        return {}
    changed: dict[Place, Level] = {}
    for sku, quantity in _goods(record):
        present = {**stock, **changed}
        if form.entity == "orders":
            changed |= _locked(present, sku, -quantity if released else quantity)
        elif form.entity == "shipments":
            changed |= _taken(present, sku, -quantity if released else quantity)
        else:
            changed |= _brought(present, sku, -quantity if released else quantity)
    return changed


def _goods(record: Record) -> Iterator[tuple[str, Decimal]]:
    return ((line["sku"], line["quantity"]) for line in record.lines if not line.get("is_service"))


def _places(stock: Stock, sku: str) -> list[Place]:
    return sorted(place for place in stock if place[0] == sku)


def _locked(stock: Stock, sku: str, quantity: Decimal) -> dict[Place, Level]:
    """Goods whose stock is not kept are always there."""
    places = _places(stock, sku)
    if not places:
        return {}
    for place in places:
        level = stock[place]
        if level.available >= quantity and level.locked + quantity >= 0:
            return {place: Level(level.on_hand, level.locked + quantity)}
    available = sum((stock[place].available for place in places), Decimal(0))
    message = f"商品[{sku}]库存不足：可用 {available:f}，需要 {quantity:f}"
    raise Refusal("rule", message, "quantity")


def _taken(stock: Stock, sku: str, quantity: Decimal) -> dict[Place, Level]:
    places = _places(stock, sku)
    for place in places:
        level = stock[place]
        if level.on_hand >= quantity:
            return {place: Level(level.on_hand - quantity, max(Decimal(0), level.locked - quantity))}
    if not places:
        return {}
    message = f"商品[{sku}]库存不足，不能出库"
    raise Refusal("rule", message, "quantity")


def _brought(stock: Stock, sku: str, quantity: Decimal) -> dict[Place, Level]:
    place = (sku, MAIN)
    level = stock.get(place)
    return {} if level is None else {place: Level(level.on_hand + quantity, level.locked)}
