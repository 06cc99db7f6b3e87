"""What a Save of a sales order (销售订单) holds: the order, what the form demands, and what the tenant adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erplink.erp.kingdee.query import FormQuery
from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import wall
from erplink.mapping.fields import Model
from erplink.model.documents import Order, OrderLine

_DAY = 10


def order_model(query: FormQuery, order: Order) -> Model:
    """The Model of a new order. Dates are days of the server's zone; without ``created_at`` it is the server's today.

    Raises:
        ConfigInvalid: an order without customer or lines, or a gift line that costs something.
    """
    _check(order)
    settings, mapping = query.settings, query.mapping
    day = wall(order.created_at or query.wire.server_now(), settings.tz)[:_DAY]
    organisation = {"FNumber": settings.org_num} if settings.org_num else None
    model: Model = {
        "FID": 0,
        "FBillTypeID": {"FNUMBER": "XSDD01_SYS"},
        "FDate": day,
        **({"FSaleOrgId": organisation} if organisation else {}),
        **mapping.build(order),
    }
    entry = mapping.lines.entry if mapping.lines is not None else ""
    extra = dict(settings.save.get("orders", {}))
    of_line = extra.pop(entry, {})
    demanded = {
        "FDeliveryDate": day,
        "FReserveType": "1",
        "FOUTLMTUNIT": "SAL",
        **({"FSettleOrgIds": organisation} if organisation else {}),
    }
    lines = zip(model[entry], order.lines, strict=True)
    model[entry] = [{**demanded, **_priced(built, line), **of_line} for built, line in lines]
    return _merged(model, extra)


def _check(order: Order) -> None:
    if not order.customer or not order.lines:
        what = "the order names no customer" if not order.customer else "the order has no lines"
        raise ConfigInvalid(what, where=f"order {order.number}", next_step="fill it in, then create it")
    for line in order.lines:
        if line.free and (line.amount or line.unit_price):
            step = "a free line has amount 0 and unit_price 0"
            raise ConfigInvalid(
                f"line {line.line} is free but costs {line.amount}", where=f"order {order.number}", next_step=step
            )


def _priced(built: Model, line: OrderLine) -> Model:
    """A line that states only its amount leaves the price to the ERP: a quotient might not be exact."""
    if line.unit_price or not line.amount:
        return built
    return {key: value for key, value in built.items() if key != "FTaxPrice"}


def _merged(model: Model, extra: Mapping[str, Any]) -> Model:
    """The tenant's additions; objects are merged one level deep (FSaleOrderFinance)."""
    merged = dict(model)
    for key, value in extra.items():
        present = merged.get(key)
        merged[key] = {**present, **value} if isinstance(present, dict) and isinstance(value, Mapping) else value
    return merged
