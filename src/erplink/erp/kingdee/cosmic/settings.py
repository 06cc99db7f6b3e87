"""``Cosmic(...)``: where a 苍穹 / 星瀚 / 星空旗舰版 is, which application logs in, what its APIs are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from attrs import field, frozen

from erplink.erp.kingdee.cosmic.forms import FORMS, Form, formed
from erplink.erp.kingdee.platform.checks import check_address, check_prefix, check_zone, slashed
from erplink.errors import ConfigInvalid
from erplink.model.documents import Entity
from erplink.wire.check import Check
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace
from erplink.wire.retry import Calling

if TYPE_CHECKING:
    from erplink.manifest.adapter import ManifestAdapter

Login = Literal["token", "app_token", "digest"]
TokenHeader = Literal["access_token", "accesstoken"]
UserType = Literal["UserName", "Mobile", "Email"]
_PAGE_MAX = 2000


@frozen
class Cosmic:
    """Settings of one data centre (数据中心) of a Kingdee 苍穹, and of 星瀚 and 星空旗舰版, which are built on it.

    ``url`` ends where ``/kapi`` begins: ``https://erp.example.com/ierp``. ``client_id`` and ``client_secret`` are the
    code and the key of the third-party application (第三方应用), ``username`` its agent user (代理用户), ``account_id``
    the data centre's id.

    ``login``: ``token`` (V6.0.1 and later) asks ``/kapi/oauth2/getToken``; ``app_token`` is the older way in two steps,
    with ``tenant_id``; ``digest`` signs every call with the application's digest key (摘要认证), ``client_secret``
    being that key. ``user_type`` is what ``username`` is for the last two. ``token_header`` is ``accesstoken`` where a
    web server drops names with underscores; ``identity`` is the ``x-acgw-identity`` of a gateway, where there is one.

    ``forms`` says where entities lie and what the administrator called their APIs: a path such as
    ``{"orders": "kdtest/sm/kdtest_salorder"}``, or a ``Form``; returns are read only where it names theirs. ``org``
    keeps orders to one sales organisation. ``custom`` names fields by entity: a name the document type has replaces
    the standard key, any other appears in ``custom``. ``save`` holds what the forms demand beyond the document:
    ``{"orders": {"billtype_number": "sm_…", "billentry": {"unit_number": "pcs"}}}``; what is under the key of the lines
    goes into each of them.
    ``number_prefix`` begins bill numbers derived from keys. ``zone`` is the server's wall clock, ``page`` the rows of a
    page (the platform gives 2000 at most unless it is told otherwise), ``timeout`` seconds per wait.

    Raises:
        ConfigInvalid: a setting is missing or malformed; the sentence names it.

    >>> Cosmic(url="https://erp.example.com/ierp", client_id="c", client_secret="s", username="u", account_id="1").base
    'https://erp.example.com/ierp/'
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    username: str
    account_id: str
    login: Login = "token"
    tenant_id: str = ""
    user_type: UserType = "UserName"
    token_header: TokenHeader = "access_token"  # noqa: S105 - the name of a header
    identity: str = field(default="", repr=False)
    language: str = "zh_CN"
    org: str = ""
    zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    page: int = 500
    timeout: float | None = None
    forms: Mapping[Entity, str | Form] = field(factory=dict)
    custom: Mapping[str, Mapping[str, str]] = field(factory=dict)
    save: Mapping[str, Mapping[str, Any]] = field(factory=dict, repr=False)
    number_prefix: str = "ERPL-"
    calling: Calling = field(factory=Calling)

    def __attrs_post_init__(self) -> None:
        check_address(self.url, WHERE, "https://erp.example.com/ierp")
        for name, step in _WHERE_TO_FIND.items():
            if not getattr(self, name).strip():
                raise _invalid(f"{name} is empty", step)
        _check_login(self)
        check_zone(self.zone, WHERE)
        check_prefix(self.number_prefix, WHERE)
        if not 1 <= self.page <= _PAGE_MAX:
            raise _invalid(f"page is {self.page}", f"write a number of rows from 1 to {_PAGE_MAX}")
        for entity, given in self.forms.items():
            formed(entity, given)

    @property
    def base(self) -> str:
        """The address with a final slash."""
        return slashed(self.url)

    @property
    def tz(self) -> ZoneInfo:
        """The server's zone."""
        return ZoneInfo(self.zone)

    @property
    def host(self) -> str:
        """Host and port of the address."""
        return urlsplit(self.url).netloc

    def form(self, entity: Entity) -> Form:
        """Where an entity lies: as these settings say, else as usual."""
        given = self.forms.get(entity)
        return FORMS[entity] if given is None else formed(entity, given)

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> ManifestAdapter:
        """An adapter over this Io; the first call logs in."""
        from erplink.erp.kingdee.cosmic.adapter import opened

        return opened(io, self, parallel, pacing)

    async def doctor(self, io: Io) -> list[Check]:
        """What is wrong between here and this 苍穹, step by step."""
        from erplink.erp.kingdee.cosmic.doctor import doctor

        return await doctor(io, self)


WHERE = "Cosmic settings"
_WHERE_TO_FIND: Mapping[str, str] = {
    "client_id": "it is the code (系统编码) of the third-party application: 开放服务云 → OpenAPI → 第三方应用",
    "client_secret": "it is the authentication key of the third-party application",
    "username": "name an agent user (代理用户) of the third-party application",
    "account_id": "it is the id of the data centre (数据中心); {url}/auth/getAllDatacenters.do lists them",
}


def _invalid(what: str, next_step: str) -> ConfigInvalid:
    return ConfigInvalid(what, where=WHERE, next_step=next_step)


def _check_login(settings: Cosmic) -> None:
    if settings.login not in {"token", "app_token", "digest"}:
        raise _invalid(f"login is {settings.login!r}", 'write "token", "app_token" or "digest"')
    if settings.token_header not in {"access_token", "accesstoken"}:
        raise _invalid(f"token_header is {settings.token_header!r}", 'write "access_token" or "accesstoken"')
    if settings.user_type not in {"UserName", "Mobile", "Email"}:
        raise _invalid(f"user_type is {settings.user_type!r}", 'write "UserName", "Mobile" or "Email"')
    if settings.login == "app_token" and not settings.tenant_id:
        raise _invalid('tenant_id is missing for login "app_token"', "the administrator knows the tenant (租户)")
