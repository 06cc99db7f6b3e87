"""The two signatures of 云星辰: of every request, and of the key of an authorisation.

Both are base64 of the lower-case hex text of HMAC-SHA256. The frame is that of 云星空's gateway, with the method, the
query (encoded twice) and the application's secret as it is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, quote

Pairs = Sequence[tuple[str, str]]


def signature(text: str, key: str) -> str:
    """Base64 of the lower-case hex text of HMAC-SHA256: the vendor encodes the text, not the digest."""
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(digest.encode("ascii")).decode("ascii")


def sorted_pairs(query: str) -> Pairs:
    """The names and values of a query, sorted by name, empty values kept."""
    return sorted(parse_qsl(query, keep_blank_values=True))


def encoded(pairs: Pairs) -> str:
    """A query as it is sent: every value encoded once.

    >>> encoded([("number", "甲/1 2")])
    'number=%E7%94%B2%2F1%202'
    """
    return "&".join(f"{_once(name)}={_once(value)}" for name, value in pairs)


def canonical(method: str, path: str, pairs: Pairs, nonce: str, timestamp: str) -> str:
    """The signed text: method, path, query with its values encoded twice, the two signed headers, a final line end.

    >>> canonical("GET", "/jdy/v2/bd/customer", [("number", "甲")], "1", "2").splitlines()
    ['GET', '%2Fjdy%2Fv2%2Fbd%2Fcustomer', 'number=%25E7%2594%25B2', 'x-api-nonce:1', 'x-api-timestamp:2']
    """
    query = "&".join(f"{_once(name)}={_once(_once(value))}" for name, value in pairs)
    return f"{method}\n{_once(path)}\n{query}\nx-api-nonce:{nonce}\nx-api-timestamp:{timestamp}\n"


def request_headers(
    *, client_id: str, secret: str, method: str, path: str, pairs: Pairs, nonce: str, timestamp: str
) -> Mapping[str, str]:
    """The headers that sign one request. ``timestamp`` is Unix milliseconds, ``nonce`` a positive whole number."""
    return {
        "x-api-clientid": client_id,
        "x-api-auth-version": "2.0",
        "x-api-timestamp": timestamp,
        "x-api-nonce": nonce,
        "x-api-signheaders": "X-Api-TimeStamp,X-Api-Nonce",
        "x-api-signature": signature(canonical(method, path, pairs, nonce, timestamp), secret),
    }


def _once(text: str) -> str:
    return quote(text, safe="")
