"""Which records a shop starts with: none, those of the built-in shop, or those of an orders file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define

from erplink.testing.worlds.sample import sample_trade
from erplink.testing.worlds.shop.books import Books, Level
from erplink.testing.worlds.shop.catalogue import FORMS, Cells
from erplink.testing.worlds.shop.inventory import MAIN
from erplink.testing.worlds.shop.records import Record, Table
from erplink.testing.worlds.shop.statuses import APPROVED, DONE
from erplink.testing.worlds.trade import Bill, Goods, Trade, trade_of_file


def plant(books: Books) -> Mapping[str, Any]:
    """Put what the settings ask for into empty books; the report of it. Raises FileInvalid; then they stay empty."""
    shop = books.shop
    if shop.orders is not None:
        trade = trade_of_file(shop.orders, shop.tz)
        with shop.orders.open("rb") as content:
            report = {**trade.report, "digest": hashlib.file_digest(content, "sha256").hexdigest()}
        _Planter(books, shop.tz).trade(trade)
    elif shop.sample:
        report = {"source": "sample"}
        _Planter(books, shop.tz).trade(sample_trade())
    else:
        report = {"source": "empty"}
    return {**report, "documents": {entity: len(table) for entity, table in books.tables.items()}}


@define
class _Planter:
    books: Books
    zone: ZoneInfo

    def trade(self, trade: Trade) -> None:
        """Plant all of it, in the order in which ids are given."""
        start = self._at(trade.start)
        for partner in trade.partners:
            self._put(
                "customers",
                partner.number,
                start,
                {"name": partner.name, "mobile": partner.phone, "unionid": partner.unionid},
            )
        for article in trade.articles:
            self._put("products", article.number, start, {"name": article.name, "category": article.group})
            if article.on_hand is not None:
                self.books.stock[article.number, MAIN] = Level(article.on_hand)
        first = {order.number: self._order(order) for order in trade.orders}
        for bill in trade.shipments:
            self._bill("shipments", bill, {"shipped_at": self._at(bill.at)}, self._shipped(bill, first))
        for bill in trade.returns:
            self._bill("returns", bill, {"returned_at": self._at(bill.at)}, self._returned(bill, first))
        for bill in trade.receipts:
            amount = sum((line.amount for line in bill.lines), Decimal(0))
            at = self._at(bill.at)
            self._bill("receipts", bill, {"received_at": at, "amount": amount, "order_no": bill.source})

    def _order(self, order: Bill) -> int:
        """Plant an order; the id of its first line."""
        first = self.books.tables["orders"].next_line
        head = {"status": DONE if order.closed else APPROVED, "approved_at": self._at(order.at)}
        self._bill("orders", order, head, [_priced(line) for line in order.lines])
        return first

    def _bill(self, entity: str, bill: Bill, head: Cells, lines: Sequence[Cells] = ()) -> None:
        if "total_amount" in FORMS[entity].kinds:
            head = head | {"total_amount": sum((line["amount"] for line in lines), Decimal(0))}
        self._put(entity, bill.number, self._at(bill.at), {"customer_code": bill.customer, **head}, lines)

    def _put(self, entity: str, number: str, at: datetime, head: Cells, lines: Sequence[Cells] = ()) -> None:
        table: Table = self.books.tables[entity]
        form = table.form
        usual = {one.name: one.default for one in form.head} | {"status": APPROVED, "created_at": at}
        empty = {one.name: one.default for one in form.lines}
        numbered = tuple(
            empty | {"id": table.next_line + place, "line_no": place + 1} | line for place, line in enumerate(lines)
        )
        table.put(Record(table.next_id, number, at, 1, usual | head, numbered))

    def _shipped(self, bill: Bill, first: Mapping[str, int]) -> list[Cells]:
        return [{"sku": line.material, "quantity": line.quantity, **origin} for line, origin in _origins(bill, first)]

    def _returned(self, bill: Bill, first: Mapping[str, int]) -> list[Cells]:
        return [_priced(line) | origin for line, origin in _origins(bill, first)]

    def _at(self, wall: str) -> datetime:
        return datetime.fromisoformat(wall).replace(tzinfo=self.zone).astimezone(UTC)


def _origins(bill: Bill, first: Mapping[str, int]) -> Iterator[tuple[Goods, Cells]]:
    """Each line, and which order line it comes from."""
    for line in bill.lines:
        entry = first[bill.source] + line.entry - 1 if line.entry else 0
        yield line, {"order_no": bill.source if line.entry else "", "order_line_id": entry}


def _priced(line: Goods) -> Cells:
    return {
        "sku": line.material,
        "quantity": line.quantity,
        "unit_price": line.price,
        "amount": line.amount,
        "is_service": line.service,
        "is_gift": line.free,
    }
