"""What things cost: prices with and without tax, amounts of lines, totals of bills."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from erplink.testing.worlds.kingdee.cells import decimal
from erplink.testing.worlds.kingdee.forms import ZERO, Cell, Form, Row

CENT, MICRO, HUNDRED = Decimal("0.01"), Decimal("0.000001"), Decimal(100)
RECEIVABLE = "AR_receivable"


def price(form: Form, line: list[Cell], changed: set[str]) -> None:
    """Work out prices and amounts of a line from those that were sent."""
    at = form.line_positions
    if form.id == RECEIVABLE:
        _owe(form, line, changed)
    if "FIsFree" not in at:
        return
    quantity_key = "FRealQty" if "FRealQty" in at else "FQty"
    if line[at["FIsFree"]]:
        line[at["FTaxPrice"]] = line[at["FPrice"]] = line[at["FAllAmount"]] = line[at["FAmount"]] = ZERO
        return
    factor = 1 + decimal(line[at["FEntryTaxRate"]]) / HUNDRED
    if "FPrice" in changed and "FTaxPrice" not in changed:
        line[at["FTaxPrice"]] = _rounded(decimal(line[at["FPrice"]]) * factor, MICRO)
    elif "FTaxPrice" in changed and "FPrice" not in changed:
        line[at["FPrice"]] = _rounded(decimal(line[at["FTaxPrice"]]) / factor, MICRO)
    if "FAllAmount" not in changed:
        full = decimal(line[at[quantity_key]]) * decimal(line[at["FTaxPrice"]])
        discount = decimal(line[at["FDiscountRate"]]) if "FDiscountRate" in at else ZERO
        line[at["FAllAmount"]] = _rounded(full * (1 - discount / HUNDRED), CENT)
    if "FAmount" not in changed:
        line[at["FAmount"]] = _rounded(decimal(line[at["FAllAmount"]]) / factor, CENT)


def total(form: Form, head: list[Cell], lines: Sequence[Row]) -> None:
    """Add up the amounts of the lines in the head."""
    if form.id == RECEIVABLE:
        owed = sum((decimal(line[form.line_at("FALLAMOUNTFOR_D")]) for line in lines), ZERO)
        head[form.at("FALLAMOUNTFOR")] = owed
    if "FBillAllAmount" not in form.positions:
        return
    everything = sum((decimal(line[form.line_at("FAllAmount")]) for line in lines), ZERO)
    net = sum((decimal(line[form.line_at("FAmount")]) for line in lines), ZERO)
    head[form.at("FBillAllAmount")], head[form.at("FBillAmount")] = everything, net
    head[form.at("FBillTaxAmount")] = everything - net


def _owe(form: Form, line: list[Cell], changed: set[str]) -> None:
    at = form.line_positions
    if "FALLAMOUNTFOR_D" not in changed:
        line[at["FALLAMOUNTFOR_D"]] = _rounded(decimal(line[at["FPriceQty"]]) * decimal(line[at["FTaxPrice"]]), CENT)


def _rounded(value: Decimal, grain: Decimal) -> Decimal:
    return value.quantize(grain, rounding=ROUND_HALF_UP)
