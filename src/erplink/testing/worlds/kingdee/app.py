"""The web server of a world: paths, sessions, faults on the wire, and error pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import msgspec
from attrs import frozen
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from erplink.testing.worlds.kingdee import auth, replies
from erplink.testing.worlds.kingdee.backdoor import backdoor_routes
from erplink.testing.worlds.kingdee.bodies import BadBody, Body, read_body
from erplink.testing.worlds.kingdee.control import control_routes
from erplink.testing.worlds.kingdee.operations import QUERIES, READS, SERVICES, Asked, documents_of
from erplink.testing.worlds.kingdee.replies import BusinessError
from erplink.testing.worlds.kingdee.sessions import Tokens
from erplink.testing.worlds.kingdee.site import Site
from erplink.testing.worlds.web.connection import Dropped, Short
from erplink.testing.worlds.web.faults import Family, Happening, Injected

ROOT, SUFFIX = "/k3cloud/", ".common.kdsvc"
AUTH = "Kingdee.BOS.WebApi.ServicesStub.AuthService."
DATA_CENTRES = "Kingdee.BOS.ServiceFacade.ServicesStub.Account.AccountService.GetDataCenterList"
LOGINS = (
    "ValidateUser",
    "ValidateUser2",
    "ValidateUserByOrgNumber",
    "LoginByAppSecret",
    "LoginBySign",
    "LoginBySimplePassport",
)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_NAMES: Mapping[str, str] = {
    name.lower(): name for name in (*SERVICES, *(AUTH + method for method in (*LOGINS, "Logout")), DATA_CENTRES)
}
_WAF = [
    {
        "actionname": "showConfirm",
        "params": [
            {"title": "", "msg": "请求参数存在可疑数据,当前请求已经被拦截规则[caller_in_less_Point_Bracket]阻止!"}
        ],
    }
]
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"
_BROKEN_SESSION = "401 Forbidden ByRspRetStatusCode -- N001: Unexpectable request."
_INSTEAD: Mapping[str, Callable[[], Response]] = {
    "drop_before_commit": Dropped,
    "bad_gateway": lambda: HTMLResponse(_PAGE.format("502 Bad Gateway", "IIS"), 502),
    "html_page": lambda: HTMLResponse(_PAGE.format("金蝶云星空", "请登录")),
    "response_error": lambda: PlainTextResponse(
        "response_error:System.NullReferenceException: 未将对象引用设置到实例。"
    ),
    "waf": lambda: _json(_WAF),
}
_REFUSALS: Mapping[str, Callable[[], replies.Json]] = {
    "lose_session": replies.session_lost,
    "lock_conflict": lambda: replies.failure("网络控制冲突，单据已被其他用户锁定", replies.LOCK_CONFLICT),
    "no_permission": lambda: replies.failure("您没有该功能的操作权限", replies.NO_PERMISSION),
    "call_limit": lambda: replies.failure("接口调用次数超过限制", replies.CALL_LIMIT),
}


@frozen
class Exchange:
    """One request that was understood: its service, arguments, and the fault it suffers."""

    service: str
    body: Body
    fault: Injected | None

    @property
    def operation(self) -> str:
        """The last part of the service name."""
        return self.service.rpartition(".")[2]

    def suffers(self, *kinds: str) -> bool:
        """Whether the fault is one of these kinds."""
        return self.fault is not None and self.fault.kind in kinds


def build_app(site: Site) -> Starlette:
    """The ASGI application over one live world."""

    async def serve_call(request: Request) -> Response:
        return await _answer(site, request)

    doors = [*control_routes(site), *backdoor_routes(site)]
    return Starlette(routes=[*doors, Route("/{path:path}", serve_call, methods=["GET", "POST"])])


async def _answer(site: Site, request: Request) -> Response:
    try:
        raw = await request.body()
    except ClientDisconnect:
        return Dropped()
    await anyio.sleep(site.latency)
    service = _service(request)
    if service is None:
        return HTMLResponse(_PAGE.format("404 - 找不到文件或目录。", request.url.path), 404)
    operation = service.rpartition(".")[2]
    try:
        body = read_body(raw, request.headers.get("content-type", ""))
        documents = documents_of(operation, body)
    except BadBody as error:
        return HTMLResponse(_PAGE.format("500 - 内部服务器错误。", error), 500)
    site.calls[operation] += 1
    family: Family = "logins" if operation in LOGINS else "reads" if operation in READS else "writes"
    fault = site.faults.take(Happening(operation, family, documents))
    exchange = Exchange(service, body, fault)
    if fault is not None and fault.kind == "slow":
        await anyio.sleep(fault.lasts(1.0))
    return _before(site, exchange) or _after(site, exchange, _reply(site, exchange, request))


def _service(request: Request) -> str | None:
    path = request.url.path.lower()
    if request.method != "POST" or not path.startswith(ROOT) or not path.endswith(SUFFIX):
        return None
    return _NAMES.get(path.removeprefix(ROOT).removesuffix(SUFFIX))


def _before(site: Site, exchange: Exchange) -> Response | None:
    fault = exchange.fault
    kind = "" if fault is None else fault.kind
    if kind == "lose_session":
        site.sessions.lose_all()
    if fault is not None and kind in {"retry_after", "retry_after_date"}:
        return _patience(site, fault)
    if fault is not None and kind == "refused":
        return _failure(exchange, replies.failure(fault.message, replies.NOT_OPERABLE))
    if kind in _INSTEAD:
        return _INSTEAD[kind]()
    return _failure(exchange, _REFUSALS[kind]()) if kind in _REFUSALS else None


def _patience(site: Site, fault: Injected) -> Response:
    """429 with a Retry-After in seconds, or 503 with one that is a date."""
    seconds = fault.lasts(1.0)
    if fault.kind == "retry_after":
        page = _PAGE.format("429 Too Many Requests", "IIS")
        return HTMLResponse(page, 429, {"retry-after": str(round(seconds))})
    until = (site.clock() + timedelta(seconds=seconds)).astimezone(UTC)
    return HTMLResponse(_PAGE.format("503", "IIS"), 503, {"retry-after": format_datetime(until, usegmt=True)})


def _after(site: Site, exchange: Exchange, reply: Response) -> Response:
    if exchange.suffers("drop_after_commit"):
        return Dropped()
    if exchange.fault is not None and exchange.fault.kind == "short_body":
        return Short(reply, exchange.fault.lasts(site.world.hang_limit))
    return reply


def _reply(site: Site, exchange: Exchange, request: Request) -> Response:
    if exchange.service == DATA_CENTRES:
        return _json(auth.data_centres(site.world))
    if exchange.operation in LOGINS:
        login = _login(site, exchange)
        return _with_cookies(_json(login.reply), login.tokens)
    try:
        caller = auth.identify(site, request.scope["raw_path"].decode(), request.headers, request.cookies)
    except auth.WrongAccount:
        return PlainTextResponse("Fail to verify thirty passport", 500)
    if exchange.operation == "Logout":
        return _json(caller is not None and site.sessions.close(caller.session))
    if caller is None:
        return _failure(exchange, replies.session_lost())
    if site.sessions.is_broken(caller.session):
        return PlainTextResponse(_BROKEN_SESSION)
    return _with_cookies(_perform(site, exchange, caller.username), caller.tokens)


def _login(site: Site, exchange: Exchange) -> auth.Login:
    if exchange.suffers("login_refused"):
        return auth.refused(site)
    if exchange.suffers("expired_password"):
        return auth.expired(site, exchange.body)
    return auth.login(site, exchange.operation, exchange.body)


def _perform(site: Site, exchange: Exchange, username: str) -> Response:
    asked = Asked(username, exchange.body, exchange.suffers("partial_batch"))
    try:
        return _json(SERVICES[exchange.service](site, asked))
    except BusinessError as error:
        return _failure(exchange, replies.of_error(error))
    except ValueError as error:
        return _failure(exchange, replies.failure(str(error), replies.BAD_PARAMETER))
    except BadBody as error:
        return HTMLResponse(_PAGE.format("500 - 内部服务器错误。", error), 500)


def _failure(exchange: Exchange, reply: replies.Json) -> Response:
    return _json([[reply]] if exchange.operation in QUERIES else reply)


def _json(value: Any) -> Response:
    return Response(_ENCODER.encode(value), media_type="application/json; charset=utf-8")


def _with_cookies(response: Response, tokens: Tokens | None) -> Response:
    if tokens is not None:
        response.headers.append("set-cookie", f"ASP.NET_SessionId={tokens.aspnet}; path=/; HttpOnly")
        response.headers.append("set-cookie", f"kdservice-sessionid={tokens.session}; path=/")
    return response
