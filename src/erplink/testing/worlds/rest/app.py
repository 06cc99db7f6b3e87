"""The web server of a REST world: paths, who may pass, faults on the wire."""

from __future__ import annotations

import anyio
from attrs import define
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route as Path

from erplink.testing.worlds.rest.auth import Gate, Sent
from erplink.testing.worlds.rest.faults import TRICKS, Mishaps
from erplink.testing.worlds.rest.operations import Asked, Operations
from erplink.testing.worlds.rest.paging import OutOfRange
from erplink.testing.worlds.rest.replies import Replies
from erplink.testing.worlds.rest.routes import FAMILIES, Route, route
from erplink.testing.worlds.rest.settings import RestWorld
from erplink.testing.worlds.rest.writing import Writing
from erplink.testing.worlds.shop.control import control_routes
from erplink.testing.worlds.shop.mishaps import LOGIN_WORDS
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.connection import Dropped
from erplink.testing.worlds.web.faults import Happening, Injected
from erplink.testing.worlds.web.pages import page

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def build_app(site: Site, world: RestWorld) -> Starlette:
    """The ASGI application over one live shop."""
    replies = Replies(world)
    operations = Operations(site, world, Writing(world), replies)
    desk = _Desk(site, world, Gate(site, world, replies), operations, Mishaps(site, replies), replies)
    return Starlette(routes=[*control_routes(site), Path("/{path:path}", desk.answer, methods=_METHODS)])


@define(eq=False)
class _Desk:
    """Where calls come in."""

    site: Site
    world: RestWorld
    gate: Gate
    operations: Operations
    mishaps: Mishaps
    replies: Replies

    async def answer(self, request: Request) -> Response:
        """The reply to a call, or what comes instead of it."""
        try:
            sent = Sent(request, await request.body())
        except ClientDisconnect:
            return Dropped()
        if self.site.latency:
            await anyio.sleep(self.site.latency)
        found = route(self.world, request.method, sent.path)
        if found is None:
            return self._nothing_there(sent)
        self.site.calls[found.operation] += 1
        fault = self.site.faults.take(_happening(found, sent))
        if fault is not None and fault.kind == "slow":
            await anyio.sleep(fault.lasts(1.0))
        try:
            return self._reply(found, sent, fault)
        except Refusal as error:
            return self.replies.refusal(error)
        except OutOfRange as error:
            return Response(status_code=416, headers={"content-range": f"records */{error.total}"})

    def _reply(self, found: Route, sent: Sent, fault: Injected | None) -> Response:
        if fault is None:
            return self._answered(found, sent, "")
        instead = self.mishaps.instead(fault)
        if instead is not None:
            return instead
        try:
            reply = self._answered(found, sent, fault.kind)
        except Refusal as error:
            reply = self.replies.refusal(error)
        return self.mishaps.after(fault, reply)

    def _answered(self, found: Route, sent: Sent, kind: str) -> Response:
        if found.operation == "login":
            return self.gate.login(sent, LOGIN_WORDS.get(kind, ""))
        if found.operation == "token":
            return self.gate.token(sent, LOGIN_WORDS.get(kind, ""))
        self.gate.admit(sent)
        if found.operation == "logout":
            return self.gate.logout(sent)
        return self.operations.perform(Asked(found, sent, kind if kind in TRICKS else ""))

    def _nothing_there(self, sent: Sent) -> Response:
        message = f"{sent.request.method} {sent.path} 不存在"
        if self.world.pages:
            return HTMLResponse(page("404", message), 404)
        return self.replies.refusal(Refusal("missing", message))


def _happening(found: Route, sent: Sent) -> Happening:
    documents = sent.body.count(b"{") if found.operation == "batch" else 1
    return Happening(found.operation, FAMILIES[found.operation], documents)
