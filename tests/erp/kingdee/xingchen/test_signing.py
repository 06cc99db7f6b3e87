"""The signatures of 云星辰, computed once more by the standard library alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote

from erplink.erp.kingdee.xingchen.signing import canonical, encoded, request_headers, signature, sorted_pairs

SECRET = "c1ient-5f0c2a7be31d4c"


def by_hand(text: str, key: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest().encode()).decode()


def test_the_key_of_an_authorisation_is_signed_with_its_secret() -> None:
    assert signature("aKey0001", "aSecret-中") == by_hand("aKey0001", "aSecret-中")


def test_a_query_is_sorted_and_its_values_are_encoded_twice() -> None:
    pairs = sorted_pairs("page_size=100&number=%E7%94%B2%2F1+2&enable=&page=1")
    text = canonical("GET", "/jdy/v2/bd/material", pairs, "18", "1655775240000")
    twice = quote(quote("甲/1 2", safe=""), safe="")
    assert text == (
        "GET\n%2Fjdy%2Fv2%2Fbd%2Fmaterial\n"
        f"enable=&number={twice}&page=1&page_size=100\n"
        "x-api-nonce:18\nx-api-timestamp:1655775240000\n"
    )
    assert encoded(pairs) == "enable=&number=%E7%94%B2%2F1%202&page=1&page_size=100"


def test_a_request_without_a_query_has_an_empty_line_for_it() -> None:
    assert canonical("POST", "/a/b", [], "1", "2") == "POST\n%2Fa%2Fb\n\nx-api-nonce:1\nx-api-timestamp:2\n"


def test_a_request_carries_its_signature_and_says_what_is_signed() -> None:
    headers = request_headers(
        client_id="205022",
        secret=SECRET,
        method="GET",
        path="/jdy/v2/scm/sal_order_detail",
        pairs=[("number", "XSDD-1")],
        nonce="7",
        timestamp="1655775240000",
    )
    text = "GET\n%2Fjdy%2Fv2%2Fscm%2Fsal_order_detail\nnumber=XSDD-1\nx-api-nonce:7\nx-api-timestamp:1655775240000\n"
    assert headers == {
        "x-api-clientid": "205022",
        "x-api-auth-version": "2.0",
        "x-api-timestamp": "1655775240000",
        "x-api-nonce": "7",
        "x-api-signheaders": "X-Api-TimeStamp,X-Api-Nonce",
        "x-api-signature": by_hand(text, SECRET),
    }


def test_a_signature_is_the_text_of_the_digest_and_not_the_digest() -> None:
    decoded = base64.b64decode(signature("text", "key"))
    assert decoded == hmac.new(b"key", b"text", hashlib.sha256).hexdigest().encode()
