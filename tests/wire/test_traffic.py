"""Patience, quotas, retry budget and circuits, through the shipped pipeline on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from erplink.errors import Busy, ConfigInvalid, ErplinkError, LoginRefused, Paused, ServerFault, Unreachable
from erplink.facade.step import step
from erplink.testing.clock import VirtualIo
from erplink.wire.breaker import Breaker
from erplink.wire.budget import Budget
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed
from erplink.wire.pipeline import Wire
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling
from tests.wire.shop import PHONE, SECRET, SignedDialect, TokenDialect

URL = "http://shop.test"
READ = Call("read", f"{URL}/read", safe=True)
WRITE = Call("write", f"{URL}/write")
OK = Reply(200, b'{"ok": 1}')
DOWN = SendFailed("no connection", "no")
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
Answer = Reply | SendFailed


class Server:
    """Answers as it is told, and remembers when it was asked. Signed calls: no login."""

    def __init__(self, *script: Answer) -> None:
        self.script = list(script)
        self.asked: list[datetime] = []
        self.io = VirtualIo(self._answer)

    def _answer(self, _: Call) -> Reply:
        self.asked.append(self.io.now())
        found = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(found, SendFailed):
            raise found
        return found

    def wire(self, **policy: Any) -> Wire:  # noqa: ANN401 - figures of a Calling
        return Wire(self.io, SignedDialect(), evolve(Calling(), **policy))

    def seconds(self) -> list[float]:
        return [(instant - MIDNIGHT).total_seconds() for instant in self.asked]


def asks_for(seconds: int, status: int = 429) -> Reply:
    return Reply(status, headers={"retry-after": str(seconds)})


def told(left: int, reset: int, prefix: str = "X-RateLimit") -> Reply:
    return evolve(OK, headers={f"{prefix}-Remaining".lower(): str(left), f"{prefix}-Reset".lower(): str(reset)})


def test_more_patience_than_we_have_pauses_the_connection_until_then() -> None:
    server = Server(asks_for(3600), OK)
    wire = server.wire()
    with pytest.raises(Paused, match="HTTP 429.*nothing is sent before 2026-01-01 01:00:00.*run again") as raised:
        step(wire.call(WRITE))
    assert raised.value.until == MIDNIGHT + timedelta(hours=1)
    assert raised.value.sent == "no"
    server.io.clock.advance(3000)
    with pytest.raises(Paused, match="read at shop.test") as again:
        step(wire.call(READ))
    assert again.value.until == raised.value.until
    assert (server.io.slept, len(server.asked)) == ([], 1)
    server.io.clock.advance(600)
    assert step(wire.call(READ)) == OK


def test_what_is_left_of_a_pause_is_waited_for_once_it_is_short_enough() -> None:
    server = Server(asks_for(3600), OK)
    wire = server.wire()
    with pytest.raises(Paused):
        step(wire.call(READ))
    server.io.clock.advance(3541)
    assert step(wire.call(READ)) == OK
    assert server.seconds() == [0, 3600]


def test_a_short_pause_holds_for_every_caller_not_only_for_the_one_who_heard_it() -> None:
    server = Server(asks_for(40), OK)
    wire = server.wire(attempts=1)
    with pytest.raises(Busy):
        step(wire.call(READ))
    assert step(wire.call(WRITE)) == OK
    assert server.seconds() == [0, 40]


def test_the_deadline_bounds_patience_too() -> None:
    server = Server(asks_for(40), asks_for(40), OK)
    with pytest.raises(Paused) as raised:
        step(server.wire(deadline=60.0).call(READ))
    assert len(server.asked) == 2
    assert raised.value.until == server.asked[1] + timedelta(seconds=40)


@pytest.mark.parametrize("asked", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_who_asks_for_ages_is_left_alone_for_a_month(asked: str) -> None:
    headers = {"retry-after": asked, "date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    with pytest.raises(Paused) as raised:
        step(Server(Reply(503, headers=headers)).wire().call(READ))
    assert raised.value.until == MIDNIGHT + timedelta(days=31)


def test_a_write_that_may_have_happened_is_not_called_paused_but_the_connection_is() -> None:
    server = Server(asks_for(3600, status=500), OK)
    wire = server.wire()
    with pytest.raises(ServerFault) as raised:
        step(wire.call(WRITE))
    assert raised.value.sent == "maybe"
    with pytest.raises(Paused):
        step(wire.call(WRITE))
    assert len(server.asked) == 1


def test_a_login_may_be_told_to_wait_as_well() -> None:
    io = VirtualIo(lambda call: asks_for(3600, 503) if call.operation == "login" else OK)
    wire = Wire(io, TokenDialect(URL))
    for _ in range(3):
        with pytest.raises(Paused):
            step(wire.call(WRITE))
    assert len(io.calls) == 1


def test_a_limit_of_our_own_is_waited_for_only_as_long_as_patience_lasts() -> None:
    server = Server(OK)
    wire = server.wire(rate=Rate(2, per=3600.0, burst=2), patience=1800.0, deadline=7200.0)
    for _ in range(3):
        step(wire.call(READ))
    assert server.seconds() == [0, 0, 1800]
    wire = server.wire(rate=Rate(1, per=3600.0))
    step(wire.call(READ))
    for _ in range(5):
        with pytest.raises(Paused) as raised:
            step(wire.call(READ))
        # Those who do not go take nobody's turn.
        assert raised.value.until == MIDNIGHT + timedelta(seconds=1800 + 3600)


@pytest.mark.parametrize(
    "spent",
    [
        told(0, 45),
        told(0, 45, "RateLimit"),
        told(0, 45, "X-Rate-Limit"),
        told(0, int(MIDNIGHT.timestamp()) + 45),
        told(0, int(MIDNIGHT.timestamp()) * 1000 + 45_000),
        evolve(OK, headers={"ratelimit": '"day";r=900;t=3600, "burst";r=0;t=45'}),
        evolve(OK, headers={"ratelimit": "limit=100, remaining=0, reset=45", "ratelimit-policy": "100;w=60"}),
        evolve(
            OK, headers={"x-ratelimit-remaining": "0, 0", "x-ratelimit-reset": "45, 3600", "x-ratelimit-limit": "9"}
        ),
    ],
    ids=str,
)
def test_nothing_is_sent_while_a_quota_is_spent(spent: Reply) -> None:
    server = Server(spent, OK)
    wire = server.wire()
    assert step(wire.call(READ)) == spent
    assert step(wire.call(READ)) == OK
    assert server.seconds() == [0, 45]


def test_an_instant_counts_from_the_clock_of_who_named_it() -> None:
    ahead = int(MIDNIGHT.timestamp()) + 8 * 3600
    spent = told(0, ahead + 45)
    spent = evolve(spent, headers={**spent.headers, "date": "Thu, 01 Jan 2026 08:00:00 GMT"})
    server = Server(spent, OK)
    wire = server.wire()
    for _ in range(2):
        step(wire.call(READ))
    assert server.seconds() == [0, 45]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": "0"},
        {"x-ratelimit-remaining": "none", "x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": "-1", "x-ratelimit-reset": "9" * 400},
        {"ratelimit": '"burst";r=0'},
        {"ratelimit": "????"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "0"},
    ],
)
def test_headers_that_tell_nothing_hold_nobody_up(headers: dict[str, str]) -> None:
    server = Server(evolve(OK, headers=headers))
    wire = server.wire()
    for _ in range(3):
        step(wire.call(READ))
    assert server.io.slept == []


def test_a_quota_that_is_filled_tomorrow_ends_the_calls_of_today() -> None:
    server = Server(told(1, 86_400), told(0, 86_400), OK)
    wire = server.wire()
    for _ in range(2):
        step(wire.call(READ))
    with pytest.raises(Paused, match="a limit is reached") as raised:
        step(wire.call(READ))
    assert raised.value.until == MIDNIGHT + timedelta(days=1)
    server.io.clock.advance(86_400)
    assert step(wire.call(READ)) == OK


def test_the_budget_lets_few_repetitions_through_when_everything_fails() -> None:
    server = Server(DOWN)
    wire = server.wire(base=0.0, budget=Budget(reserve=5, per=3600.0), breaker=None)
    for _ in range(3):
        with pytest.raises(Unreachable):
            step(wire.call(WRITE))
    assert len(server.asked) == 3 + 5
    with pytest.raises(Unreachable, match="no connection.*retry budget of this connection is spent") as raised:
        step(wire.call(READ))
    assert "run again" in raised.value.next_step
    server.io.clock.advance(3600)
    with pytest.raises(Unreachable):
        step(wire.call(READ))
    assert len(server.asked) == 3 + 5 + 1 + 5


def test_successes_pay_for_repetitions() -> None:
    server = Server(DOWN)
    wire = server.wire(base=0.0, budget=Budget(share=0.1, reserve=0.0, most=3.0), breaker=None)
    with pytest.raises(Unreachable, match="budget"):
        step(wire.call(READ))
    server.script = [OK]
    for _ in range(21):
        step(wire.call(READ))
    server.script, before = [DOWN], len(server.asked)
    with pytest.raises(Unreachable, match="budget"):
        step(wire.call(READ))
    assert len(server.asked) - before == 1 + 2


def test_one_failure_in_six_empties_no_budget_and_opens_no_circuit() -> None:
    server = Server(OK)
    wire = server.wire(base=0.0)
    for n in range(2000):
        server.script = [Reply(502), OK] if n % 6 == 0 else [OK]
        assert step(wire.call(READ)) == OK
    assert server.io.spans[-1].facts["circuit"] == "closed"


FRAGILE = Breaker(failures=3, lasting=0.0, cool_down=30.0)


def failing(server: Server, wire: Wire, times: int, call: Call = READ) -> None:
    server.script = [DOWN]
    for _ in range(times):
        with pytest.raises(Unreachable):
            step(wire.call(call))


def test_a_server_that_does_nothing_but_fail_is_left_alone_and_then_tried_once() -> None:
    server = Server(DOWN)
    wire = server.wire(attempts=1, breaker=FRAGILE)
    failing(server, wire, 3)
    with pytest.raises(Unreachable, match=r"failed 3 times in a row and is left alone for 30 s.*see to") as raised:
        step(wire.call(READ))
    assert (raised.value.sent, raised.value.retry_after) == ("no", 30.0)
    assert len(server.asked) == 3
    server.io.clock.advance(30)
    failing(server, wire, 4)
    assert len(server.asked) == 4
    server.io.clock.advance(30)
    server.script = [OK]
    for _ in range(3):
        assert step(wire.call(READ)) == OK


def test_one_probe_goes_at_a_time() -> None:
    server = Server(OK)
    wire = server.wire(attempts=1, breaker=FRAGILE)
    step(wire.call(READ))
    failing(server, wire, 3)
    server.io.clock.advance(30)
    refused: list[Unreachable] = []

    def answer(_: Call) -> Reply:
        with pytest.raises(Unreachable, match="left alone") as raised:
            step(wire.call(READ))
        refused.append(raised.value)
        return OK

    server.io._answer = answer
    assert step(wire.call(READ)) == OK
    assert len(refused) == 1


def test_a_call_stops_repeating_itself_when_the_circuit_opens() -> None:
    server = Server(DOWN)
    wire = server.wire(attempts=10, base=0.0, breaker=FRAGILE)
    with pytest.raises(Unreachable, match="no connection"):
        step(wire.call(READ))
    assert len(server.asked) == 3


def test_reads_go_on_while_every_write_fails() -> None:
    server = Server(DOWN)
    wire = server.wire(attempts=1, breaker=FRAGILE)
    failing(server, wire, 5, WRITE)
    server.script = [OK]
    assert step(wire.call(READ)) == OK
    with pytest.raises(Unreachable, match="left alone"):
        step(wire.call(WRITE))


@pytest.mark.parametrize("answer", [Reply(422, b"no"), Reply(200, b'{"busy": true}'), Reply(429), Reply(403)])
def test_refusals_open_no_circuit(answer: Reply) -> None:
    server = Server(answer)
    wire = server.wire(attempts=1, breaker=FRAGILE)
    for _ in range(20):
        with pytest.raises(ErplinkError):
            step(wire.call(READ))
    assert len(server.asked) == 20


def test_many_failures_at_once_are_one_short_fault() -> None:
    server = Server(DOWN)
    wire = server.wire(attempts=1)
    failing(server, wire, 50)
    server.script = [OK]
    assert step(wire.call(READ)) == OK
    failing(server, wire, 10)
    server.io.clock.advance(5)
    failing(server, wire, 10)
    assert len(server.asked) == 50 + 1 + 10 + 1


def test_a_login_that_does_nothing_but_fail_opens_the_circuit_too() -> None:
    io = VirtualIo(lambda _: Reply(502))
    wire = Wire(io, TokenDialect(URL), Calling(attempts=1, breaker=FRAGILE))
    for _ in range(10):
        with pytest.raises((ServerFault, Unreachable)):
            step(wire.call(READ))
    assert len(io.calls) == 3


def test_a_probe_that_is_held_up_lets_another_one_go() -> None:
    """A call that finds the circuit half-open, and then its limit spent, has not tried the server."""
    server = Server(DOWN)
    wire = server.wire(attempts=1, breaker=FRAGILE, rate=Rate(1, per=3600.0, burst=4), patience=0.0)
    failing(server, wire, 3)
    server.io.clock.advance(30)
    server.script = [told(0, 10)]
    step(wire.call(READ))
    with pytest.raises(Paused):
        step(wire.call(READ))
    server.script = [OK]
    server.io.clock.advance(3600)
    assert step(wire.call(READ)) == OK


def test_without_budget_and_breaker_a_connection_is_as_stubborn_as_it_is_told() -> None:
    server = Server(DOWN)
    wire = server.wire(attempts=200, base=0.0, budget=None, breaker=None)
    failing(server, wire, 1)
    assert len(server.asked) == 200


def test_observers_hear_how_things_stand_and_what_was_held_back() -> None:
    server = Server(Reply(502), OK, asks_for(3600))
    wire = server.wire(rate=Rate(1, per=10.0))
    step(wire.call(READ))
    with pytest.raises(Paused):
        step(wire.call(READ))
    with pytest.raises(Paused):
        step(wire.call(READ))
    shown = [(span.name, span.facts.get("attempt"), span.facts.get("retries_left")) for span in server.io.spans]
    assert shown == [("erp.call", 1, 20), ("erp.call", 2, 20), ("erp.call", 1, 20), ("erp.held", None, None)]
    assert [span.facts.get("circuit") for span in server.io.spans[:3]] == ["closed"] * 3
    assert float(str(server.io.spans[2].facts["waited"])) == 10.0


REPLY = f'{{"error": "C1 does not exist", "phone": "{PHONE}", "token": "{SECRET}", "nul": "\0"}}'


@pytest.mark.parametrize("status", [422, 403, 500, 429, 401])
def test_an_error_keeps_the_beginning_of_the_reply_it_came_of(status: int) -> None:
    server = Server(Reply(status, REPLY.encode() + b"x" * 5000))
    with pytest.raises(ErplinkError) as raised:
        step(server.wire(base=0.0).call(WRITE))
    kept = raised.value.reply
    assert kept.startswith('{"error": "C1 does not exist", "phone": "***", "token": "***"')
    assert len(kept) == 2000
    assert "\0" not in kept


def test_a_refused_login_and_a_pause_keep_it_too_and_no_reply_is_none() -> None:
    io = VirtualIo(lambda _: Reply(200, b'{"error": "wrong secret"}'))
    with pytest.raises(LoginRefused) as refused:
        step(Wire(io, TokenDialect(URL)).call(READ))
    assert refused.value.reply == '{"error": "wrong secret"}'
    with pytest.raises(Paused) as held:
        step(Server(evolve(asks_for(3600), body=b"slow down")).wire().call(READ))
    assert held.value.reply == "slow down"
    with pytest.raises(Unreachable) as lost:
        step(Server(DOWN).wire(attempts=1).call(READ))
    assert lost.value.reply == ""


def test_a_secret_that_lies_across_the_cut_is_masked() -> None:
    server = Server(Reply(422, b"x" * 1980 + f' "password": "{SECRET * 9}"'.encode()))
    with pytest.raises(ErplinkError) as raised:
        step(server.wire().call(READ))
    assert SECRET[:4] not in raised.value.reply


@pytest.mark.parametrize(
    "make",
    [
        lambda: Calling(attempts=0),
        lambda: Calling(patience=-1.0),
        lambda: Calling(base=float("nan")),
        lambda: Calling(in_flight=0),
        lambda: Budget(share=2.0),
        lambda: Budget(per=0.0),
        lambda: Budget(reserve=9.0, most=1.0),
        lambda: Breaker(failures=0),
        lambda: Breaker(cool_down=0.0),
        lambda: Breaker(cool_down=float("inf")),
        lambda: Breaker(lasting=float("nan")),
    ],
)
def test_figures_that_cannot_be_kept_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ConfigInvalid, match="cannot|at least 1"):
        make()
