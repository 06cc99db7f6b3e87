"""``Kingdee(...)``: where a 云星空 (K/3 Cloud) is, how to log in, and what this tenant calls its own fields."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from erplink.errors import ConfigInvalid
from erplink.wire.check import Check
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace
from erplink.wire.retry import Calling

if TYPE_CHECKING:
    from erplink.erp.kingdee.adapter import KingdeeAdapter

Login = Literal["header", "sign", "sign_sha1", "secret", "password", "kick_off", "organisation", "passport"]
Gifts = Literal["order", "misdelivery"]
_APPLICATION = ("acct_id", "username", "app_id", "app_secret")
_PASSWORD = ("acct_id", "username", "password")
NEEDS: Mapping[Login, tuple[str, ...]] = {
    "header": _APPLICATION,
    "sign": _APPLICATION,
    "sign_sha1": _APPLICATION,
    "secret": _APPLICATION,
    "password": _PASSWORD,
    "kick_off": _PASSWORD,
    "organisation": (*_PASSWORD, "org_num"),
    "passport": ("acct_id", "passport"),
}
"""The settings that a way to log in takes."""
_APP_ID_SECRET = 32
_PAGE_MAX = 10_000
_PREFIX_MAX = 12


@frozen
class Kingdee:
    """Settings of one data centre (账套) of a Kingdee 云星空.

    ``login``: ``header`` signs every request (第三方系统登录授权; the default with an ``app_id``), ``sign`` logs in by
    LoginBySign (``sign_sha1`` for builds before 8.0.0.202205), ``secret`` by LoginByAppSecret, ``password`` by
    ValidateUser, ``kick_off`` by ValidateUser2, which ends other sessions of the user, ``organisation`` by
    ValidateUserByOrgNumber into ``org_num``, ``passport`` by LoginBySimplePassport with a key file (集成密钥文件, its
    content in base64). ``sec_pwd`` is the tenant's own X-KDApi-SecPwd, if it has one.

    ``zone`` is the server's wall clock, ``currency`` what PRE001 is. ``org_num`` is the organisation (组织) that sells.
    ``page`` is the row limit of a query, ``overlap`` how much further back than asked a window reaches (a sync adds its
    own).

    ``custom`` names fields by entity: ``{"customers": {"unionid": "F_ERPL_UnionId", "points": "F_ERPL_Points"}}``; a
    name the document type has (``phone``, ``order`` of a return's line) replaces the standard key, any other appears in
    ``custom``. ``save`` holds what this tenant's forms demand beyond the document, as Save wants it:
    ``{"orders": {"FSalerId": {"FNumber": "S001"}}}``.

    ``gifts`` says what an order of nothing but free lines becomes: a sales ``order`` with free lines, or a
    ``misdelivery`` (其他出库单, which ``custom`` and ``save`` call ``gifts``). ``number_prefix`` begins bill numbers
    derived from keys. ``calling`` says how stubborn, how patient and how polite calls are:
    ``Calling(rate=Rate(60, per=60.0))``.

    Raises:
        ConfigInvalid: a setting is missing or malformed; the sentence names it.

    >>> Kingdee(url="https://erp.example.com/k3cloud", acct_id="5f0c", username="u", password="p").base
    'https://erp.example.com/k3cloud/'
    """

    url: str
    acct_id: str
    username: str = ""
    app_id: str = field(default="", repr=False)
    app_secret: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    passport: str = field(default="", repr=False)
    sec_pwd: str = field(default="", repr=False)
    login: Login | None = None
    lcid: int = 2052
    org_num: str = ""
    zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    page: int = 2000
    overlap: timedelta = timedelta(0)
    custom: Mapping[str, Mapping[str, str]] = field(factory=dict)
    save: Mapping[str, Mapping[str, Any]] = field(factory=dict, repr=False)
    gifts: Gifts = "order"
    number_prefix: str = "ERPL-"
    calling: Calling = field(factory=Calling)

    def __attrs_post_init__(self) -> None:
        _check_address(self.url)
        _check_login(self)
        _check_limits(self)

    @property
    def mode(self) -> Login:
        """How to log in: as said, else by what was given."""
        return self.login or ("header" if self.app_id else "passport" if self.passport else "password")

    @property
    def base(self) -> str:
        """The address with a final slash."""
        return self.url if self.url.endswith("/") else f"{self.url}/"

    @property
    def tz(self) -> ZoneInfo:
        """The server's zone."""
        return ZoneInfo(self.zone)

    @property
    def host(self) -> str:
        """Host and port of the address."""
        return urlsplit(self.url).netloc

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> KingdeeAdapter:
        """An adapter over this Io; the first call logs in."""
        from erplink.erp.kingdee.adapter import KingdeeAdapter

        return KingdeeAdapter.over(io, self, parallel, pacing)

    async def doctor(self, io: Io) -> list[Check]:
        """What is wrong between here and this Kingdee, step by step."""
        from erplink.erp.kingdee.doctor import doctor

        return await doctor(io, self)


_WHERE_TO_FIND: Mapping[str, str] = {
    "acct_id": "it is the data-centre id (数据中心内码), shown in the address bar of 公共设置 → WebAPI",
    "username": "name the integration user (集成用户) that the administrator authorised",
    "app_id": "the administrator creates it under 第三方系统登录授权",
    "app_secret": "the administrator creates it under 第三方系统登录授权, beside the application id",
    "password": "give the integration user's password, or app_id and app_secret instead",
    "passport": "give the content of the key file (集成密钥文件, .cnf) in base64",
    "org_num": "give the number of the organisation (组织编码) to log in to",
}


def _invalid(what: str, next_step: str) -> ConfigInvalid:
    return ConfigInvalid(what, where="Kingdee settings", next_step=next_step)


def _check_address(url: str) -> None:
    example = "write it like https://erp.example.com/k3cloud/"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _invalid("url is not an address", example) from None
    if parts.scheme not in {"http", "https"}:
        raise _invalid("url does not begin with http:// or https://", example)
    if not host:
        raise _invalid("url names no host", example)
    if parts.username or parts.password:
        raise _invalid("url holds a user or password", "give username and password as settings of their own")
    if parts.query or parts.fragment:
        raise _invalid("url goes on after the path ('?' or '#')", example)


def _check_login(settings: Kingdee) -> None:
    if settings.mode not in NEEDS:
        raise _invalid(f"login is {settings.mode!r}", f"write one of {', '.join(NEEDS)}")
    for name in NEEDS[settings.mode]:
        if not getattr(settings, name).strip():
            raise _invalid(f"{name} is missing for login {settings.mode!r}", _WHERE_TO_FIND[name])
    if settings.mode == "header" and not _is_app_id(settings.app_id):
        raise _invalid(
            "app_id is not of the form <number>_<32 characters>",
            "copy it whole from 第三方系统登录授权; it holds exactly one '_' between its two parts",
        )
    if settings.sec_pwd and (len(settings.sec_pwd) != _APP_ID_SECRET or not settings.sec_pwd.isascii()):
        raise _invalid(
            f"sec_pwd has {len(settings.sec_pwd)} characters", "copy X-KDApi-SecPwd whole; it has 32 letters and digits"
        )
    if settings.mode == "passport" and not _is_base64(settings.passport):
        raise _invalid("passport is not base64", "write base64.b64encode(file.read_bytes()).decode()")


def _is_app_id(app_id: str) -> bool:
    first, _, second = app_id.partition("_")
    return bool(first) and len(second) == _APP_ID_SECRET and _is_base64(second)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _check_limits(settings: Kingdee) -> None:
    try:
        ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _invalid(f"zone {settings.zone!r} is not known", 'write an IANA name such as "Asia/Shanghai"') from None
    if not 1 <= settings.page <= _PAGE_MAX:
        raise _invalid(
            f"page is {settings.page}", f"write a number of rows from 1 to {_PAGE_MAX}; 2000 suits every build"
        )
    if settings.overlap < timedelta(0):
        raise _invalid("overlap is negative", "write zero or a few minutes")
    if settings.gifts not in get_args(Gifts):
        raise _invalid(f"gifts is {settings.gifts!r}", 'write "order" or "misdelivery"')
    prefix = settings.number_prefix
    if len(prefix) > _PREFIX_MAX or not all(c.isascii() and (c.isupper() or c.isdigit() or c == "-") for c in prefix):
        raise _invalid(
            f"number_prefix {prefix!r} does not suit a bill number", f"write up to {_PREFIX_MAX} of A-Z, 0-9 and -"
        )
