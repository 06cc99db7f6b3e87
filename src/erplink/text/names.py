"""Names that the world has agreed on, as a text may write them."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{name!r} is not an IANA time zone; write one such as Asia/Shanghai") from None
    return name


def _currency_code(code: str) -> str:
    if not (len(code) == len("CNY") and code.isascii() and code.isalpha() and code.isupper()):
        raise ValueError(f"{code!r} is not a currency; write its three capital letters (ISO 4217), such as CNY")
    return code


ZoneName = Annotated[str, AfterValidator(_known_zone)]
"""An IANA time zone."""

CurrencyCode = Annotated[str, AfterValidator(_currency_code)]
"""A currency by its ISO 4217 letters."""
