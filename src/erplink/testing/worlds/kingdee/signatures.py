"""The two signatures of K/3 Cloud, computed the way the server side checks them.

Header signature: HMAC-SHA256 in lower-case hex, and that text in base64. The key of the API signature is hidden in the
second half of the application id, the key of the account signature is the application secret.
LoginBySign: SHA-256 over five strings in ordinal order.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import string
from urllib.parse import quote

from attrs import field, frozen

_MASK = b"0054f397c6234378b09ca7d3e5debce7"
_ENCODED_SECRET_LENGTH = 32
_TURN = str.maketrans(
    string.ascii_letters,
    string.ascii_lowercase[13:]
    + string.ascii_lowercase[:13]
    + string.ascii_uppercase[13:]
    + string.ascii_uppercase[:13],
)


@frozen
class Signed:
    """The values a signed request came with."""

    path: str
    app_id: str
    app_data: str
    nonce: str
    timestamp: str
    api_signature: str = field(repr=False)
    kd_signature: str = field(repr=False)


def client_secret(encoded: str, sec_pwd: str = "") -> str:
    """The HMAC key hidden in the second half of an application id; empty when that half has another length.

    ``sec_pwd`` is the mask of a server that has one of its own; its letters count 13 places further on.

    >>> client_secret("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4")
    'UVJWUANVXl8KXFlfWV1YSBNCShcUQRNL'
    """
    if len(encoded) != _ENCODED_SECRET_LENGTH:
        return ""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return ""
    mask = sec_pwd.translate(_TURN).encode() if sec_pwd else _MASK
    return base64.b64encode(bytes(byte ^ key for byte, key in zip(raw, mask, strict=False))).decode()


def sign(text: str, key: str) -> str:
    """Base64 of the lower-case hex text of HMAC-SHA256."""
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(digest.encode()).decode()


def canonical(path: str, nonce: str, timestamp: str) -> str:
    r"""The text under the API signature; the third line, a query string's place, stays empty.

    >>> canonical("/test", "1", "1")
    'POST\n%2Ftest\n\nx-api-nonce:1\nx-api-timestamp:1\n'
    """
    return f"POST\n{quote(path, safe='')}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{timestamp}\n"


def genuine(signed: Signed, app_secret: str, sec_pwd: str = "") -> bool:
    """Whether both signatures of a request are right."""
    _, _, encoded = signed.app_id.partition("_")
    api = sign(canonical(signed.path, signed.nonce, signed.timestamp), client_secret(encoded, sec_pwd))
    kd = sign(signed.app_id + signed.app_data, app_secret)
    return hmac.compare_digest(api.encode(), signed.api_signature.encode()) and hmac.compare_digest(
        kd.encode(), signed.kd_signature.encode()
    )


def login_sign(acct_id: str, username: str, app_id: str, app_secret: str, timestamp: str, *, old: bool = False) -> str:
    """The ``sign`` argument of LoginBySign: sorted by UTF-16 code unit, joined, SHA-256 or SHA-1 in lower-case hex."""
    ordered = sorted((acct_id, username, app_id, app_secret, timestamp), key=lambda text: text.encode("utf-16-be"))
    joined = "".join(ordered).encode()
    return hashlib.sha1(joined).hexdigest() if old else hashlib.sha256(joined).hexdigest()  # noqa: S324 - the vendor's
