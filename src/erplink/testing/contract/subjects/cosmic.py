"""A Kingdee 苍穹 over its world, entered by one of its logins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import httpx
from attrs import field, frozen

from erplink.erp.kingdee.cosmic import Cosmic
from erplink.erp.kingdee.cosmic.settings import Login
from erplink.model.documents import Entity
from erplink.testing.contract.subject import Feature, Shape, declared
from erplink.testing.contract.subjects.shop import OF_SESSIONS, ShopSystem
from erplink.testing.worlds.cosmic import CosmicWorld, serve
from erplink.testing.worlds.cosmic.settings import Order
from erplink.testing.worlds.shop import Shop
from erplink.wire.adapter import Capability, Settings

_CUSTOM = {
    "orders": {"points": "kdec_points"},
    "customers": {"phone": "kdec_mobile", "unionid": "kdec_unionid", "points": "kdec_points"},
    "products": {"category": "group_number"},
}
_THREE = frozenset({"draft", "pending", "approved"})
_POINTS = ("points", Decimal(12), Decimal(34))
_SHAPES: Mapping[Entity, Shape] = {
    "orders": Shape(silent=frozenset({"lines.kind"}), update=_POINTS, act=("submit", "draft", "pending")),
    "shipments": Shape(statuses=_THREE),
    "returns": Shape(silent=frozenset({"lines.kind"}), statuses=_THREE),
    "customers": Shape(statuses=_THREE, update=_POINTS),
    "products": Shape(statuses=_THREE, update=("name", "甲", "乙")),
}
_SIGNED = "every call carries a digest, there is no session to lose"


@frozen
class CosmicSubject:
    """A 苍穹. Its tokens are asked for often here, so its world gives as many as are asked for.

    ``order`` is how its world sorts rows, which no client can choose.
    """

    login: Login = "token"
    order: Order = "id"
    shapes: Mapping[Entity, Shape] = field(default=MappingProxyType(_SHAPES), repr=False)

    @property
    def name(self) -> str:
        """``cosmic``, and the login where it is not the usual one."""
        return "cosmic" if self.login == "token" else f"cosmic {self.login}"

    @property
    def offers(self) -> tuple[Capability, ...]:
        """As its settings declare."""
        return declared(_settings("http://127.0.0.1:9/ierp/", CosmicWorld(), self.login))

    @property
    def without(self) -> Mapping[Feature, str]:
        """Pages have numbers; a digest has no session."""
        missing: dict[Feature, str] = {"foreign_link": "pages are asked for by number, no reply links to the next one"}
        if self.login == "digest":
            missing |= dict.fromkeys(OF_SESSIONS, _SIGNED)
        return missing

    @contextmanager
    def start(self) -> Iterator[ShopSystem]:
        """A world of its own."""
        world = CosmicWorld(shop=Shop(session_seconds=7200.0), tokens_per_minute=10_000, tries=10_000, order=self.order)
        known = world.credentials
        with serve(world) as running, httpx.Client(base_url=running.door, trust_env=False) as door:

            def entered(*, page: int, wrong: str, company: str) -> Settings:
                changed = {"client_secret": wrong, "account_id": company}
                given = {name: value for name, value in changed.items() if value}
                return _settings(running.url, world, self.login, page=page, **given)

            yield ShopSystem(
                running.site,
                door,
                entered,
                known=(known.client_secret, known.digest_key),
                reads=("POST kapi/v2/basedata/bd_customer/batchQuery", {"data": {}, "pageNo": 1, "pageSize": 10}),
                writes=("POST kapi/v2/basedata/bd_customer/save", {"data": [{"name": "新客户"}]}),
            )


def _settings(url: str, world: CosmicWorld, login: Login, **changed: Any) -> Cosmic:  # noqa: ANN401 - any setting
    known = world.credentials
    given: dict[str, Any] = {
        "url": url,
        "client_id": known.client_id,
        "client_secret": known.digest_key if login == "digest" else known.client_secret,
        "username": known.username,
        "account_id": known.account_id,
        "tenant_id": known.tenant_id,
        "login": login,
        "custom": _CUSTOM,
        "forms": {"returns": "kdec/im/kdec_salreturn"},
    }
    return Cosmic(**(given | changed))
