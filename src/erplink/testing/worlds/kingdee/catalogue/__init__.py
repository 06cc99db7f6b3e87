"""The forms of the world: their keys as the vendor spells them, field by field.

The case of a key differs from form to form (``FCustId``, ``FCustomerID``, ``FRetcustId``, ``FCONTACTUNIT``); that is
how the vendor has it, and queries and saves are held to it. Which entry the lists of prices and discounts have, and the
discounts' keys, is not documented: whoever reads them has to ask QueryBusinessInfo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from erplink.testing.worlds.kingdee.catalogue.masters import (
    CUSTOMER,
    CUSTOMER_GROUP,
    DISCOUNT_LIST,
    MATERIAL,
    MATERIAL_GROUP,
    ORGANISATION,
    PRICE_LIST,
)
from erplink.testing.worlds.kingdee.catalogue.money import RECEIPT, RECEIVABLE, REFUND
from erplink.testing.worlds.kingdee.catalogue.sales import DELIVERY_NOTICE, OUTSTOCK, RETURN, SALE_ORDER
from erplink.testing.worlds.kingdee.catalogue.stock import ATTACHMENT, INVENTORY, MIS_DELIVERY
from erplink.testing.worlds.kingdee.forms import Form

_FORMS = (
    *(SALE_ORDER, DELIVERY_NOTICE, OUTSTOCK, RETURN),
    *(RECEIPT, REFUND, RECEIVABLE),
    *(MIS_DELIVERY, INVENTORY, ATTACHMENT),
    *(CUSTOMER, MATERIAL, PRICE_LIST, DISCOUNT_LIST),
    *(CUSTOMER_GROUP, MATERIAL_GROUP, ORGANISATION),
)

FORMS: Mapping[str, Form] = {form.id: form for form in _FORMS}

LAYOUT = hashlib.sha256(
    repr([(form.id, [field.key for field in (*form.head, *form.lines)]) for form in _FORMS]).encode()
).hexdigest()[:16]
"""Which forms with which fields there are: a state file written under another layout cannot be read."""

MASTERS: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "BD_Currency": {"PRE001": (1, "人民币")},
    "BD_UNIT": {"Pcs": (10101, "件")},
    "BD_STOCK": {"CK001": (110001, "成品仓"), "CK002": (110002, "门店仓")},
    "BD_StockStatus": {"KCZT01_SYS": (10000, "可用")},
    "BD_SETTLETYPE": {"JSFS01_SYS": (1, "现金"), "JSFS04_SYS": (4, "电汇")},
}

ORGANISATIONS: Mapping[str, str] = {"100": "示例公司", "200": "示例门店"}
"""The organisations (组织) every world has, the one at home first."""
