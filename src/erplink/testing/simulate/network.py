"""The way to the server and back, on which calls and replies get lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from attrs import frozen

from erplink.testing.simulate.faults import Fault
from erplink.testing.simulate.server import Refusal, SimErp
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed

_encode = msgspec.json.Encoder().encode
_BAD_GATEWAY = Reply(502, b"<html><title>Bad Gateway</title></html>")


@frozen
class SimNetwork:
    """Between the workers and the systems, by the host in the address."""

    systems: Mapping[str, SimErp]

    def carry(self, call: Call, fault: Fault | None) -> Reply:
        """The reply to a call. Raises ``SendFailed``."""
        if fault is None:
            return self._answer(call)
        match fault.kind:
            case "no connection":
                raise SendFailed("connection refused", "no")
            case "busy":
                return Reply(503, b"", {"retry-after": str(int(fault.dose * 20))})
            case "request lost":
                raise SendFailed("timed out", "maybe")
            case "reply lost":
                self._answer(call)
                raise SendFailed("timed out", "maybe")
            case "gateway error":
                if fault.dose < 0.5:  # noqa: PLR2004 - half of them ran
                    self._answer(call)
                return _BAD_GATEWAY
            case "session lost":
                self._system(call).forget_sessions()
            case "twice" if not call.operation.endswith(".changes"):
                self._answer(call)
            case _:
                pass
        return self._answer(call, again=fault.kind == "twice")

    def _answer(self, call: Call, *, again: bool = False) -> Reply:
        body: dict[str, Any] = msgspec.json.decode(call.body)
        try:
            answer = self._system(call).answer(
                call.operation.removeprefix("crm."), body, call.headers.get("x-session", "")
            )
        except Refusal as refusal:
            return Reply(200, _encode({"error": refusal.kind, "words": refusal.words}))
        if again and call.operation.endswith(".changes"):
            answer = [*answer, *answer[:1]]
        return Reply(200, _encode({"answer": answer}))

    def _system(self, call: Call) -> SimErp:
        return self.systems[urlsplit(call.url).netloc]
