"""What an adapter for the simulated ERP looks like: a small dialect, and documents to and fro.

It promises no more than such an ERP can: ``create`` saves, and nothing keeps a number from being saved twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from attrs import frozen

from erplink.errors import NotFound, Refused, Unsupported
from erplink.model.documents import (
    Customer,
    Document,
    Entity,
    Order,
    OrderLine,
    Return,
    ReturnLine,
    Scalar,
    Stock,
)
from erplink.testing.simulate.server import PAGE, Row, read_stamp
from erplink.wire.adapter import Capability, KeyPage, Page, Window
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import FINE, Ticket, Verdict
from erplink.wire.http import judge_http
from erplink.wire.io import Io
from erplink.wire.pipeline import Wire
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling

ERP, CRM = "erp", "crm"
"""The systems, by the names under which they are attached."""

_encode = msgspec.json.Encoder().encode
_CUSTOMERS = (Capability("customers", "changes"), Capability("customers", "get"), Capability("customers", "update"))
_OFFERED = (
    *_CUSTOMERS,
    Capability("orders", "changes"),
    Capability("orders", "get"),
    Capability("orders", "create"),
    Capability("orders", "act"),
    Capability("returns", "changes"),
)


@frozen
class SimDialect:
    """JSON in, JSON out; a session in a header."""

    url: str
    prefix: str = ""

    def login(self, now: datetime) -> Call:  # noqa: ARG002 - the same at any time
        """The call that logs in."""
        return Call(f"{self.prefix}login", self.url, b"{}", safe=True)

    def ticket(self, reply: Reply) -> Ticket:
        """The session in the reply to a login."""
        error = judge_http(Call("login", self.url), reply)
        if error is not None:
            raise error
        return Ticket({"x-session": reply.json()["answer"]["session"]})

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:  # noqa: ARG002 - likewise
        """The call in its session."""
        return Call(call.operation, call.url, call.body, ticket.headers, safe=call.safe)

    def judge(self, call: Call, reply: Reply) -> Verdict:
        """What the reply means."""
        error = judge_http(call, reply)
        if error is not None:
            return Verdict(error)
        said: dict[str, Any] = reply.json()
        match said.get("error"):
            case None:
                return FINE
            case "session":
                return Verdict(session_lost=True)
            case "missing":
                return Verdict(NotFound(said["words"], where=call.where))
            case _:
                return Verdict(Refused(said["words"], where=call.where))


_CALLING = Calling(rate=Rate(calls=1, per=2.0, burst=6))
"""A limit that a busy worker runs into now and then."""


@frozen
class SimAdapter:
    """The ERP through the shipped wire, or the other system, which knows customers only."""

    wire: Wire
    url: str
    prefix: str
    offers: tuple[Capability, ...]

    @classmethod
    def open(cls, io: Io, system: str) -> SimAdapter:
        """A connection that has not called yet."""
        url = f"https://{system}"
        prefix, offers = ("", _OFFERED) if system == ERP else (f"{system}.", _CUSTOMERS)
        return cls(Wire(io, SimDialect(url, prefix), _CALLING), url, prefix, offers)

    @property
    def system(self) -> str:
        """``simulated``."""
        return "simulated"

    @property
    def mapping(self) -> str:
        """``simulated 1``."""
        return "simulated 1"

    @property
    def settles_in(self) -> timedelta:
        """As long as a call may take, and some more for clocks that differ."""
        return timedelta(minutes=2)

    async def clock(self) -> datetime:
        """The server's present instant."""
        return datetime.fromisoformat((await self._ask("clock"))["now"])

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        """Documents of the window by stamp and id; the token is the last of both."""
        since = window.since.isoformat() if window.since else ""
        until = window.until.isoformat() if window.until else "~"
        while True:
            key = after.split(" ") if after else ["", ""]
            rows = await self._ask(f"{entity}.changes", since=since, until=until, after=key)
            if not rows:
                return
            last = max(rows, key=lambda row: (row["stamp"], row["id"]))
            after = f"{last['stamp']} {last['id']}"
            yield Page(tuple(document_of(entity, row) for row in rows), after)
            if len(rows) < PAGE:
                return

    def keys(self, entity: Entity, after: str = "") -> AsyncIterator[KeyPage]:
        """Not offered: nothing is deleted here."""
        raise Unsupported(f"simulated cannot list the keys of {entity} after {after!r}", next_step="read all of them")

    async def get(self, entity: Entity, number: str) -> Document:
        """One document by its number."""
        return document_of(entity, await self._ask(f"{entity}.get", number=number))

    async def create(self, entity: Entity, document: Document, key: str) -> Document:  # noqa: ARG002 - no use for it
        """Save an order. The same key again saves it again."""
        assert isinstance(document, Order)  # noqa: S101 - nothing else is offered
        lines = [{"line": line.line, "sku": line.sku, "amount": 0, "free": True} for line in document.lines]
        row = await self._ask(
            f"{entity}.create",
            safe=False,
            number=document.number,
            customer=document.customer,
            status=document.status,
            lines=lines,
        )
        return document_of(entity, row)

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields."""
        await self._ask(f"{entity}.update", number=number, changes=dict(changes))

    async def act(self, entity: Entity, number: str, action: str) -> None:
        """Press a button."""
        await self._ask(f"{entity}.{action}", number=number)

    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:  # noqa: ARG002 - it keeps none
        """No stock is kept here."""
        return ()

    async def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        """Any operation."""
        return await self.wire.call(Call(operation, self.url, _encode(dict(payload))))

    async def _ask(self, operation: str, *, safe: bool = True, **body: Any) -> Any:  # noqa: ANN401 - JSON
        reply = await self.wire.call(Call(f"{self.prefix}{operation}", self.url, _encode(body), safe=safe))
        return msgspec.json.decode(reply.body)["answer"]


def document_of(entity: str, row: Row) -> Document:
    """A row of the ERP as a document."""
    if entity == "customers":
        shown = {name: row[name] for name in ("points", "nick") if row.get(name) is not None}
        return Customer(row["id"], row["number"], row["name"], "approved", row["stamp"], custom=shown)
    lines = row["lines"]
    if entity == "orders":
        return Order(
            id=row["id"],
            number=row["number"],
            customer=row["customer"],
            status=row["status"],
            currency="CNY",
            created_at=read_stamp(row["approved_at"]),
            version=row["stamp"],
            lines=tuple(_order_line(line) for line in lines),
            approved_at=read_stamp(row["approved_at"]),
        )
    return Return(
        id=row["id"],
        number=row["number"],
        customer=row["customer"],
        status="approved",
        currency="CNY",
        returned_at=read_stamp(row["returned_at"]),
        version=row["stamp"],
        lines=tuple(_return_line(row["order"], n, line) for n, line in enumerate(lines, 1)),
    )


def _order_line(line: Row) -> OrderLine:
    return OrderLine(
        line["line"], line["sku"], Decimal(1), Decimal(line["amount"]) / 100, id=str(line["line"]), free=line["free"]
    )


def _return_line(order: str, n: int, line: Row) -> ReturnLine:
    return ReturnLine(
        n, line["sku"], Decimal(1), Decimal(line["amount"]) / 100, order=order, order_line=str(line["line"])
    )
