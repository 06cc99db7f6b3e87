"""What the settings of Kingdee's open platforms have in common to be checked."""

from __future__ import annotations

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from erplink.errors import ConfigInvalid

_PREFIX_MAX = 12


def check_address(url: str, where: str, example: str) -> None:
    """Raise ``ConfigInvalid`` unless it is a plain http or https address."""
    step = f"write it like {example}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigInvalid("url is not an address", where=where, next_step=step) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigInvalid("url is no http or https address", where=where, next_step=step)
    if parts.username or parts.password:
        step = "give what logs in as settings of their own"
        raise ConfigInvalid("url holds a user or password", where=where, next_step=step)
    if parts.query or parts.fragment:
        raise ConfigInvalid("url goes on after the path ('?' or '#')", where=where, next_step=step)


def check_zone(zone: str, where: str) -> None:
    """Raise ``ConfigInvalid`` unless it is the name of a zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        step = 'write an IANA name such as "Asia/Shanghai"'
        raise ConfigInvalid(f"zone {zone!r} is not known", where=where, next_step=step) from None


def check_prefix(prefix: str, where: str) -> None:
    """Raise ``ConfigInvalid`` unless it may begin a bill number."""
    if len(prefix) > _PREFIX_MAX or not all(c.isascii() and (c.isupper() or c.isdigit() or c == "-") for c in prefix):
        what = f"number_prefix {prefix!r} does not suit a bill number"
        raise ConfigInvalid(what, where=where, next_step=f"write up to {_PREFIX_MAX} of A-Z, 0-9 and -")


def slashed(url: str) -> str:
    """An address with a final slash."""
    return url if url.endswith("/") else f"{url}/"
