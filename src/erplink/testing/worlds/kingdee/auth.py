"""Who is calling: the login methods, signed requests, and sessions carried by header or cookie."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from attrs import frozen

from erplink.testing.worlds.kingdee.bodies import Body
from erplink.testing.worlds.kingdee.cells import switch
from erplink.testing.worlds.kingdee.replies import Json
from erplink.testing.worlds.kingdee.sessions import Tokens
from erplink.testing.worlds.kingdee.settings import KingdeeWorld, User
from erplink.testing.worlds.kingdee.signatures import Signed, genuine, login_sign
from erplink.testing.worlds.kingdee.site import Site

SESSION = "kdservice-sessionid"
MILLISECONDS = 100_000_000_000
_APP_DATA_PARTS = 4


class WrongAccount(Exception):
    """A signed request names a data centre this server does not have."""


@frozen
class Identity:
    """A caller who is known: the user, the session, and whether that session was opened just now."""

    username: str
    tokens: Tokens | None
    session: str


@frozen
class Login:
    """The reply of a login and the session it opened."""

    reply: Json
    tokens: Tokens | None


def identify(site: Site, path: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Identity | None:
    """The caller of a request, or None when there is no session and no genuine signature.

    Raises :class:`WrongAccount` for a signed request to another data centre.
    """
    token = headers.get(SESSION) or cookies.get(SESSION) or ""
    if "x-api-signature" not in headers:
        username = site.sessions.use(token)
        return None if username is None else Identity(username, None, token)
    username = _signed_user(site, path, headers)
    if username is None:
        site.logins["refused"] += 1
        return None
    if site.sessions.use(token) == username:
        return Identity(username, None, token)
    site.logins["accepted"] += 1
    tokens = site.sessions.open(username)
    return Identity(username, tokens, tokens.session)


def _signed_user(site: Site, path: str, headers: Mapping[str, str]) -> str | None:
    world = site.world
    signed = Signed(
        path=path,
        app_id=headers.get("x-kd-appkey", ""),
        app_data=_decoded(headers.get("x-kd-appdata", "")),
        nonce=headers.get("x-api-nonce", ""),
        timestamp=headers.get("x-api-timestamp", ""),
        api_signature=headers.get("x-api-signature", ""),
        kd_signature=headers.get("x-kd-signature", ""),
    )
    parts = signed.app_data.split(",")
    if len(parts) != _APP_DATA_PARTS or headers.get("x-api-clientid") != signed.app_id.partition("_")[0]:
        return None
    if parts[0] != world.acct_id:
        raise WrongAccount
    known = any(user.name == parts[1] for user in world.users)
    right = signed.app_id == world.app_id and genuine(signed, world.app_secret, world.sec_pwd)
    return parts[1] if known and right and is_recent(site, signed.timestamp) else None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def is_recent(site: Site, timestamp: str) -> bool:
    """Whether a signed timestamp, in seconds or milliseconds, is near enough to the world's clock."""
    if not timestamp.isdigit():
        return False
    if site.world.signature_window is None:
        return True
    moment = int(timestamp) / (1000 if int(timestamp) >= MILLISECONDS else 1)
    return abs(site.clock().timestamp() - moment) <= site.world.signature_window


def login(site: Site, method: str, body: Body) -> Login:
    """One of the login methods, with named or positional arguments."""
    world = site.world
    if method == "LoginBySimplePassport":
        return _by_passport(site, body)
    username = body.text("username", 1)
    if body.text("acctid", 0) != world.acct_id:
        return _refused(site, -1, "数据中心不存在或已停用，请检查数据中心内码")
    user = next((one for one in world.users if one.name == username), None)
    if user is None or not _proved(site, user, method, body):
        return _refused(site, 0, "用户名或密码错误")
    organisation = body.text("orgnumber", 4) if method == "ValidateUserByOrgNumber" else ""
    if organisation and site.tables["ORG_Organizations"].find(organisation) is None:
        return _refused(site, -1, f"组织[{organisation}]不存在或用户没有该组织的权限")
    if method == "ValidateUser2" and switch(body.argument("iskickoff", 3)):
        site.sessions.end_all_of(username)
    return _let_in(site, user, organisation)


def _by_passport(site: Site, body: Body) -> Login:
    if not _same(body.text("passportforbase64", 0), site.world.passport):
        return _refused(site, -1, "集成密钥文件无效或已过期")
    return _let_in(site, site.world.users[0], "")


def _let_in(site: Site, user: User, organisation: str) -> Login:
    site.logins["accepted"] += 1
    tokens = site.sessions.open(user.name)
    reply = _accepted(site, user, tokens)
    if organisation:
        document = site.tables["ORG_Organizations"].find(organisation)
        current = reply["Context"]["CurrentOrganizationInfo"]
        reply["Context"]["CurrentOrganizationInfo"] = {**current, "ID": document.fid if document else 0}
    return Login(reply, tokens)


def expired(site: Site, body: Body) -> Login:
    """A login whose password has expired: refused, and yet a session comes with it that is good for nothing."""
    site.logins["refused"] += 1
    tokens = site.sessions.open(body.text("username", 1), broken=True)
    return Login(_denied(-3, "密码已过期，请修改密码", "CheckPasswordPolicy"), tokens)


def refused(site: Site) -> Login:
    """A login that is refused whatever the password."""
    return _refused(site, 0, "用户名或密码错误")


def _proved(site: Site, user: User, method: str, body: Body) -> bool:
    world = site.world
    match method:
        case "ValidateUser" | "ValidateUser2" | "ValidateUserByOrgNumber":
            return _same(body.text("password", 2), user.password)
        case "LoginByAppSecret":
            known = body.text("appid", 2) == world.app_id
            return known and _same(body.text("appsecret", 3), world.app_secret)
        case _:
            timestamp = body.text("timestamp", 3)
            five = (world.acct_id, user.name, world.app_id, world.app_secret, timestamp)
            right = login_sign(*five, old=world.old_signatures)
            of_application = body.text("appid", 2) == world.app_id and is_recent(site, timestamp)
            return of_application and _same(body.text("sign", 4), right)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _refused(site: Site, kind: int, message: str) -> Login:
    site.logins["refused"] += 1
    return Login(_denied(kind, message, None), None)


def _denied(kind: int, message: str, code: str | None) -> Json:
    return {
        "Message": message,
        "MessageCode": code,
        "LoginResultType": kind,
        "Context": None,
        "KDSVCSessionId": "",
        "FormId": None,
        "IsSuccessByAPI": False,
    }


def _accepted(site: Site, user: User, tokens: Tokens) -> Json:
    return {
        "Message": None,
        "MessageCode": "CheckPasswordPolicy",
        "LoginResultType": 1,
        "Context": _context(site, user, tokens),
        "KDSVCSessionId": tokens.session,
        "FormId": None,
        "RedirectFormParam": None,
        "FormInputObject": None,
        "ErrorStackTrace": None,
        "Lcid": 0,
        "AccessToken": None,
        "CustomParam": {},
        "KdAccessResult": None,
        "IsSuccessByAPI": True,
    }


def _context(site: Site, user: User, tokens: Tokens) -> Json:
    world = site.world
    offset = site.clock().astimezone(world.tz).utcoffset()
    ticks = int(offset.total_seconds() * 10_000_000) if offset is not None else 0
    return {
        "UserLocale": "zh-CN",
        "LogLocale": "zh-CN",
        "DBid": world.acct_id,
        "DatabaseType": 3,
        "SessionId": tokens.aspnet,
        "UseLanguages": [{"LocaleId": 2052, "LocaleName": "简体中文", "Alias": "CN", "LicenseType": 0}],
        "UserId": 100001 + world.users.index(user),
        "UserName": user.name,
        "CustomName": "示例公司",
        "DisplayVersion": "8.2.0.20250101",
        "DataCenterName": "示例账套",
        "DataCenterNumber": "001",
        "CurrentOrganizationInfo": {"ID": 1, "AcctOrgType": "1", "Name": "示例公司", "FunctionIds": [101, 102, 103]},
        "ClientType": 32,
        "UTimeZone": {"OffsetTicks": ticks, "StandardName": world.zone, "Id": 230, "CanBeUsed": True},
        "STimeZone": {"OffsetTicks": ticks},
        "ContextResultType": 0,
        "TenantId": "",
        "IsDeployAsPublicCloud": False,
    }


def data_centres(world: KingdeeWorld) -> list[Json]:
    """The reply of GetDataCenterList."""
    return [{"Id": world.acct_id, "Number": "001", "Name": "示例账套", "IsDefault": True}]
