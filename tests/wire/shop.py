"""A made-up system for tests: its dialect, its settings, its adapter over the shipped pipeline."""
# ruff: noqa: ARG002 - the signatures are given by the protocols it fulfils

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from attrs import evolve, field, frozen

from erplink.errors import Busy, LoginRefused, NotFound, ServerFault, Unsupported
from erplink.model.documents import Document, Entity, Order, Scalar, Stock
from erplink.wire.adapter import Adapter, Capability, KeyPage, Page, Verb, Window
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import FINE, Ticket, Verdict
from erplink.wire.http import judge_http
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace
from erplink.wire.pipeline import Wire
from erplink.wire.retry import Calling

SECRET = "Tr0ub4dor&3"
PHONE = "13900001111"


@frozen
class TokenDialect:
    """Logs in at ``/login`` and sends the token it got."""

    url: str
    secret: str = SECRET

    def login(self, now: datetime) -> Call | None:
        return Call("login", f"{self.url}/login", msgspec.json.encode(["integration", self.secret]))

    def ticket(self, reply: Reply) -> Ticket:
        error = judge_http(Call("login", self.url), reply)
        if error is not None:
            raise error
        said = reply.json()
        if "token" not in said:
            raise LoginRefused(f"the shop says: {said['error']}", where="login", next_step="check the secret")
        return Ticket({"authorization": f"Bearer {said['token']}"})

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:
        return evolve(call, headers={**call.headers, **ticket.headers})

    def judge(self, call: Call, reply: Reply) -> Verdict:
        return judge(call, reply)


@frozen
class SignedDialect:
    """Signs every call and echoes the session cookie the server handed out."""

    def login(self, now: datetime) -> Call | None:
        return None

    def ticket(self, reply: Reply) -> Ticket:
        raise AssertionError("there is no login here")

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:
        return evolve(call, headers={**call.headers, **ticket.headers, "x-signature": SECRET})

    def judge(self, call: Call, reply: Reply) -> Verdict:
        verdict = judge(call, reply)
        if "sid" not in reply.cookies:
            return verdict
        return evolve(verdict, ticket=Ticket({"cookie": f"sid={reply.cookies['sid']}"}))


def judge(call: Call, reply: Reply) -> Verdict:
    """``{"lost": true}``, ``{"busy": true}``, ``{"fault": "maybe"}``, ``{"refused": true}`` beside plain HTTP."""
    error = judge_http(call, reply)
    if error is not None:
        return Verdict(error)
    said = reply.json()
    if said.get("busy"):
        return Verdict(Busy("the shop is busy", where=call.where, sent="no"))
    if said.get("refused"):
        return Verdict(LoginRefused("the shop refuses the signature", where=call.where))
    fault = ServerFault("it broke", where=call.where, sent=said["fault"]) if "fault" in said else None
    return Verdict(fault, session_lost=said.get("lost", False)) if said.get("lost") or fault else FINE


@frozen
class Shop:
    """Settings of the made-up system."""

    url: str
    secret: str = field(default=SECRET, repr=False)
    zone: str = "Asia/Shanghai"
    calling: Calling = field(factory=lambda: Calling(base=0.0))

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> Adapter:
        wire = Wire(io, TokenDialect(self.url, self.secret), self.calling, backend=f"shop at {self.url}", pacing=pacing)
        return ShopAdapter(io, wire, self.url, parallel)


class ShopAdapter:
    """Orders in pages of two; ``/orders/N`` for one; create and friends echo."""

    def __init__(self, io: Io, wire: Wire, url: str, parallel: int) -> None:
        self._io, self._wire, self._url, self._parallel = io, wire, url, parallel
        self.windows: list[Window] = []
        self.closed_pages = 0

    @property
    def system(self) -> str:
        return "shop"

    @property
    def mapping(self) -> str:
        return "shop 1"

    @property
    def settles_in(self) -> timedelta:
        return timedelta(0)

    @property
    def offers(self) -> tuple[Capability, ...]:
        verbs: tuple[Verb, ...] = ("get", "list", "changes", "create", "update", "act")
        return (*(Capability("orders", verb) for verb in verbs), Capability("stock", "get"))

    async def clock(self) -> datetime:
        return self._wire.server_now()

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        self.windows.append(window)
        try:
            while True:
                page = (await self._ask("page", safe=True, after=after))["items"]
                if not page:
                    return
                after = page[-1]
                yield Page(tuple(order(number) for number in page), after)
        finally:
            self.closed_pages += 1

    def keys(self, entity: Entity, after: str = "") -> AsyncIterator[KeyPage]:
        raise Unsupported(f"shop cannot list the keys of {entity} after {after!r}")

    async def get(self, entity: Entity, number: str) -> Document:
        found = await self._ask("get", safe=True, number=number)
        if "number" not in found:
            raise NotFound(f"no order {number}", where="shop")
        return order(found["number"])

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        return order((await self._ask("create", key=key))["number"])

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        await self._ask("update", number=number, changes=changes)

    async def act(self, entity: Entity, number: str, action: str) -> None:
        await self._ask("act", number=number, action=action)

    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        rows = await self._io.gather(self._parallel, [partial(self._stock, sku) for sku in skus])
        return tuple(rows)

    async def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        return await self._wire.call(Call(operation, f"{self._url}/{operation}", msgspec.json.encode(payload)))

    async def _stock(self, sku: str) -> Stock:
        found = await self._ask("stock", safe=True, sku=sku)
        return Stock(sku, "W1", Decimal(found["qty"]), Decimal(found["qty"]))

    async def _ask(self, operation: str, *, safe: bool = False, **payload: object) -> Any:  # noqa: ANN401 - JSON
        call = Call(operation, f"{self._url}/{operation}", msgspec.json.encode(payload), safe=safe)
        return (await self._wire.call(call)).json()


def order(number: str) -> Order:
    return Order(
        id=number,
        number=number,
        customer="C1",
        status="approved",
        currency="CNY",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        version="",
    )
