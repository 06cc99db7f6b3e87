"""The two signatures of K/3 Cloud: of every request (headers), and of a login (LoginBySign).

Both are plain functions of their arguments. The rules were taken from what the vendor's own client sends.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

_MASK = b"0054f397c6234378b09ca7d3e5debce7"
_SECRET_LENGTH = 32


def client_secret(app_id: str, sec_pwd: str = "") -> str:
    """The key of the request signature, which the second half of the application id hides.

    ``sec_pwd`` stands in for the vendor's own mask (X-KDApi-SecPwd), as the vendor's clients take it: 32 characters,
    letters moved on by 13. Raises ValueError when the half after ``_`` is not 32 characters of base64.

    >>> client_secret("1_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4")
    'UVJWUANVXl8KXFlfWV1YSBNCShcUQRNL'
    """
    encoded = app_id.partition("_")[2]
    if len(encoded) != _SECRET_LENGTH:
        message = "the part after '_' must have 32 characters"
        raise ValueError(message)
    hidden = base64.b64decode(encoded, validate=True)
    mask = codecs.encode(sec_pwd, "rot13").encode("ascii") if sec_pwd else _MASK
    return base64.b64encode(bytes(a ^ b for a, b in zip(hidden, mask, strict=False))).decode("ascii")


def signature(text: str, key: str) -> str:
    """Base64 of the lower-case hex text of HMAC-SHA256: the vendor encodes the text, not the digest."""
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(digest.encode("ascii")).decode("ascii")


def canonical(path: str, nonce: str, timestamp: str) -> str:
    """The signed text: the whole path percent-encoded, an empty line for the query string, a final line end."""
    return f"POST\n{quote(path, safe='')}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{timestamp}\n"


def identity_headers(
    *, acct_id: str, username: str, app_id: str, app_secret: str, lcid: int, org_num: str
) -> Mapping[str, str]:
    """The headers that say who calls; the same for every request of one connection."""
    app_data = f"{acct_id},{username},{lcid},{org_num}"
    return {
        "X-Api-ClientID": app_id.partition("_")[0],
        "X-Api-Auth-Version": "2.0",
        "x-api-signheaders": "x-api-timestamp,x-api-nonce",
        "X-Kd-Appkey": app_id,
        "X-Kd-Appdata": base64.b64encode(app_data.encode()).decode("ascii"),
        "X-Kd-Signature": signature(app_id + app_data, app_secret),
    }


def request_headers(*, path: str, key: str, nonce: str, timestamp: str) -> Mapping[str, str]:
    """The headers that sign one request. ``path`` is everything after the host; ``timestamp`` Unix seconds as text."""
    return {
        "x-api-timestamp": timestamp,
        "x-api-nonce": nonce,
        "X-Api-Signature": signature(canonical(path, nonce, timestamp), key),
    }


def login_signature(
    *, acct_id: str, username: str, app_id: str, app_secret: str, timestamp: str, method: str = "sha256"
) -> str:
    """LoginBySign: a digest over the five texts in ordinal order, joined without a separator.

    Builds before PT-146911 (8.0.0.202205) take ``sha1``, all later ones ``sha256``.

    >>> login_signature(acct_id="a", username="b", app_id="c", app_secret="d", timestamp="1")[:8]
    'dfd07794'
    """
    parts = sorted((acct_id, username, app_id, app_secret, timestamp), key=lambda part: part.encode("utf-16-be"))
    return hashlib.new(method, "".join(parts).encode()).hexdigest()
