"""What is repeated, after which pause, and what is never repeated: on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.errors import Busy, ErplinkError, LoginRefused, Paused, ServerFault, Unreachable
from erplink.facade.step import step
from erplink.testing.clock import VirtualIo
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed
from erplink.wire.pipeline import Wire
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling
from tests.wire.shop import SignedDialect, TokenDialect

URL = "http://shop.test"
READ = Call("read", f"{URL}/read", safe=True)
WRITE = Call("write", f"{URL}/write")
TOKEN = Reply(200, b'{"token": "t"}')
Answer = Reply | Exception


def scripted(*answers: Answer, login: Answer = TOKEN) -> VirtualIo:
    """An Io that gives these answers, the last one for ever; logins apart."""
    left = list(answers)

    def answer(call: Call) -> Reply:
        found = login if call.operation == "login" else left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    return VirtualIo(answer)


def ask(io: VirtualIo, call: Call = READ) -> Reply:
    return step(Wire(io, TokenDialect(URL)).call(call))


def sent(io: VirtualIo, operation: str) -> int:
    return sum(call.operation == operation for call in io.calls)


OK = Reply(200, b'{"ok": 1}')
BUSY = Reply(200, b'{"busy": true}')
LOST = Reply(200, b'{"lost": true}')


def test_a_passing_fault_is_repeated_until_the_answer_comes() -> None:
    io = scripted(BUSY, Reply(502), SendFailed("the reply broke off", "maybe"), OK)
    assert ask(io) == OK
    assert sent(io, "read") == 4
    assert sent(io, "login") == 1


def test_pauses_are_jittered_below_a_doubling_ceiling_and_come_from_the_io() -> None:
    io = scripted(BUSY)
    with pytest.raises(Busy, match="busy"):
        ask(io)
    assert sent(io, "read") == 5
    assert len(io.slept) == 4
    assert all(0 <= pause <= ceiling for pause, ceiling in zip(io.slept, (0.5, 1, 2, 4), strict=True))
    assert len(set(io.slept)) == 4
    again = scripted(BUSY)
    with pytest.raises(Busy):
        ask(again)
    assert again.slept == io.slept


@given(failures=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True), floor=st.none() | st.floats(0, 1e4))
def test_a_pause_is_never_below_the_floor_nor_above_it_by_more_than_the_cap(
    failures: int, chance: float, floor: float | None
) -> None:
    pause = Calling().pause(failures, Busy("", retry_after=floor), chance)
    assert (floor or 0) <= pause <= (floor or 0) + 30


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "20"},
        {"retry-after": "Thu, 01 Jan 2026 00:00:20 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"},
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_a_floor(status: int, headers: dict[str, str]) -> None:
    io = scripted(Reply(status, headers=headers), OK)
    assert ask(io, WRITE) == OK
    assert 20 <= io.slept[0] <= 20.5


def test_what_could_not_begin_before_the_deadline_is_not_waited_for() -> None:
    io = scripted(Reply(429, headers={"retry-after": "3600"}))
    with pytest.raises(Paused) as raised:
        ask(io)
    assert raised.value.until == io.now() + timedelta(hours=1)
    assert io.slept == []


@pytest.mark.parametrize(
    ("answer", "times"),
    [
        (SendFailed("no connection", "no"), 5),
        (SendFailed("the reply broke off", "maybe"), 1),
        (Reply(502), 1),
        (Reply(200, b"<html><title>502</title></html>"), 1),
        (Reply(200, b'{"fault": "yes"}'), 1),
        (BUSY, 5),
    ],
)
def test_a_write_is_repeated_only_when_it_had_no_effect_for_sure(answer: Answer, times: int) -> None:
    io = scripted(answer)
    with pytest.raises((Unreachable, ServerFault, Busy)):
        ask(io, WRITE)
    assert sent(io, "write") == times
    reads = scripted(answer)
    with pytest.raises(ErplinkError):
        ask(reads, READ)
    assert sent(reads, "read") == 5


def test_a_lost_session_is_renewed_once_and_the_call_repeated() -> None:
    for call in (READ, WRITE):
        io = scripted(LOST, OK)
        assert ask(io, call) == OK
        assert (sent(io, "login"), sent(io, call.operation)) == (2, 2)
        assert io.slept == []


def test_a_session_lost_right_after_the_login_stops_with_words_that_help() -> None:
    io = scripted(LOST)
    with pytest.raises(LoginRefused, match="again right after a login.*application is enabled"):
        ask(io)
    assert (sent(io, "login"), sent(io, "read")) == (2, 2)


def test_a_dialect_may_say_that_a_lost_session_came_too_late_to_repeat_a_write() -> None:
    io = scripted(Reply(200, b'{"lost": true, "fault": "maybe"}'), OK)
    wire = Wire(io, TokenDialect(URL))
    with pytest.raises(ServerFault, match="it broke"):
        step(wire.call(WRITE))
    assert sent(io, "write") == 1
    assert step(wire.call(READ)) == OK
    assert sent(io, "login") == 2


@pytest.mark.parametrize("login", [Reply(503), SendFailed("the reply broke off", "maybe")])
def test_a_login_that_fails_in_passing_lets_even_a_write_go_on(login: Answer) -> None:
    logins: list[Answer] = [login, login, TOKEN]

    def answer(call: Call) -> Reply:
        found = logins.pop(0) if call.operation == "login" else OK
        if isinstance(found, Exception):
            raise found
        return found

    io = VirtualIo(answer)
    assert ask(io, WRITE) == OK
    assert (sent(io, "login"), sent(io, "write")) == (3, 1)


def test_a_refused_login_is_tried_once_in_the_life_of_the_wire() -> None:
    io = scripted(OK, login=Reply(200, b'{"error": "wrong secret"}'))
    wire = Wire(io, TokenDialect(URL))
    raised = []
    for _ in range(3):
        with pytest.raises(LoginRefused, match="wrong secret") as info:
            step(wire.call(READ))
        raised.append(info.value)
    assert len(io.calls) == 1
    assert len({id(error) for error in raised}) == 3
    assert len({str(error) for error in raised}) == 1


def test_a_refused_signature_is_remembered_too() -> None:
    io = scripted(Reply(200, b'{"refused": true}'))
    wire = Wire(io, SignedDialect())
    for _ in range(3):
        with pytest.raises(LoginRefused, match="refuses the signature"):
            step(wire.call(READ))
    assert len(io.calls) == 1


def test_a_refusal_after_good_calls_is_remembered() -> None:
    io = scripted(OK, Reply(200, b'{"refused": true}'), OK)
    wire = Wire(io, SignedDialect())
    assert step(wire.call(READ)) == OK
    for _ in range(2):
        with pytest.raises(LoginRefused):
            step(wire.call(READ))
    assert len(io.calls) == 2


def test_a_session_handed_out_with_a_reply_goes_along_with_the_next_call_and_is_forgotten_when_lost() -> None:
    io = scripted(Reply(200, b"{}", cookies={"sid": "s1"}), OK, LOST, OK)
    wire = Wire(io, SignedDialect())
    for _ in range(3):
        step(wire.call(READ))
    assert [call.headers.get("cookie") for call in io.calls] == [None, "sid=s1", "sid=s1", None]


def test_a_rate_limit_spaces_calls_out() -> None:
    io = scripted(OK)
    wire = Wire(io, SignedDialect(), Calling(rate=Rate(2, per=1.0)))
    for _ in range(4):
        step(wire.call(READ))
    assert sum(io.slept) == pytest.approx(1.5)


@given(
    calls=st.integers(1, 20),
    per=st.integers(1, 60),
    arrivals=st.lists(st.integers(0, 5_000_000), min_size=1, max_size=60),
)
def test_no_window_ever_sees_more_calls_than_the_limit(calls: int, per: int, arrivals: list[int]) -> None:
    rate, now, due = Rate(calls, float(per)), datetime(2026, 1, 1, tzinfo=UTC), None
    starts = []
    for gap in arrivals:
        now += timedelta(microseconds=gap)
        delay, due = rate.reserve(due, now)
        starts.append(now + timedelta(seconds=delay))
    slack = timedelta(microseconds=2 * calls)
    for first, over in zip(starts, starts[calls:], strict=False):
        assert over - first >= timedelta(seconds=per) - slack


@pytest.mark.parametrize("make", [lambda: Rate(0), lambda: Rate(1, per=0), lambda: Rate(1, burst=0)])
def test_a_limit_that_cannot_be_kept_is_refused(make: Callable[[], Rate]) -> None:
    with pytest.raises(ErplinkError, match="cannot be kept"):
        make()


def test_the_servers_clock_is_told_by_its_replies_and_never_runs_ahead() -> None:
    io = scripted(Reply(200, b"{}", {"date": "Thu, 01 Jan 2026 08:00:00 GMT"}), Reply(200, b"{}", {"date": "soon"}))
    wire = Wire(io, SignedDialect())
    assert wire.server_now() == io.now()
    step(wire.call(READ))
    assert wire.skew() == timedelta(hours=8)
    io.clock.advance(5)
    assert wire.server_now() == datetime(2026, 1, 1, 8, 0, 5, tzinfo=UTC)
    step(wire.call(READ))
    assert wire.server_now() == io.now()


def test_spans_tell_operation_status_and_verdict() -> None:
    io = scripted(BUSY, LOST, OK)
    ask(io)
    assert [(span.name, span.facts.get("verdict")) for span in io.spans] == [
        ("erp.login", None),
        ("erp.call", "Busy"),
        ("erp.call", "session lost"),
        ("erp.login", None),
        ("erp.call", "ok"),
    ]
