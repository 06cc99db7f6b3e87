"""``KingdeeAdapter``: the contract of every adapter, spoken to a 云星空 (K/3 Cloud)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from erplink.erp.kingdee.capabilities import CAPABILITIES, OFFERED
from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.dialect import AUTH, FORMS, KingdeeDialect, request
from erplink.erp.kingdee.forms import GIFT, PRICES, RECIPES, gift_mapping, mappings
from erplink.erp.kingdee.forms.gifts import is_gift
from erplink.erp.kingdee.forms.prices import Prices
from erplink.erp.kingdee.login import WAYS
from erplink.erp.kingdee.pull import Pull
from erplink.erp.kingdee.query import FormQuery, both
from erplink.erp.kingdee.settings import Kingdee
from erplink.erp.kingdee.stock import SERVICE, Inventory
from erplink.erp.kingdee.writes import FormWriter
from erplink.errors import ConfigInvalid, NotFound, NotPermitted, Unsupported
from erplink.mapping.codecs import wall
from erplink.model.documents import Document, Entity, Order, Scalar, Stock
from erplink.wire.adapter import Capability, KeyPage, Page, Verb, Window
from erplink.wire.call import Reply
from erplink.wire.io import Io
from erplink.wire.pace import Pacing
from erplink.wire.pipeline import Wire

T = TypeVar("T")

_RENEWALS = 3
"""Every renewal proves the credentials anew, so a site that drops sessions often is borne with."""
_FAREWELL_SECONDS = 3.0
_READING = frozenset(
    {
        "ExecuteBillQuery",
        "BillQuery",
        "View",
        "QueryBusinessInfo",
        "QueryGroupInfo",
        "GetSysReportData",
        "GetInventoryData",
        "GetDataCenterList",
    }
)
_DATA_ONLY = frozenset(
    {
        "ExecuteBillQuery",
        "BillQuery",
        "QueryBusinessInfo",
        "QueryGroupInfo",
        "GroupDelete",
        "WorkflowAudit",
        "SendMsg",
        "SwitchOrg",
        "AttachmentUpLoad",
        "AttachmentDownLoad",
    }
)


@frozen
class KingdeeAdapter:
    """One open data centre. ``parallel`` bounds the queries of one pull in flight.

    ``gifts`` writes 0-yuan orders where they have a form of their own.
    """

    desk: Desk
    queries: Mapping[Entity, FormQuery]
    parallel: int
    prices: Prices = field(repr=False)
    gifts: FormWriter | None = None

    @classmethod
    def over(cls, io: Io, settings: Kingdee, parallel: int, pacing: Pacing) -> KingdeeAdapter:
        """The adapter over an Io; sends nothing. Raises ``ConfigInvalid`` for custom fields that fit nowhere."""
        wire = Wire(
            io,
            KingdeeDialect.of(settings),
            settings.calling,
            renewals=_RENEWALS,
            backend=f"kingdee {settings.acct_id} at {settings.host}",
            pacing=pacing,
        )
        desk = Desk(io, wire, settings)
        queries: dict[Entity, FormQuery] = {
            entity: FormQuery.of(desk, mapping) for entity, mapping in mappings(settings).items()
        }
        apart = settings.gifts == "misdelivery"
        gifts = FormWriter(FormQuery.of(desk, gift_mapping(settings)), GIFT) if apart else None
        return cls(desk, queries, parallel, Prices(desk), gifts)

    @property
    def settings(self) -> Kingdee:
        """Where it is, and what this tenant calls its fields."""
        return self.desk.settings

    @property
    def wire(self) -> Wire:
        """The connection every call goes through."""
        return self.desk.wire

    @property
    def system(self) -> str:
        """``kingdee``."""
        return "kingdee"

    @property
    def mapping(self) -> str:
        """Version of the mappings in ``forms``."""
        return "kingdee 1"

    @property
    def settles_in(self) -> timedelta:
        """Zero: Kingdee refuses a second bill under one number."""
        return timedelta(0)

    @property
    def offers(self) -> tuple[Capability, ...]:
        """What it can do, and how."""
        return CAPABILITIES

    async def clock(self) -> datetime:
        """The server's present instant, by the Date of a reply; behind it by about a second at most."""
        try:
            await self.queries["orders"].touch()
        except NotPermitted:
            return self.wire.server_now()
        return self.wire.server_now()

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        """Every document modified in the window, in id order, each once.

        A window that is open at its end is closed at the server's present instant; one without any bound is everything
        there is. Stamps have the grain of a second, in the server's zone.
        """
        query = await self._query(entity, "changes")
        if window.since is not None and window.until is None:
            await query.touch()
            window = evolve(window, until=self.wire.server_now())
        condition = self._condition(query, window)
        async with aclosing(Pull(query, condition, self.parallel).pages(_above(after))) as pages:
            async for page in pages:
                yield page

    async def keys(self, entity: Entity, after: str = "") -> AsyncIterator[KeyPage]:
        """Id, number and stamp of every document, in id order: one narrow row each."""
        async with aclosing((await self._query(entity, "keys")).keys(_above(after))) as pages:
            async for page in pages:
                yield page

    async def get(self, entity: Entity, number: str) -> Document:
        """One document by its number. Raises ``NotFound``."""
        return await self._wherever(entity, "get", lambda writer: writer.get(number))

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        """Save, Submit and Audit a document once per key. Raises ``Conflict``, ``Refused``, ``ConfigInvalid``.

        An order of nothing but gifts becomes what ``gifts`` of the settings says. One that was begun as a sales order
        before that was set stays one.
        """
        writer = FormWriter(await self._query(entity, "create"), RECIPES.get(entity))
        wanted = writer.numbered(document, key)
        gifts = self.gifts if entity == "orders" and isinstance(wanted, Order) and is_gift(wanted) else None
        if gifts is not None and await writer.state(wanted.number) is None:
            return await gifts.create(wanted)
        return await writer.create(wanted)

    async def update(self, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields. Raises ``NotFound``, ``Refused``, ``ConfigInvalid``."""
        await self._wherever(entity, "update", lambda writer: writer.update(number, changes))

    async def act(self, entity: Entity, number: str, action: str) -> None:
        """Press a button of ``actions``; pressed already is fine. Raises ``NotFound``, ``Refused``, ``Unsupported``."""
        await self._wherever(entity, "act", lambda writer: writer.act(number, action))

    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        """Live stock of the skus, one row per warehouse."""
        return await Inventory(self.queries["products"]).on_hand(skus) if skus else ()

    async def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        """Any operation: of the form service by its name, of another service by its whole name.

        Where an operation takes only ``data``, the payload may be just that. Reading operations are repeated like any
        other; a write is not, when its outcome is unknown or its session was lost.
        """
        service, _, method = operation.rpartition(".")
        prefix = f"{service}." if service else SERVICE if method == "GetInventoryData" else FORMS
        named = {str(key).lower() for key in payload}
        body = {"data": payload} if method in _DATA_ONLY and not named & {"data", "parameters"} else payload
        try:
            call = request(self.settings, prefix, method, body, safe=method in _READING)
        except TypeError as error:
            step = "use texts, numbers, booleans, lists and objects"
            raise ConfigInvalid(f"the payload is not JSON: {error}", where=method, next_step=step) from error
        return await self.wire.call(call if call.safe else evolve(call, operation=f"raw {method}"))

    async def leave(self) -> None:
        """Log out where a login took a seat; a session that a signature opened takes none."""
        if self.settings.mode in WAYS:
            await self.wire.farewell(evolve(request(self.settings, AUTH, "Logout", {}), timeout=_FAREWELL_SECONDS))

    async def _query(self, entity: Entity, verb: Verb) -> FormQuery:
        if (entity, verb) not in OFFERED or entity not in {*self.queries, PRICES}:
            able = ", ".join(sorted(one for other, one in OFFERED if other == entity))
            raise Unsupported(f"Kingdee cannot {verb} {entity}", next_step=f"it can: {able}" if able else "")
        return await self.prices.query() if entity == PRICES else self.queries[entity]

    async def _wherever(self, entity: Entity, verb: Verb, do: Callable[[FormWriter], Awaitable[T]]) -> T:
        """Do it to a document of the entity's form; where gifts have a form of their own, to one of that."""
        try:
            return await do(FormWriter(await self._query(entity, verb)))
        except NotFound as missing:
            if entity != "orders" or self.gifts is None:
                raise
            try:
                return await do(self.gifts)
            except NotFound:
                raise missing from None

    def _condition(self, query: FormQuery, window: Window) -> str:
        stamp, zone = query.mapping.modified, self.settings.tz
        since = window.since - self.settings.overlap if window.since is not None else None
        return both(
            f"{stamp}>='{wall(since, zone)}'" if since is not None else "",
            f"{stamp}<'{wall(window.until, zone)}'" if window.until is not None else "",
        )


def _above(token: str) -> int:
    """The id in a page's token; documents above it are still to come."""
    if not token:
        return 0
    if not token.isdecimal():
        step = "resume with a token that a page of this system gave"
        raise ConfigInvalid(f"{token!r} is not a token", where="pages", next_step=step)
    return int(token)
