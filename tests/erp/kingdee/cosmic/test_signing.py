"""Digests and signatures, computed once more by the standard library alone."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Literal

import pytest

from erplink.erp.kingdee.cosmic import Event, Subscription
from erplink.erp.kingdee.cosmic.signing import digest
from erplink.errors import NotPermitted, ShapeChanged, Unsupported

KEY = "签名-k3y"
BODY = json.dumps(
    {
        "data": {"id": "1858013541517285376", "billno": "XSDD-中文", "modifytime": "2026-01-08 13:41:14.326"},
        "eventNumber": "kdtest.sm.sm_salorder.audit",
        "msgId": 1858013636274991104,
        "entityNumber": "sm_salorder",
        "operation": "audit",
    },
    ensure_ascii=False,
).encode()
Algorithm = Literal["HMAC_SHA_256", "SHA_256"]


def signed(algorithm: Algorithm, body: bytes = BODY, key: str = KEY) -> dict[str, str]:
    """Headers as the platform sends them."""
    text = f"{key}1765534128000n-1".encode() + body
    plain = hashlib.sha256(text).hexdigest()
    signature = plain if algorithm == "SHA_256" else hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
    return {
        "X-Kem-Request-Timestamp": "1765534128000",
        "x-kem-request-nonce": "n-1",
        "x-kem-signature": signature,
        "x-kem-encrypt-iv": "",
    }


@pytest.mark.parametrize("body", ["", "{}", '{"data":{"number":["客户-1"]},"pageNo":1}'])
def test_a_digest_is_of_body_timestamp_and_nonce_in_this_order(body: str) -> None:
    right = hmac.new(KEY.encode(), (body + "2026-11-01 08:00:00" + "n-1").encode(), hashlib.sha256).hexdigest()
    assert digest(body, "2026-11-01 08:00:00", "n-1", KEY) == right
    assert digest(body, "2026-11-01 08:00:01", "n-1", KEY) != right


@pytest.mark.parametrize("algorithm", ["HMAC_SHA_256", "SHA_256"])
def test_a_genuine_event_is_read(algorithm: Algorithm) -> None:
    assert Subscription(KEY, algorithm).event(signed(algorithm), BODY) == Event(
        number="kdtest.sm.sm_salorder.audit",
        message="1858013636274991104",
        form="sm_salorder",
        operation="audit",
        data={"id": "1858013541517285376", "billno": "XSDD-中文", "modifytime": "2026-01-08 13:41:14.326"},
    )


@pytest.mark.parametrize("algorithm", ["HMAC_SHA_256", "SHA_256"])
def test_what_was_touched_on_the_way_is_not_believed(algorithm: Algorithm) -> None:
    subscription, headers = Subscription(KEY, algorithm), signed(algorithm)
    touched = [
        (headers, BODY.replace(b"audit", b"save")),
        ({**headers, "X-Kem-Request-Timestamp": "1765534128001"}, BODY),
        ({**headers, "x-kem-request-nonce": "n-2"}, BODY),
        ({**headers, "x-kem-signature": ""}, BODY),
        ({**headers, "x-kem-signature": "签"}, BODY),
        ({}, BODY),
        (signed(algorithm, key="another"), BODY),
    ]
    for told, body in touched:
        with pytest.raises(NotPermitted) as caught:
            subscription.event(told, body)
        assert KEY not in f"{caught.value!r}{caught.value}{subscription!r}"


def test_an_encrypted_event_is_said_to_be_one() -> None:
    body = b'{"encrypt":"TgwQHnE78p83Riq"}'
    with pytest.raises(Unsupported, match="encrypted"):
        Subscription(KEY).event(signed("HMAC_SHA_256", body), body)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"eventNumber":"e"}', b"\xff"])
def test_what_is_signed_and_no_event_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ShapeChanged):
        Subscription(KEY).event(signed("HMAC_SHA_256", body), body)
