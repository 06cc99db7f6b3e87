"""The web server of a Xingchen world: paths, who may pass, faults on the wire."""

from __future__ import annotations

from collections.abc import Mapping

import anyio
from attrs import define, frozen
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as Path

from erplink.testing.worlds.shop import mishaps
from erplink.testing.worlds.shop.control import control_routes
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.connection import Dropped
from erplink.testing.worlds.web.faults import Family, Happening, Injected
from erplink.testing.worlds.xingchen import faults, replies
from erplink.testing.worlds.xingchen.forms import FORMS
from erplink.testing.worlds.xingchen.gate import Gate, Sent
from erplink.testing.worlds.xingchen.operations import Asked, Operations
from erplink.testing.worlds.xingchen.settings import XingchenWorld

ROOT = "/"
_APPS = "jdyconnector/app_management/"
_LOGINS: Mapping[tuple[str, str], str] = {
    ("POST", f"{_APPS}push_app_authorize"): "authorise",
    ("GET", f"{_APPS}kingdee_auth_token"): "token",
}
_FAMILIES: Mapping[str, Family] = {
    "authorise": "logins",
    "token": "logins",
    "list": "lists",
    "detail": "reads",
    "save": "writes",
}


def build_app(world: XingchenWorld, site: Site) -> Starlette:
    """The ASGI application over one live shop."""
    desk = _Desk(site, Gate(site, world), Operations(site, world))
    return Starlette(routes=[*control_routes(site), Path("/{path:path}", desk.answer, methods=["GET", "POST"])])


@frozen
class _Found:
    """What a path means."""

    operation: str
    form: str = ""


@define(eq=False)
class _Desk:
    """Where calls come in."""

    site: Site
    gate: Gate
    operations: Operations

    async def answer(self, request: Request) -> Response:
        """The reply to a call, or what comes instead of it."""
        try:
            sent = Sent.of(request, await request.body())
        except ClientDisconnect:
            return Dropped()
        if self.site.latency:
            await anyio.sleep(self.site.latency)
        found = _route(request.method, request.url.path.removeprefix(ROOT))
        if found is None:
            return replies.failed(replies.NO_API, "API not found", replies.GATEWAY)
        self.site.calls[found.operation] += 1
        fault = self.site.faults.take(Happening(found.operation, _FAMILIES[found.operation]))
        if fault is not None and fault.kind == "slow":
            await anyio.sleep(fault.lasts(1.0))
        try:
            return self._reply(found, sent, fault)
        except Refusal as error:
            return replies.refused(error)

    def _reply(self, found: _Found, sent: Sent, fault: Injected | None) -> Response:
        if fault is None:
            return self._answered(found, sent, "")
        instead = faults.instead(self.site, fault)
        if instead is not None:
            return instead
        try:
            reply = self._answered(found, sent, fault.kind)
        except Refusal as error:
            reply = replies.refused(error)
        return mishaps.after(self.site, fault, reply)

    def _answered(self, found: _Found, sent: Sent, kind: str) -> Response:
        refused = self.gate.check(sent, login=not found.form)
        if refused is not None:
            return refused
        if not found.form:
            step = self.gate.token if found.operation == "token" else self.gate.authorise
            return step(sent, faults.LOGIN_WORDS.get(kind, ""))
        trick = kind if kind == "unknown_field" else ""
        return self.gate.admit(sent) or self.operations.perform(Asked(found.form, found.operation, sent, trick))


def _route(method: str, path: str) -> _Found | None:
    login = _LOGINS.get((method, path))
    if login is not None:
        return _Found(login)
    if path in FORMS and (method == "GET" or path.endswith("customer")):
        return _Found("list" if method == "GET" else "save", path)
    form = path.removesuffix("_detail")
    return _Found("detail", form) if method == "GET" and form in FORMS else None
