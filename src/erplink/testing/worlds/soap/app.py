"""The web server of a SOAP world: the service, its WSDL, who may pass, faults on the wire."""

from __future__ import annotations

import anyio
from attrs import define
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from erplink.testing.worlds.shop import mishaps
from erplink.testing.worlds.shop.control import control_routes
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.soap.answers import answer_of, refusal_in_string
from erplink.testing.worlds.soap.contract import FAMILIES, OPERATIONS, REQUEST, Operation
from erplink.testing.worlds.soap.envelopes import Fault, Faulty, Sent, check_headers, faulted, foreign, read
from erplink.testing.worlds.soap.faults import PARTIES, TRICKS, fault_said, with_entities
from erplink.testing.worlds.soap.hostile import ELSEWHERE, hostile
from erplink.testing.worlds.soap.operations import Answer, Asked, Operations
from erplink.testing.worlds.soap.pen import Element, Pen
from erplink.testing.worlds.soap.reading import Arguments, local
from erplink.testing.worlds.soap.security import COOKIE, Gate, session_of
from erplink.testing.worlds.soap.settings import SoapWorld
from erplink.testing.worlds.soap.wsdl import WSDL, action_of, documents
from erplink.testing.worlds.web.connection import Dropped
from erplink.testing.worlds.web.faults import Happening, Injected
from erplink.testing.worlds.web.pages import page

ROOT = "/soap/"
SERVICE = "/soap/shop"
_XML = "text/xml; charset=utf-8"


def build_app(site: Site, world: SoapWorld) -> Starlette:
    """The ASGI application over one live shop."""
    pen = Pen(world)
    desk = _Desk(site, world, Gate(site, world), Operations(site, world, pen), pen)
    return Starlette(
        routes=[
            *control_routes(site),
            Route(SERVICE, desk.answer, methods=["POST"]),
            Route(SERVICE, desk.describe),
            Route(f"{ROOT}{{name}}", desk.document),
            Route(f"{ROOT}hostile/{{name}}", desk.attack),
        ]
    )


@define(eq=False)
class _Desk:
    """Where calls come in."""

    site: Site
    world: SoapWorld
    gate: Gate
    operations: Operations
    pen: Pen

    async def describe(self, request: Request) -> Response:
        """The WSDL at ``?wsdl``."""
        if "wsdl" not in request.url.query.lower():
            return HTMLResponse(page("Shop", "POST an envelope, or GET ?wsdl"), 405)
        return Response(documents(self.world, _here(request))[WSDL], media_type=_XML)

    async def document(self, request: Request) -> Response:
        """The schema, and the WSDL by its name."""
        found = documents(self.world, _here(request)).get(request.path_params["name"])
        return _missing(request) if found is None else Response(found, media_type=_XML)

    async def attack(self, request: Request) -> Response:
        """A WSDL that attacks its reader; ``?at=`` is where it is sent to."""
        elsewhere = request.query_params.get("at", ELSEWHERE)
        found = hostile(self.world, _here(request), request.path_params["name"], elsewhere)
        return _missing(request) if found is None else Response(found, media_type=_XML)

    async def answer(self, request: Request) -> Response:
        """The reply to a call, or what comes instead of it."""
        try:
            body = await request.body()
        except ClientDisconnect:
            return Dropped()
        if self.site.latency:
            await anyio.sleep(self.site.latency)
        content_type, action = request.headers.get("content-type", ""), request.headers.get("soapaction", "")
        try:
            sent = read(self.world, body, content_type, action)
            operation = _named(sent)
        except Faulty as error:
            return faulted(self.world, Fault(error.party, "ENVELOPE", error.message))
        self.site.calls[operation.name] += 1
        fault = self.site.faults.take(Happening(operation.name, FAMILIES[operation.does]))
        if fault is not None and fault.kind == "slow":
            await anyio.sleep(fault.lasts(1.0))
        return self._reply(operation, sent, request, fault)

    def _reply(self, operation: Operation, sent: Sent, request: Request, fault: Injected | None) -> Response:
        if fault is None:
            return self._answered(operation, sent, request, "")
        said = fault_said(fault)
        if said is not None:
            return faulted(self.world, said)
        try:
            mishaps.check_refusal(self.site, fault)
        except Refusal as error:
            return self._refused(operation, error)
        instead = mishaps.instead(self.site, fault)
        if instead is not None:
            return instead
        reply = self._answered(operation, sent, request, fault.kind)
        return with_entities(reply) if fault.kind == "entities" else mishaps.after(self.site, fault, reply)

    def _answered(self, operation: Operation, sent: Sent, request: Request, kind: str) -> Response:
        arguments = Arguments(_arguments(self.world, operation, sent), self.world.shop.tz)
        try:
            check_headers(self.world, sent, self.gate.understood)
            if operation.does == "login":
                return self._login(operation, arguments, mishaps.LOGIN_WORDS.get(kind, ""))
            self.gate.admit(sent, request)
            if operation.does == "logout":
                closed = str(self.site.sessions.close(session_of(sent, request))).lower()
                return answer_of(self.world, self.pen, operation, Answer(closed, "Closed"))
            asked = Asked(operation, arguments, kind if kind in TRICKS else "")
            return answer_of(self.world, self.pen, operation, self.operations.perform(asked))
        except Refusal as error:
            return self._refused(operation, error)
        except Faulty as error:
            return faulted(self.world, Fault(error.party, "ENVELOPE", error.message))

    def _login(self, operation: Operation, arguments: Arguments, refused: str) -> Response:
        token = self.gate.login(arguments.text("Username"), arguments.text("Password"), refused)
        reply = answer_of(self.world, self.pen, operation, Answer(token, "SessionId"))
        reply.set_cookie(COOKIE, token, httponly=True)
        return reply

    def _refused(self, operation: Operation, error: Refusal) -> Response:
        party, code = PARTIES[error.kind]
        if error.kind == "no_session" and self.world.auth == "basic":
            return HTMLResponse(page("401 Unauthorized", error.message), 401, {"www-authenticate": 'Basic realm="erp"'})
        if error.kind == "no_session" and self.world.foreign_fault:
            return foreign(self.world, error.message)
        if self.world.strings and error.kind != "no_session":
            return refusal_in_string(self.world, operation, code, error.message)
        return faulted(self.world, Fault(party, code, error.message))


def _named(sent: Sent) -> Operation:
    operation = OPERATIONS.get(sent.name)
    if operation is None:
        message = f"there is no operation {sent.name}"
        raise Faulty("Client", message)
    if sent.action not in {"", action_of(sent.name)}:
        message = f"the action {sent.action} is not that of {sent.name}"
        raise Faulty("Client", message)
    return operation


def _arguments(world: SoapWorld, operation: Operation, sent: Sent) -> Element:
    in_struct = world.style == "rpc" and operation.optional
    struct = next((child for child in sent.operation if local(child) == REQUEST), None) if in_struct else None
    return sent.operation if struct is None else struct


def _here(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{SERVICE}"


def _missing(request: Request) -> Response:
    return HTMLResponse(page("404", f"{request.url.path} 不存在"), 404)
