"""The forms erplink reads and writes, key by key. The case of a key differs from form to form; this is how it is."""

from __future__ import annotations

from collections.abc import Mapping

from erplink.erp.kingdee.custom import customised
from erplink.erp.kingdee.forms.bill import document_status, order_status
from erplink.erp.kingdee.forms.gifts import GIFT, gifts
from erplink.erp.kingdee.forms.masters import CUSTOMER, customers, products
from erplink.erp.kingdee.forms.orders import ORDER, orders
from erplink.erp.kingdee.forms.receipts import RECEIPT, REFUND, receipts, refunds
from erplink.erp.kingdee.forms.receivables import receivables
from erplink.erp.kingdee.forms.recipe import Recipe
from erplink.erp.kingdee.forms.returns import returns
from erplink.erp.kingdee.forms.shipments import SHIPMENT, shipments
from erplink.erp.kingdee.settings import Kingdee
from erplink.errors import ConfigInvalid
from erplink.mapping.fields import DocumentMapping
from erplink.model.documents import Entity

__all__ = ["GIFT", "RECIPES", "Recipe", "document_status", "gift_mapping", "mappings", "order_status"]

PRICES: Entity = "prices"
"""The entity whose mapping is found out from the form."""

GIFTS = "gifts"
"""What the settings call 其他出库单, which is no entity of its own."""

RECIPES: Mapping[Entity, Recipe] = {
    "orders": ORDER,
    "shipments": SHIPMENT,
    "receipts": RECEIPT,
    "refunds": REFUND,
    "customers": CUSTOMER,
}
"""What can be created."""


def mappings(settings: Kingdee) -> Mapping[Entity, DocumentMapping]:
    """Every entity's mapping under these settings. Raises ``ConfigInvalid`` for fields of an unknown entity."""
    known: dict[Entity, DocumentMapping] = {
        mapping.entity: mapping
        for mapping in (
            orders(settings),
            shipments(settings),
            returns(settings),
            receipts(settings),
            refunds(settings),
            receivables(settings),
            customers(),
            products(),
        )
    }
    _refuse_unknown("custom", settings.custom, [*known, PRICES, GIFTS])
    _refuse_unknown("save", settings.save, [*RECIPES, GIFTS])
    return {entity: customised(mapping, settings.custom.get(entity, {})) for entity, mapping in known.items()}


def gift_mapping(settings: Kingdee) -> DocumentMapping:
    """The mapping of goods given away under these settings."""
    return customised(gifts(settings), settings.custom.get(GIFTS, {}))


def _refuse_unknown(name: str, given: Mapping[str, object], known: list[str]) -> None:
    for entity in given:
        if entity not in known:
            raise ConfigInvalid(
                f"{name} names fields of {entity!r}",
                where="Kingdee settings",
                next_step=f"use one of {', '.join(known)}",
            )
