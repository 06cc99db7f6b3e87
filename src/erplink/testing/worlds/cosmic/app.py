"""The web server of a Cosmic world: paths, who may pass, faults on the wire."""

from __future__ import annotations

from typing import Any

import anyio
import msgspec
from attrs import define, frozen
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as Path

from erplink.testing.worlds.cosmic import faults, replies
from erplink.testing.worlds.cosmic.forms import FORMS
from erplink.testing.worlds.cosmic.gate import Gate, Sent
from erplink.testing.worlds.cosmic.operations import MOVES, Asked, Operations
from erplink.testing.worlds.cosmic.settings import CosmicWorld
from erplink.testing.worlds.shop import mishaps
from erplink.testing.worlds.shop.control import control_routes
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.connection import Dropped
from erplink.testing.worlds.web.faults import Family, Happening, Injected

ROOT = "/ierp/"
_LOGINS = {"kapi/oauth2/getToken": "token", "api/getAppToken.do": "app_token", "api/login.do": "user_token"}
_QUERIES = frozenset({"query", "batchQuery"})
_SAVES = frozenset({"save", "batchAdd"})
_decode = msgspec.json.Decoder(float_hook=str).decode


def build_app(world: CosmicWorld, site: Site) -> Starlette:
    """The ASGI application over one live shop."""
    desk = _Desk(site, world, Gate(site, world), Operations(site, world))
    return Starlette(routes=[*control_routes(site), Path("/{path:path}", desk.answer, methods=["GET", "POST"])])


@frozen
class _Found:
    """What a path means: ``login`` names a step of a login, ``form`` and ``api`` one operation API."""

    operation: str
    family: Family
    login: str = ""
    form: str = ""
    api: str = ""


@define(eq=False)
class _Desk:
    """Where calls come in."""

    site: Site
    world: CosmicWorld
    gate: Gate
    operations: Operations

    async def answer(self, request: Request) -> Response:
        """The reply to a call, or what comes instead of it."""
        try:
            body = await request.body()
        except ClientDisconnect:
            return Dropped()
        if self.site.latency:
            await anyio.sleep(self.site.latency)
        path = request.url.path.removeprefix(ROOT)
        if path == "auth/getAllDatacenters.do":
            known = self.world.credentials
            return replies.plain([{"accountId": known.account_id, "accountNumber": "erplink", "accountName": "演示"}])
        found = _route(path) if request.method == "POST" else None
        if found is None:
            return replies.failed("404", f"Cannot found OpenAPI(or disabled): {path}")
        self.site.calls[found.operation] += 1
        sent = Sent(request, body, _told(body))
        fault = self.site.faults.take(_happening(found, sent))
        if fault is not None and fault.kind == "slow":
            await anyio.sleep(fault.lasts(1.0))
        try:
            return self._reply(found, sent, fault)
        except Refusal as error:
            return replies.refused(error)

    def _reply(self, found: _Found, sent: Sent, fault: Injected | None) -> Response:
        if fault is None:
            return self._answered(found, sent, None)
        instead = faults.instead(self.site, fault)
        if instead is not None:
            return instead
        try:
            reply = self._answered(found, sent, fault)
        except Refusal as error:
            reply = replies.refused(error)
        return mishaps.after(self.site, fault, reply)

    def _answered(self, found: _Found, sent: Sent, fault: Injected | None) -> Response:
        kind = "" if fault is None else fault.kind
        if found.login:
            step = {"token": self.gate.token, "app_token": self.gate.app_token, "user_token": self.gate.user_token}
            return step[found.login](sent, faults.LOGIN_WORDS.get(kind, ""))
        self.gate.admit(sent)
        trick = kind if kind in faults.TRICKS else ""
        message = "" if fault is None else fault.message
        return self.operations.perform(Asked(FORMS[found.form], found.api, sent.told, trick, message))


def _route(path: str) -> _Found | None:
    login = _LOGINS.get(path)
    if login is not None:
        return _Found(login, "logins", login=login)
    form, _, api = path.removeprefix("kapi/v2/").rpartition("/")
    if form not in FORMS or not path.startswith("kapi/v2/") or api not in {*_QUERIES, *_SAVES, *MOVES}:
        return None
    family: Family = "lists" if api in _QUERIES else "writes"
    return _Found(f"{form.rpartition('/')[2]}/{api}", family, form=form, api=api)


def _told(body: bytes) -> dict[str, Any]:
    try:
        told = _decode(body)
    except msgspec.DecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _happening(found: _Found, sent: Sent) -> Happening:
    data = sent.told.get("data")
    one_number = isinstance(data, dict) and any(name in data for name in ("billno", "number"))
    family: Family = "reads" if found.family == "lists" and one_number else found.family
    return Happening(found.operation, family, len(data) if isinstance(data, list) else 1)
