"""A last moment to send: whatever was held up, nothing leaves after it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from erplink.errors import Busy, Unreachable
from erplink.facade.step import step
from erplink.testing.clock import VirtualIo
from erplink.wire.call import Call, Reply
from erplink.wire.fence import sent_before
from erplink.wire.pipeline import Wire
from erplink.wire.retry import Calling
from tests.wire.shop import TokenDialect

URL = "http://shop.test"
WRITE = Call("write", f"{URL}/write")


def held_up_by(seconds: float, at: str, *, busy: int = 0) -> VirtualIo:
    """An Io on which an answer to ``at`` takes so long; the first ``busy`` writes are sent away."""
    away = [Reply(503, b"", {"retry-after": "1"})] * busy

    def answer(call: Call) -> Reply:
        if call.operation == at:
            io.clock.advance(seconds)
        if call.operation == "login":
            return Reply(200, b'{"token": "t"}')
        return away.pop() if away else Reply(200, b"{}")

    io = VirtualIo(answer)
    return io


def writes(io: VirtualIo) -> int:
    return sum(call.operation == "write" for call in io.calls)


def write_within(io: VirtualIo, seconds: float) -> None:
    with sent_before(io.now() + timedelta(seconds=seconds)):
        step(Wire(io, TokenDialect(URL), Calling(base=0.0)).call(WRITE))


def test_a_write_whose_login_took_too_long_is_not_sent() -> None:
    io = held_up_by(600.0, "login")
    with pytest.raises(Unreachable, match="ran out") as caught:
        write_within(io, 480.0)
    assert caught.value.sent == "no"
    assert writes(io) == 0
    write_within(held_up_by(400.0, "login"), 480.0)


def test_a_write_is_not_repeated_after_the_last_moment() -> None:
    io = held_up_by(600.0, "write", busy=1)
    with pytest.raises(Busy):
        write_within(io, 480.0)
    assert writes(io) == 1


def test_the_last_moment_ends_with_its_block() -> None:
    io = held_up_by(600.0, "write")
    write_within(io, 480.0)
    step(Wire(io, TokenDialect(URL)).call(WRITE))
    assert writes(io) == 2
