"""The built-in shop: the same customers, orders, shipments, returns and receipts on every machine."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from erplink.testing.worlds.trade import GIFTS, Article, Bill, Goods, Partner, Trade, numbered, wall

_END = datetime(2026, 11, 1)  # noqa: DTZ001 - wall time of the shop
_LAST = _END - timedelta(minutes=1)
_CUSTOMERS, _ORDERS, _DAYS = 120, 600, 365
_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何"
_GIVEN = ("伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀兰")
_GOODS = {
    "茶叶": ("西湖龙井", "安溪铁观音", "正山小种", "云南普洱", "茉莉花茶", "白毫银针", "祁门红茶", "碧螺春"),
    "茶具": ("紫砂壶", "青瓷盖碗", "玻璃公道杯", "竹制茶盘", "随行茶杯", "铸铁壶"),
    "茶点": ("绿豆糕", "桂花糕", "杏仁酥", "核桃酥", "山楂片", "龙须糖"),
}


def sample_trade() -> Trade:
    """The shop: a year that ends on 2026-10-31."""
    dice = random.Random("erplink sample shop")  # noqa: S311 - the same shop everywhere, not a secret
    articles, prices = _articles(dice)
    partners = _partners(dice)
    orders = _orders(dice, partners, prices)
    return Trade(
        start=wall(_END - timedelta(days=_DAYS + 1)),
        partners=partners,
        articles=[*articles, *GIFTS],
        orders=orders,
        shipments=_shipments(dice, orders),
        returns=_returns(dice, orders),
        receipts=_receipts(orders),
    )


def _articles(dice: random.Random) -> tuple[list[Article], dict[str, Decimal]]:
    articles, prices = [], {}
    for place, (group, names) in enumerate(_GOODS.items(), start=1):
        for position, name in enumerate(names, start=1):
            number = f"M{place}{position:02d}"
            articles.append(Article(number, name, Decimal(5000), group))
            prices[number] = Decimal(dice.randrange(1500, 68000)) / 100
    return articles, prices


def _partners(dice: random.Random) -> list[Partner]:
    found = []
    for place in range(1, _CUSTOMERS + 1):
        name = dice.choice(_FAMILY) + dice.choice(_GIVEN)
        phone = f"139{place:08d}" if place % 10 else ""
        unionid = f"oShop-{place:04d}" if place % 3 else ""
        found.append(Partner(f"CUST{place:04d}", name, phone, unionid, "零售"))
    for place in (20, 44, 68, 92):
        twin = found[place - 1]
        found[place] = Partner(found[place].number, twin.name, "", twin.unionid, "批发")
    found[49] = Partner("CUST0050", "许静", "13900000049", "oShop-0050", "零售")
    found[48] = Partner("CUST0049", "何磊", "13900000049", "oShop-0049", "零售")
    return found


def _orders(dice: random.Random, partners: list[Partner], prices: Mapping[str, Decimal]) -> list[Bill]:
    moments = sorted(_END - timedelta(minutes=dice.randrange(_DAYS * 24 * 60)) for _ in range(_ORDERS))
    bills = []
    for place, moment in enumerate(moments, start=1):
        customer = dice.choice(partners[:110]).number
        lines = [_goods(number, dice, prices) for number in dice.sample(sorted(prices), dice.randrange(1, 5))]
        shipped = place <= _ORDERS - 20
        bills.append(Bill(f"XSDD{place:06d}", customer, wall(moment), lines, closed=shipped))
    return bills


def _goods(number: str, dice: random.Random, prices: Mapping[str, Decimal]) -> Goods:
    quantity = Decimal(dice.choice((1, 1, 1, 2, 2, 3, 5, 10)))
    return Goods(number, quantity, prices[number], quantity * prices[number])


def _shipments(dice: random.Random, orders: list[Bill]) -> list[Bill]:
    bills = []
    for order in orders:
        partial = not order.closed
        if partial and dice.random() < 0.5:
            continue
        lines = numbered(order)[: 1 if partial else None]
        moment = min(datetime.fromisoformat(order.at) + timedelta(hours=dice.randrange(2, 60)), _LAST)
        bills.append(Bill(f"OUT-{order.number}", order.customer, wall(moment), lines, source=order.number))
    return sorted(bills, key=lambda bill: (bill.at, bill.number))


def _returns(dice: random.Random, orders: list[Bill]) -> list[Bill]:
    bills = []
    for place, order in enumerate(order for order in orders if order.closed):
        if place % 14 != 5:
            continue
        named = place % 3 != 0
        line = numbered(order)[0]
        quantity = Decimal(dice.randrange(1, int(line.quantity) + 1))
        back = line._replace(quantity=quantity, amount=quantity * line.price, entry=line.entry if named else 0)
        moment = datetime.fromisoformat(order.at) + timedelta(days=dice.randrange(4, 20))
        if moment > _LAST:
            continue
        number = f"XSTH{place:06d}"
        bills.append(Bill(number, order.customer, wall(moment), [back], source=order.number if named else ""))
    return sorted(bills, key=lambda bill: (bill.at, bill.number))


def _receipts(orders: list[Bill]) -> list[Bill]:
    bills = []
    for order in orders:
        moment = min(datetime.fromisoformat(order.at) + timedelta(minutes=5), _LAST)
        if order.closed or int(order.number[-1]) % 2:
            bills.append(Bill(f"SKD-{order.number}", order.customer, wall(moment), order.lines, source=order.number))
    return bills
