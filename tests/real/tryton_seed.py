"""Fills an empty Tryton with a small Chinese trader's year: run by Tryton's own Python, through Tryton's own client.

Usage: `python tryton_seed.py FOLDER`, where FOLDER/trytond.conf names the database `erp` that `trytond-admin` has made.
It leaves FOLDER/expected.json: every figure as Tryton's client reads it back.
"""

# ruff: noqa: ANN401 - records of a client without types

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from proteus import Model, Wizard, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company

ORDERS = 57  # and three returns of some of them
FIRST_DAY = date(2026, 1, 5)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙"
GOODS = (
    ("M001", "龙井礼盒", "1533.00"),
    ("M002", "景德镇茶具", "288.80"),
    ("M003", "普洱熟茶饼", "96.55"),
    ("M004", "茉莉花茶(罐)", "39.90"),
    ("M005", "紫砂壶", "460.0075"),
)
OF_TEN = {0: "draft", 1: "cancelled", 2: "quotation"}  # by the last digit of an order's place; the others are confirmed
BATCHES = (18, 35, 39)  # confirmed in one call each: one write_date for many orders


def company_with_books() -> tuple[Any, Any, Any]:
    """The company, its tax of 13 % and a term of payment."""
    party = Model.get("party.party")(name="易链贸易有限公司")
    party.save()
    create_company(party=party, currency="CNY")
    create_chart()
    span = (date(2025, 1, 1), date(date.today().year + 1, 12, 31))  # noqa: DTZ011, TID251 - invoices are posted today
    set_fiscalyear_invoice_sequences(create_fiscalyear(today=span)).click("create_period")
    tax = create_tax(Decimal(".13"))
    tax.save()
    term = create_payment_term()
    term.save()
    return get_company(), tax, term


def customers() -> list[Any]:
    """A dozen, with mobile numbers of Tryton's own format."""
    party = Model.get("party.party")
    made = []
    for place, surname in enumerate(SURNAMES, 1):
        customer = party(name=f"{surname}记商行", code=f"C{place:03}")
        customer.contact_mechanisms.new(type="mobile", value=f"+86139{place:08}")
        customer.contact_mechanisms.new(type="email", value=f"c{place:03}@example.com")
        customer.addresses[0].city = "杭州市"
        customer.addresses[0].street = f"西湖区文三路{place}号"
        customer.save()
        made.append(customer)
    return made


def products(tax: Any) -> list[Any]:
    """Goods for sale, a thousand of each in the store."""
    accounts = get_accounts()
    category = Model.get("product.category")(name="茶", accounting=True)
    category.account_expense, category.account_revenue = accounts["expense"], accounts["revenue"]
    category.customer_taxes.append(tax)
    category.save()
    [unit] = Model.get("product.uom").find([("name", "=", "Unit")])
    made = []
    for code, name, price in GOODS:
        template = Model.get("product.template")(name=name, default_uom=unit, type="goods", salable=True)
        template.list_price, template.account_category = Decimal(price), category
        template.code = code
        template.save()
        made.append(template.products[0])
    [storage] = Model.get("stock.location").find([("code", "=", "STO")])
    inventory = Model.get("stock.inventory")(location=storage)
    for product in made:
        inventory.lines.new(product=product).quantity = 1000.0
    inventory.click("confirm")
    return made


def order(place: int, goods: list[Any], buyers: list[Any], term: Any) -> Any:
    """One to three lines of goods, now and then a remark between them; every tenth order is a return."""
    sale = Model.get("sale.sale")(party=buyers[place % len(buyers)], payment_term=term)
    sale.sale_date = FIRST_DAY + timedelta(days=place)
    sale.reference = f"微信-{place:04}"
    sign = -1 if place % 10 == 7 else 1
    for number in range(1 + place % 3):
        line = sale.lines.new()
        line.product = goods[(place + number) % len(goods)]  # once the line knows its order, for the taxes
        line.quantity = float(sign * (1 + (place * 7 + number) % 5))
    if place % 8 == 5:
        sale.lines.new(type="comment").description = "请用礼品纸包装"
    sale.save()
    return sale


def orders(goods: list[Any], buyers: list[Any], term: Any) -> None:
    """All of them, moved to their states in bulk; of the confirmed ones four are shipped and two of these paid."""
    sale = Model.get("sale.sale")
    by_state: dict[str, list[Any]] = {"draft": [], "cancelled": [], "quotation": [], "confirmed": []}
    for place in range(ORDERS):
        by_state[OF_TEN.get(place % 10, "confirmed")].append(order(place, goods, buyers, term))
    confirmed = by_state["confirmed"]
    sale.click(by_state["cancelled"], "cancel")
    sale.click([*by_state["quotation"], *confirmed], "quote")
    for start, end in zip((0, *BATCHES), BATCHES, strict=False):
        sale.click(confirmed[start:end], "confirm")
    for one in confirmed[:4]:
        one.reload()
        for step in ("assign_try", "pick", "pack", "do"):
            one.shipments[0].click(step)
    pay(confirmed[:2])
    returns([confirmed[0], confirmed[2], confirmed[20]])


def returns(sold: list[Any]) -> None:
    """Tryton's own return: an order with the quantities of another one below zero, which it names as its origin."""
    sale = Model.get("sale.sale")
    for one in sold:
        Wizard("sale.return_sale", [one]).execute("return_")
    made = sale.find([("origin", "like", "sale.sale,%")], order=[("id", "ASC")])
    assert len(made) == len(sold)
    for one in made:
        one.lines[0].quantity = -1.0
        one.save()
    sale.click(made, "quote")
    sale.click(made, "confirm")


def pay(sales: list[Any]) -> None:
    """Post the invoices and pay them in cash, so that the orders are done."""
    accounts = get_accounts()
    [journal] = Model.get("account.journal").find([("type", "=", "cash")])
    method = Model.get("account.invoice.payment.method")(name="现金", journal=journal)
    method.credit_account = method.debit_account = accounts["cash"]
    method.save()
    for sale in sales:
        sale.reload()
        [invoice] = sale.invoices
        invoice.click("post")
        wizard = invoice.click("pay")
        wizard.form.payment_method = method
        wizard.execute("choice")


def keys() -> dict[str, str]:
    """A key of the REST door for the administrator, and one for a clerk who may read sales alone."""
    user = Model.get("res.user")
    [group] = Model.get("res.group").find([("name", "=", "Sales")])
    clerk = user(name="销售员", login="clerk")
    clerk.companies.append(get_company())
    clerk.company = get_company()
    clerk.groups.append(group)
    clerk.save()
    made = {}
    for name, owner in (("admin", user(1)), ("clerk", clerk)):
        application = Model.get("res.user.application")(application="rest", user=owner)
        application.save()
        made[name] = application.key
    return made


def line_figures(line: Any) -> dict[str, Any]:
    return {
        "product": line.product.code,
        "quantity": str(Decimal(str(line.quantity))),
        "unit_price": str(line.unit_price),
        "amount": str(line.amount),
    }


def stamp(at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=UTC).isoformat()


def order_figures(sale: Any) -> dict[str, Any]:
    return {
        "id": sale.id,
        "number": sale.number,
        "state": sale.state,
        "customer": sale.party.code,
        "reference": sale.reference,
        "date": sale.sale_date.isoformat(),
        "return_of": sale.origin and sale.origin.number,
        "untaxed": str(sale.untaxed_amount),
        "tax": str(sale.tax_amount),
        "total": str(sale.total_amount),
        "created": stamp(sale.create_date),
        "written": stamp(sale.write_date),
        "lines": [line_figures(line) for line in sale.lines if line.type == "line"],
    }


def customer_figures(party: Any) -> dict[str, Any]:
    return {
        "id": party.id,
        "code": party.code,
        "name": party.name,
        "phone": party.mobile,
        "email": party.email,
        "created": stamp(party.create_date),
        "written": stamp(party.write_date),
    }


def figures(made: dict[str, str]) -> dict[str, Any]:
    """What Tryton itself says is there now."""
    [warehouse] = Model.get("stock.location").find([("type", "=", "warehouse")])
    party, product = Model.get("party.party"), Model.get("product.product")
    with config.get_config().set_context(locations=[warehouse.id], stock_date_end=date.max):
        stock = {one.code: str(Decimal(str(one.quantity))) for one in product.find([])}
    return {
        "company": get_company().id,
        "warehouse": warehouse.id,
        "keys": made,
        "orders": [order_figures(sale) for sale in Model.get("sale.sale").find([], order=[("id", "ASC")])],
        "customers": [customer_figures(one) for one in party.find([("code", "like", "C%")], order=[("id", "ASC")])],
        "stock": stock,
    }


def main(folder: Path) -> None:
    client = config.set_trytond("erp", config_file=str(folder / "trytond.conf"))
    company, tax, term = company_with_books()
    assert company.currency.code == "CNY"
    buyers, goods = customers(), products(tax)
    orders(goods, buyers, term)
    found = figures(keys())
    (folder / "expected.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"seeded {len(found['orders'])} orders as user {client.user}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
