"""``Xingchen(...)``: which company of 云星辰 (精斗云), which application calls, how it was authorised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from attrs import field, frozen

from erplink.erp.kingdee.platform.checks import check_address, check_zone, slashed
from erplink.errors import ConfigInvalid
from erplink.wire.check import Check
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling

if TYPE_CHECKING:
    from erplink.manifest.adapter import ManifestAdapter

POLITE = Calling(rate=Rate(450, per=60.0, burst=20))
"""Below the platform's limit of 500 calls in a minute for one company."""
_PAGE_MAX = 100


@frozen
class Xingchen:
    """Settings of one company (账套) of Kingdee 云星辰, formerly 精斗云, at ``https://api.kingdee.com``.

    ``client_id`` and ``client_secret`` are those of the application (应用) on open.jdy.com; they sign every call.
    ``outer_instance_id`` is the company's instance that authorised it: with it, the key and the secret of the
    authorisation are fetched, and fetched again when the platform has changed them, as it does every 24 hours. Else
    they are given: ``app_key``, ``app_secret`` and ``domain`` (``https://tf.jdy.com``), and are good for a day.

    It reads; what is to be written goes through ``raw.call``. ``custom`` names fields by entity, own ones as
    ``{"customers": {"unionid": "custom_field.<key>"}}``; a name the document type has replaces the standard key.
    ``zone`` is the platform's wall clock, ``currency`` that of every document, ``page`` the rows of a page, ``timeout``
    seconds per wait.

    Raises:
        ConfigInvalid: a setting is missing or malformed; the sentence names it.

    >>> Xingchen(client_id="205022", client_secret="s", outer_instance_id="1").base
    'https://api.kingdee.com/'
    """

    client_id: str
    client_secret: str = field(repr=False)
    outer_instance_id: str = ""
    app_key: str = field(default="", repr=False)
    app_secret: str = field(default="", repr=False)
    domain: str = ""
    url: str = "https://api.kingdee.com"
    zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    page: int = 100
    timeout: float | None = None
    custom: Mapping[str, Mapping[str, str]] = field(factory=dict)
    calling: Calling = POLITE

    def __attrs_post_init__(self) -> None:
        check_address(self.url, WHERE, "https://api.kingdee.com")
        check_zone(self.zone, WHERE)
        for name in ("client_id", "client_secret"):
            if not getattr(self, name).strip():
                raise _invalid(f"{name} is empty", "the application's page on open.jdy.com shows it")
        given = [name for name in _AUTHORISATION if getattr(self, name).strip()]
        if not self.outer_instance_id.strip() and len(given) < len(_AUTHORISATION):
            missing = next(name for name in _AUTHORISATION if name not in given)
            raise _invalid(f"{missing} is missing", "give outer_instance_id, or app_key, app_secret and domain")
        if given and len(given) < len(_AUTHORISATION):
            raise _invalid(f"only {', '.join(given)} is given", "give app_key, app_secret and domain, or none of them")
        if self.domain:
            check_address(self.domain, f"{WHERE}, domain", "https://tf.jdy.com")
        if not 1 <= self.page <= _PAGE_MAX:
            raise _invalid(f"page is {self.page}", f"write a number of rows from 1 to {_PAGE_MAX}")

    @property
    def base(self) -> str:
        """The address with a final slash."""
        return slashed(self.url)

    @property
    def tz(self) -> ZoneInfo:
        """The platform's zone."""
        return ZoneInfo(self.zone)

    @property
    def host(self) -> str:
        """Host and port of the address."""
        return urlsplit(self.url).netloc

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> ManifestAdapter:
        """An adapter over this Io; the first call logs in."""
        from erplink.erp.kingdee.xingchen.adapter import opened

        return opened(io, self, parallel, pacing)

    async def doctor(self, io: Io) -> list[Check]:
        """What is wrong between here and this company, step by step."""
        from erplink.manifest.doctor import examine

        return await examine(io, self.base, self.open(io, parallel=1))


WHERE = "Xingchen settings"
_AUTHORISATION = ("app_key", "app_secret", "domain")


def _invalid(what: str, next_step: str) -> ConfigInvalid:
    return ConfigInvalid(what, where=WHERE, next_step=next_step)
