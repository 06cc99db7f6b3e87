"""What every operation works with: the settings, the wire, and an Io; and how an unknown outcome is made known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from attrs import evolve, field, frozen

from erplink.erp.kingdee.dialect import FORMS, request
from erplink.erp.kingdee.settings import Kingdee
from erplink.erp.kingdee.slices import ROUND_CAP
from erplink.erp.kingdee.verdict import ONCE
from erplink.errors import RetryError
from erplink.wire.call import Call, Reply
from erplink.wire.io import Io
from erplink.wire.pipeline import Wire
from erplink.wire.retry import Effort


@frozen
class Desk:
    """One open data centre."""

    io: Io = field(repr=False)
    wire: Wire = field(repr=False)
    settings: Kingdee

    async def query(self, form: str, keys: str, condition: str, *, order: str = "", limit: int) -> bytes:
        """One ExecuteBillQuery; the bytes of its rows."""
        data = {
            "FormId": form,
            "FieldKeys": keys,
            "FilterString": condition,
            "OrderString": order,
            "TopRowCount": 0,
            "StartRow": 0,
            "Limit": limit,
            "SubSystemId": "",
        }
        return (await self.wire.call(self.call("ExecuteBillQuery", data, safe=True))).body

    async def rows(self, form: str, keys: str, condition: str, *, order: str = "", limit: int) -> list[list[Any]]:
        """The rows of one ExecuteBillQuery, with exact decimals."""
        rows: list[list[Any]] = Reply(200, await self.query(form, keys, condition, order=order, limit=limit)).json()
        return rows

    async def every_row(self, form: str, keys: Sequence[str], condition: str, *, by: str) -> list[list[Any]]:
        """All rows that a condition picks out, however often the replies are cut; each has ``by``, an id of its own."""
        asked = [by, *keys]
        rows, limit = list[list[Any]](), self.settings.page
        while True:
            floor = f"{by}>{rows[-1][0]}" if rows else ""
            both = " and ".join(part for part in (floor, condition) if part)
            page = await self.rows(form, ",".join(asked), both, order=f"{by} ASC", limit=limit)
            rows += page
            if not page or (len(page) < limit and len(page) % ROUND_CAP):
                return [row[1:] for row in rows]

    async def result(self, call: Call) -> Mapping[str, Any]:
        """What a call answers with under ``Result``; the answer itself where it has none."""
        try:
            answer = (await self.wire.call(call)).json()
        except msgspec.DecodeError:
            answer = None
        inner = answer.get("Result", answer) if isinstance(answer, dict) else {}
        return inner if isinstance(inner, dict) else {}

    def call(self, operation: str, data: object, *, form: str = "", op_number: str = "", safe: bool = False) -> Call:
        """A call of the form service."""
        body: dict[str, Any] = {}
        if form:
            body["formid"] = form
        if op_number:
            body["opNumber"] = op_number
        return request(self.settings, FORMS, operation, {**body, "data": data}, safe=safe)

    async def once(self, call: Call) -> Mapping[str, Any]:
        """Make a call that cannot be looked up afterwards: it is not repeated when its outcome is unknown."""
        try:
            return await self.result(evolve(call, operation=f"{ONCE}{call.operation}"))
        except RetryError as error:
            if error.sent == "no":
                raise
            raise error.advised("whether it happened is not known: look in the ERP before you do it again") from error

    async def surely(self, call: Call, is_done: Callable[[], Awaitable[bool]]) -> Mapping[str, Any] | None:
        """Make a call whose outcome may become unknown; look before it is made again.

        What it answered, or None when it was found done.
        """
        effort = Effort(self.io.now())
        while True:
            try:
                return await self.result(call)
            except RetryError as error:
                if error.sent == "no":
                    raise
                await self.wire.pause(call, error, effort)
                if await is_done():
                    return None
            effort = effort.another()
