"""Short codes of the books, in words a person reads."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "customers.update": "balances on customer records",
    "orders.create": "0-yuan gift orders",
    "bought_too_little": "earlier purchases keep fewer units than came back",
    "never_bought": "no earlier purchase of this sku",
    "free": "the earlier purchases cost nothing",
    "service": "a charge or fee, not goods",
    "unknown_order": "it names an order that is not known (yet)",
    "unknown_line": "the order it names has no such line",
    "over_return": "more came back than the order still kept",
    "review": "waits for a person, as the policy says",
    "service_lines": "lines of charges and fees: not in the basis",
    "free_lines": "lines at price 0: nothing to award",
    "before_start": "before the programme started: counts for tiers only",
    "not_triggered": "what the policy waits for has not happened yet",
    "no_clock": "the document lacks the date that the policy goes by",
    "order_not_completed": "orders approved, but not completed",
    "no_customer": "the walk-in customer's: nobody's points to take back",
    "anonymous_orders": "orders of walk-in customers",
    "anonymous_lines": "lines of those orders",
    "refund_differs": "returns that state another price than the sale they were matched to",
    "unionid_changed": "the record now shows another unionid than before",
    "same_phone_other_unionid": "two people share a phone, their unionids differ",
    "same_phone_not_proved": "two people share a phone, nothing proves they are one",
    "sale": "sales, loaded as order lines",
    "return": "returns (numbers that begin with C), naming no order",
    "bad_debt_adjustment": "bad-debt adjustments (A…): not loaded",
    "write_off": "negative quantity outside a return: stock write-off, not loaded",
    "zero_quantity": "quantity 0: not loaded",
    "negative_price": "price below 0: not loaded",
    "walk_in": "of these, without a customer: booked to the walk-in customer, nobody earns",
    "service_rows": "of these, charges and fees instead of goods",
    "free_rows": "of these, at price 0",
    "customers": "customer records",
    "orders": "orders",
    "shipments": "shipments",
    "returns": "returns",
    "receipts": "receipts",
}


def in_words(code: str) -> str:
    """The words for a code; a code without words reads as it is, underscores as blanks.

    >>> in_words("never_bought"), in_words("order_cancelled")
    ('no earlier purchase of this sku', 'order cancelled')
    """
    return _WORDS.get(code, code.replace("_", " "))
