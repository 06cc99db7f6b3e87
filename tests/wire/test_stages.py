"""A login of several calls: each is a call like any other, and only the last one gives a session."""
# ruff: noqa: ARG002 - the signatures are given by the protocol it fulfils

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from attrs import field, frozen

from erplink.errors import LoginRefused, ServerFault
from erplink.facade.step import step
from erplink.testing.clock import VirtualIo
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import FINE, Stage, Ticket, Verdict
from erplink.wire.http import judge_http
from erplink.wire.pipeline import Wire
from tests.wire.shop import SignedDialect

AHEAD = timedelta(hours=1)
READ = Call("read", "http://shop.test/read", method="GET", safe=True)


def _token(reply: Reply) -> Ticket:
    return Ticket({"x-token": reply.text})


@frozen
class TwoSteps:
    """``/first`` gives a pass, ``/second`` a token for it."""

    last: Callable[[Reply], Ticket] = _token
    at: list[datetime] = field(factory=list)

    def login(self, now: datetime) -> Call | None:
        self.at.append(now)
        return Call("first", "http://shop.test/first")

    def ticket(self, reply: Reply) -> Ticket | Stage:
        error = judge_http(READ, reply)
        if error is not None:
            raise error
        return Stage(lambda now: self._second(now, reply.text), self.last)

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:
        return SignedDialect().sign(call, ticket, now)

    def judge(self, call: Call, reply: Reply) -> Verdict:
        return FINE

    def _second(self, now: datetime, passed: str) -> Call:
        self.at.append(now)
        return Call("second", "http://shop.test/second", passed.encode())


def _served(script: list[Reply], calls: list[Call]) -> VirtualIo:
    def answer(call: Call) -> Reply:
        calls.append(call)
        return script.pop(0)

    return VirtualIo(answer)


def test_the_call_that_comes_next_is_made_of_the_reply_before_it() -> None:
    calls: list[Call] = []
    io = _served([Reply(200, b"pass"), Reply(200, b"t-1"), Reply(200, b"ok")], calls)
    assert step(Wire(io, TwoSteps()).call(READ)).text == "ok"
    assert [(call.operation, call.body) for call in calls] == [("first", b""), ("second", b"pass"), ("read", b"")]
    assert calls[-1].headers["x-token"] == "t-1"


def test_each_call_goes_by_the_clock_the_one_before_it_told() -> None:
    dialect, bodies = TwoSteps(), [b"pass", b"t-1", b"ok"]

    def answer(_: Call) -> Reply:
        return Reply(200, bodies.pop(0), {"date": format_datetime((io.now() + AHEAD).astimezone(UTC), usegmt=True)})

    io = VirtualIo(answer)
    step(Wire(io, dialect).call(READ))
    assert dialect.at[1] - dialect.at[0] > AHEAD - timedelta(seconds=2)


def test_a_login_that_breaks_off_amid_its_calls_begins_anew() -> None:
    calls: list[Call] = []
    script = [Reply(200, b"pass"), Reply(502), Reply(200, b"pass"), Reply(200, b"t-1"), Reply(200, b"ok")]

    def last(reply: Reply) -> Ticket:
        if reply.status == 502:
            raise ServerFault("it broke", where="second", sent="maybe")
        return _token(reply)

    assert step(Wire(_served(script, calls), TwoSteps(last)).call(READ)).text == "ok"
    assert [call.operation for call in calls] == ["first", "second", "first", "second", "read"]


def test_a_refusal_amid_the_calls_is_remembered() -> None:
    calls: list[Call] = []

    def last(reply: Reply) -> Ticket:
        raise LoginRefused(f"no: {reply.text}", where="second")

    wire = Wire(_served([Reply(200, b"pass"), Reply(200, b"wrong")], calls), TwoSteps(last))
    for _ in range(2):
        with pytest.raises(LoginRefused, match="no: wrong"):
            step(wire.call(READ))
    assert len(calls) == 2


def test_what_a_stage_knows_is_not_shown() -> None:
    stage = Stage(lambda _: Call("second", "http://shop.test/", b"s3cret"), lambda _: Ticket())
    assert repr(stage) == "Stage()"
