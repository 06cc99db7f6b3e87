"""The settings of a Kingdee world: one frozen value from which a server can be started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from erplink.errors import ConfigInvalid

CUSTOM_FIELDS: Mapping[str, tuple[str, ...]] = {
    "BD_Customer": ("F_ERPL_UnionId", "F_ERPL_Points", "F_ERPL_Tier"),
    "SAL_SaleOrder": ("F_ERPL_Paid", "F_ERPL_Key", "F_ERPL_Points"),
}


def wall_clock() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


@frozen
class User:
    """An integration user of the world. Data permissions (数据权限) hide the documents of ``blind`` forms from it."""

    name: str
    password: str = field(repr=False)
    blind: tuple[str, ...] = ()


@frozen
class Credentials:
    """Everything a client needs to log in. Secrets stay out of ``repr``."""

    acct_id: str
    username: str
    password: str = field(repr=False)
    app_id: str
    app_secret: str = field(repr=False)
    passport: str = field(default="", repr=False)


@frozen
class KingdeeWorld:
    """Settings of a stand-in K/3 Cloud server; :func:`serve` turns them into a running one.

    ``zone`` is the server-local zone in which every date of the ERP is written. ``page_limit`` is where ``Limit``
    of a query is clipped. ``latency`` and ``hang_limit`` are seconds; ``session_minutes`` is sliding.
    ``passport`` is what the key file (集成密钥文件) of the first user holds, in base64. ``sec_pwd`` is a mask of the
    request signature of the server's own (X-KDApi-SecPwd); with ``old_signatures`` LoginBySign is signed with SHA-1, as
    before PT-146911. ``signature_window`` (seconds) is how far a signed timestamp may be from ``clock``; None accepts
    any.
    ``custom_fields`` lists the head fields ``F_*`` a form has beyond the standard ones.
    With ``orders`` the documents come from that file, else with ``sample`` from the built-in shop, else there are none.
    ``state`` names the journal file that makes a restarted world the same ERP. ``faults`` are armed at start.

    >>> KingdeeWorld().credentials.username
    'integration'
    """

    acct_id: str = "5f0c2a7be31d4c"
    users: tuple[User, ...] = (User("integration", "erplink-demo-2026"),)
    app_id: str = "100001_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
    app_secret: str = field(default="a1b2c3d4e5f60718293a4b5c6d7e8f90", repr=False)
    passport: str = field(default="6ZuG5oiQ5a+G6ZKl5paH5Lu2IGVycGxpbms=", repr=False)
    sec_pwd: str = field(default="", repr=False)
    old_signatures: bool = False
    organisation: str = "100"
    zone: str = "Asia/Shanghai"
    page_limit: int = 2000
    latency: float = 0.0
    hang_limit: float = 5.0
    session_minutes: float = 20.0
    signature_window: float | None = 900.0
    clock: Callable[[], datetime] = wall_clock
    custom_fields: Mapping[str, tuple[str, ...]] = field(factory=lambda: CUSTOM_FIELDS)
    orders: Path | None = None
    sample: bool = False
    state: Path | None = None
    faults: tuple[Mapping[str, Any], ...] = ()

    @property
    def credentials(self) -> Credentials:
        """What the first user of the world logs in with."""
        user = self.users[0]
        return Credentials(self.acct_id, user.name, user.password, self.app_id, self.app_secret, self.passport)

    @property
    def tz(self) -> ZoneInfo:
        """The zone as an object. Raises ConfigInvalid when there is none of that name."""
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            step = "give a name such as Asia/Shanghai or Europe/London"
            raise ConfigInvalid(f"zone {self.zone!r} is unknown", next_step=step) from error
