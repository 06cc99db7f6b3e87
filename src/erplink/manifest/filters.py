"""The closed list of filters a template may use. Digests give bytes, which hex or base64 turn into text."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote
from xml.sax.saxutils import escape

import msgspec
from attrs import frozen

Kind = Literal["any", "text", "bytes", "time"]
Secrets = Mapping[str, str]
_ALGORITHMS = ("sha256", "sha1", "sha512", "md5")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encoder = msgspec.json.Encoder(decimal_format="number")


@frozen
class Filter:
    """What a filter takes and gives, how many arguments it has, and what it does with a value and them."""

    takes: Kind
    gives: Kind
    arguments: tuple[int, int]
    of: Callable[..., Any]
    hint: str


@frozen
class Moment:
    """An instant in a template, with the way the system writes it when no ``time`` filter says another."""

    at: datetime
    written: Any


def as_text(value: object) -> str:
    """A value as it stands in a text: decimals in plain digits, JSON's words for true, false and structures.

    >>> as_text(Decimal("1E+2")), as_text(True), as_text(["a"])
    ('100', 'true', '["a"]')
    """
    if isinstance(value, Moment):
        value = value.written
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool | list | tuple | dict):
        return _encoder.encode(plain(value)).decode()
    return str(value)


def plain(value: object) -> object:
    """A value as JSON may hold it: instants as the system writes them."""
    if isinstance(value, Moment):
        return value.written
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else as_text(value).encode()


def _base64(value: object) -> str:
    return base64.b64encode(_bytes(value)).decode()


def _base64url(value: object) -> str:
    return base64.urlsafe_b64encode(_bytes(value)).decode()


def _digest(name: str) -> Callable[[object], bytes]:
    return lambda value: hashlib.new(name, _bytes(value)).digest()


def _hmac(value: object, algorithm: str, key: object) -> bytes:
    return hmac.new(_bytes(key), _bytes(value), algorithm).digest()


def _time(value: object, form: str, zone: Any) -> object:
    moment = value.at if isinstance(value, Moment) else value
    if not isinstance(moment, datetime):
        return as_text(value)
    if form == "epoch":
        return int((moment - _EPOCH) // timedelta(seconds=1))
    if form == "epoch_ms":
        return int((moment - _EPOCH) // timedelta(milliseconds=1))
    return moment.astimezone(UTC if form.endswith("Z") else zone).strftime(form)


def _json(value: object) -> str:
    return _encoder.encode(plain(value)).decode()


def as_xml(value: object) -> str:
    """A value inside XML: a text escaped, a table as elements by its keys, a list as one element after the other.

    >>> as_xml({"code": "A&B", "line": [{"qty": 1}, {"qty": 2}]})
    '<code>A&amp;B</code><line><qty>1</qty></line><line><qty>2</qty></line>'
    """
    value = plain(value)
    if isinstance(value, dict):
        pairs = [(key, each) for key, held in value.items() for each in (held if isinstance(held, list) else [held])]
        return "".join(f"<{key}>{as_xml(each)}</{key}>" for key, each in pairs)
    if isinstance(value, list):
        return "".join(as_xml(each) for each in value)
    return "" if value is None else escape(as_text(value))


def _join(value: object, separator: str = ",") -> str:
    return separator.join(as_text(each) for each in value) if isinstance(value, list | tuple) else as_text(value)


FILTERS: Mapping[str, Filter] = {
    "base64": Filter("any", "text", (0, 0), _base64, "base64"),
    "base64url": Filter("any", "text", (0, 0), _base64url, "base64url"),
    "hex": Filter("any", "text", (0, 0), lambda value: _bytes(value).hex(), "hex"),
    "md5": Filter("any", "bytes", (0, 0), _digest("md5"), "md5"),
    "sha1": Filter("any", "bytes", (0, 0), _digest("sha1"), "sha1"),
    "sha256": Filter("any", "bytes", (0, 0), _digest("sha256"), "sha256"),
    "hmac": Filter("any", "bytes", (2, 2), _hmac, "hmac:sha256,secret.app_secret"),
    "time": Filter("time", "any", (1, 1), _time, "time:%Y-%m-%d, time:epoch, time:epoch_ms"),
    "json": Filter("any", "text", (0, 0), _json, "json"),
    "xml": Filter("any", "text", (0, 0), as_xml, "xml"),
    "url": Filter("any", "text", (0, 0), lambda value: quote(as_text(value), safe=""), "url"),
    "upper": Filter("any", "text", (0, 0), lambda value: as_text(value).upper(), "upper"),
    "lower": Filter("any", "text", (0, 0), lambda value: as_text(value).lower(), "lower"),
    "join": Filter("any", "text", (0, 1), _join, "join:,"),
}
"""Every filter by its word."""

ALGORITHMS: tuple[str, ...] = _ALGORITHMS
"""What ``hmac`` may be told to use."""
