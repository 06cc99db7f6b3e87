"""A shop's order lines, made up the same way on every machine: enough of everything to be disturbed in."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

HEADER = ("order_no", "sku", "quantity", "paid_at", "unit_price", "customer", "phone", "unionid")
CUSTOMERS = 360

Row = tuple[str, str, int, str, str, str, str, str]


def write_orders(path: Path, orders: int, longest_pause: int = 600) -> None:
    """Write ``orders`` orders and a return for every eighth; every tenth order is of a walk-in customer.

    Customers n and n + 180 share a unionid when n is a multiple of 5, and customers n and n + 3 a phone when n is a
    multiple of 20, so that people have several codes and some claims are doubtful. ``longest_pause`` is in minutes.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_rows(orders, longest_pause))


def _rows(orders: int, longest_pause: int) -> Iterator[Row]:
    dice = random.Random("chaos shop")
    moment = datetime.fromisoformat("2026-01-05T09:00")
    sold: list[Row] = []
    for n in range(orders):
        moment += timedelta(minutes=dice.randrange(5, longest_pause))
        who = ("", "", "") if n % 10 == 9 else _customer(dice.randrange(CUSTOMERS))
        for line in range(dice.randrange(1, 5)):
            sku = "POST" if line == 3 else f"M{dice.randrange(40):03d}"
            price = "0" if dice.random() < 0.03 else f"{dice.randrange(100, 99_999) / 100:.2f}"
            row = (str(10_000 + n), sku, dice.randrange(1, 9), _text(moment), price, *who)
            sold.append(row)
            yield row
        if n % 8 == 7:
            back = dice.choice(sold)
            later = _text(moment + timedelta(minutes=1))
            yield (f"C{20_000 + n}", back[1], -dice.randrange(1, back[2] + 2), later, back[4], *back[5:])


def _customer(n: int) -> tuple[str, str, str]:
    phone = n - 3 if n % 20 == 3 else n
    unionid = n - 180 if n >= 180 and n % 5 == 0 else n
    return f"K{n:04d}", f"138{phone:08d}", f"union-{unionid:04d}" if n % 3 or n % 5 == 0 else ""


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
