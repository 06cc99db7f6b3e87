"""Documents of walk-in customers: they earn nothing, and their returns are listed instead of being dropped."""

from __future__ import annotations

from erplink.loyalty.matching import Unmatched
from erplink.model.documents import Order, Return
from erplink.model.exact import to_minor
from erplink.model.facts import Source
from erplink.model.money import places_of
from erplink.policy.programme import Assembly
from erplink.store import documents, waiting
from erplink.store.database import Connection


def list_anonymous(connection: Connection, space: str, rule: Assembly) -> None:
    """List every return of an anonymous customer with reason ``no_customer``; count orders and lines left out.

    Does nothing while no document of an anonymous customer is new.
    """
    if not waiting.nobody(connection, space):
        return
    rests: list[Unmatched] = []
    orders = lines = 0
    for _, system, document in documents.by_person(connection, space, [documents.NOBODY], ("orders", "returns")):
        if isinstance(document, Order):
            orders += 1
            lines += len(document.lines)
        elif isinstance(document, Return) and document.status == "approved":
            rests += _rest(system, document, rule)
    waiting.leave_over(
        connection,
        space,
        {documents.NOBODY: rests},
        {documents.NOBODY: {"anonymous_orders": orders, "anonymous_lines": lines}},
    )


def _rest(system: str, document: Return, rule: Assembly) -> list[Unmatched]:
    places = places_of(document.currency)
    return [
        Unmatched(
            Source(system, "returns", document.number),
            line.line,
            line.sku,
            line.qty,
            to_minor(line.amount, places),
            "service" if line.kind == "service" or rule.is_service(line.sku) else "no_customer",
        )
        for line in document.lines
    ]
