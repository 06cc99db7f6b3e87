"""Live stock from the inventory query service (即时库存); the query form is reported to be unreliable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import frozen

from erplink.erp.kingdee.dialect import request
from erplink.erp.kingdee.query import FormQuery
from erplink.errors import ConfigInvalid, ShapeChanged
from erplink.model.documents import Stock

SERVICE = "Kingdee.K3.SCM.WebApi.ServicesStub.InventoryQueryService."
_SKUS_PER_CALL = 100
_ROWS_PER_PAGE = 1000
_WHERE = "Kingdee GetInventoryData"


@frozen
class Inventory:
    """Asks the service; ``products`` turns internal ids into skus where the service gives no numbers."""

    products: FormQuery

    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        """Stock of the skus in base units, one row per sku and warehouse, summed over lots and owners.

        ``warehouse`` is the number where the service gives it, else the internal id (FStockId). Skus without stock rows
        have none.
        """
        for sku in skus:
            if "," in sku or not sku.strip():
                step = "ask for skus as the material master spells them"
                raise ConfigInvalid(f"{sku!r} is not a sku", where=_WHERE, next_step=step)
        rows: list[Mapping[str, Any]] = []
        for start in range(0, len(skus), _SKUS_PER_CALL):
            rows += await self._rows(skus[start : start + _SKUS_PER_CALL])
        names = await self._names(rows)
        return self._summed(rows, names)

    async def _rows(self, skus: Sequence[str]) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        page = 0
        while True:
            page += 1
            found, total = await self._page(skus, page)
            rows += found
            if not found or len(rows) >= total:
                return rows

    async def _page(self, skus: Sequence[str], page: int) -> tuple[list[Mapping[str, Any]], int]:
        settings = self.products.settings
        asked = {
            "fstockorgnumbers": settings.org_num,
            "fmaterialnumbers": ",".join(skus),
            "fstocknumbers": "",
            "flotnumbers": "",
            "isshowstockloc": False,
            "isshowauxprop": False,
            "pageindex": page,
            "pagerows": _ROWS_PER_PAGE,
        }
        call = request(settings, SERVICE, "GetInventoryData", {"parameters": [asked]}, safe=True)
        answer = (await self.products.desk.wire.call(call)).json()
        reply = _lowered(answer) if isinstance(answer, dict) else {}
        data = reply.get("data")
        if not isinstance(data, list):
            raise _changed("Data")
        return [_lowered(row) for row in data if isinstance(row, dict)], int(reply.get("rowcount") or len(data))

    async def _names(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[int, str]:
        ids = sorted(
            {int(row["fmaterialid"]) for row in rows if not row.get("fmaterialnumber") and "fmaterialid" in row}
        )
        if not ids:
            return {}
        products = self.products
        condition = f"{products.mapping.key} in ({','.join(map(str, ids))})"
        return {int(one.id): one.number for one in await products.documents(condition)}

    def _summed(self, rows: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> tuple[Stock, ...]:
        total: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
        for row in rows:
            sku = str(row.get("fmaterialnumber") or names.get(int(row.get("fmaterialid") or 0), ""))
            place = (sku, str(row.get("fstocknumber") or row.get("fstockid") or ""))
            on_hand, available = total.get(place, (Decimal(0), Decimal(0)))
            total[place] = (on_hand + _number(row, "fbaseqty"), available + _number(row, "fbaseavbqty"))
        now = self.products.desk.wire.server_now()
        return tuple(Stock(*place, *levels, as_of=now) for place, levels in sorted(total.items()))


def _lowered(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    """Keys in lower case: their case varies by build."""
    return {str(key).lower(): value for key, value in row.items()}


def _number(row: Mapping[str, Any], key: str) -> Decimal:
    try:
        return Decimal(str(row[key]))
    except (KeyError, InvalidOperation):
        raise _changed(key) from None


def _changed(key: str) -> ShapeChanged:
    step = "check that the inventory service of this build is installed and licensed"
    return ShapeChanged(f"the reply of the inventory service lacks {key}", where=_WHERE, next_step=step)
