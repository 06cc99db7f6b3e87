"""Events that a 苍穹 pushes (开放事件): whether one is genuine, and what it says.

By the vendor's requirements for callbacks (535418940910966272): POST of JSON, signed since V6.0.13; it has to be
answered within three seconds, and is sent up to three times more. Which document it is about stands in ``data``, in
fields that the subscription chose; so an event says that something happened, and what is read then is what counts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from attrs import field, frozen

from erplink.errors import NotPermitted, ShapeChanged, Unsupported

Algorithm = Literal["HMAC_SHA_256", "SHA_256"]
_WHERE = "event of a 苍穹"


class Event(msgspec.Struct, frozen=True, rename={"number": "eventNumber", "message": "msgId", "form": "entityNumber"}):
    """One event.

    ``message`` is the same when it is sent again, ``form`` what it is about, ``operation`` what somebody did, ``data``
    what the subscription sends along.
    """

    number: str
    message: str
    form: str
    operation: str
    data: dict[str, Any] = {}


@frozen
class Subscription:
    """One subscription, as its page has it: the signing key (签名密钥) and the signing policy (签名策略).

    >>> subscription = Subscription("k3y")
    >>> subscription
    Subscription(algorithm='HMAC_SHA_256')
    """

    key: str = field(repr=False)
    algorithm: Algorithm = "HMAC_SHA_256"

    def event(self, headers: Mapping[str, str], body: bytes) -> Event:
        """The event in a request. Header names may be in any case.

        Raises:
            NotPermitted: the signature does not fit, or there is none; answer with 401 and do nothing.
            Unsupported: its body is encrypted (加密策略), for which a cipher would be needed that Python lacks.
            ShapeChanged: it is no event.
        """
        known = {name.lower(): value for name, value in headers.items()}
        if not hmac.compare_digest(known.get("x-kem-signature", "").lower().encode(), self._signature(known, body)):
            step = "compare the key and the policy with the subscription's page; nothing may be believed of it"
            raise NotPermitted("the signature does not fit", where=_WHERE, next_step=step)
        try:
            told = _decoder.decode(body)
            if isinstance(told, dict) and set(told) == {"encrypt"}:
                step = "choose no encryption (加密策略) on the subscription's page, and https"
                raise Unsupported("its body is encrypted", where=_WHERE, next_step=step)
            if isinstance(told, dict) and isinstance(told.get("msgId"), int):
                told["msgId"] = str(told["msgId"])
            return msgspec.convert(told, Event)
        except msgspec.MsgspecError as error:
            step = "look at the subscription's log of pushes (推送日志)"
            raise ShapeChanged(f"it is no event: {error}", where=_WHERE, next_step=step) from None

    def _signature(self, headers: Mapping[str, str], body: bytes) -> bytes:
        """Over key, timestamp, nonce and body, one after the other; in hex."""
        parts = (self.key, headers.get("x-kem-request-timestamp", ""), headers.get("x-kem-request-nonce", ""))
        text = "".join(parts).encode() + body
        if self.algorithm == "SHA_256":
            return hashlib.sha256(text).hexdigest().encode()
        return hmac.new(self.key.encode(), text, hashlib.sha256).hexdigest().encode()


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
