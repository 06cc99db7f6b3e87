"""What holds of the policies of calling whatever happens, as laws of their values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.errors import Busy, ErplinkError, Paused, RetryError, ServerFault, Unreachable
from erplink.wire.breaker import Breaker, Circuit
from erplink.wire.budget import Budget
from erplink.wire.call import Call, Reply
from erplink.wire.pace import book
from erplink.wire.quota import quota_of
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling, Effort, pause_before_next

START = datetime(2026, 1, 1, tzinfo=UTC)
Gap = st.integers(0, 100_000).map(lambda n: n / 1000)
Seconds = st.integers(0, 60_000).map(lambda n: n / 1000)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@given(
    budget=st.builds(
        Budget, share=st.floats(0, 1), reserve=st.floats(0, 50), per=st.floats(0.1, 600), most=st.just(60)
    ),
    deeds=st.lists(st.tuples(Gap, st.booleans()), max_size=200),
)
def test_no_more_is_repeated_than_was_there_came_back_and_was_earned(
    budget: Budget, deeds: list[tuple[float, bool]]
) -> None:
    purse, clock, granted, succeeded = budget.start(START), 0.0, 0, 0
    for gap, success in deeds:
        clock += gap
        if success:
            purse = budget.earn(purse, at(clock))
            succeeded += 1
        else:
            spent = budget.spend(purse, at(clock))
            granted += spent is not None
            purse = spent or purse
        assert 0 <= purse.retries <= budget.most
        allowed = budget.reserve * (1 + clock / budget.per) + budget.share * succeeded
        assert granted <= allowed * (1 + 1e-9) + 1e-4


@given(budget=st.builds(Budget, reserve=st.floats(1, 50)), wait=st.floats(0, 1e6))
def test_a_connection_that_was_quiet_for_long_enough_may_repeat(budget: Budget, wait: float) -> None:
    purse = budget.start(START)
    while (spent := budget.spend(purse, START)) is not None:
        purse = spent
    assert (budget.spend(purse, at(wait)) is not None) or wait < budget.per
    assert budget.spend(purse, at(-wait)) is None


BREAKERS = st.builds(Breaker, failures=st.integers(1, 6), lasting=Seconds, cool_down=Seconds.map(lambda n: n + 0.5))
EVENTS = st.lists(st.tuples(Gap, st.sampled_from(["ask", "answered", "failed"])), max_size=120)


@given(breaker=BREAKERS, events=EVENTS)
def test_a_circuit_opens_only_after_enough_failures_in_a_row_and_then_lets_one_through_at_a_time(
    breaker: Breaker, events: list[tuple[float, str]]
) -> None:
    circuit, clock = Circuit(), 0.0
    row: list[float] = []
    probes: list[float] = []
    for gap, event in events:
        clock += gap
        before = circuit.phase(at(clock))
        if event == "ask":
            if before == "open":
                continue
            circuit = breaker.after(circuit, "sent", at(clock))
            if before == "half-open":
                probes.append(clock)
                assert circuit.phase(at(clock)) == "open"
            else:
                assert circuit.phase(at(clock)) == "closed"
        elif event == "answered":
            circuit, row, probes = breaker.after(circuit, "answered", at(clock)), [], []
            assert circuit == Circuit()
        else:
            circuit = breaker.after(circuit, "failed", at(clock))
            row.append(clock)
            enough = len(row) >= breaker.failures and at(row[-1]) - at(row[0]) >= timedelta(seconds=breaker.lasting)
            if before == "closed":
                assert (circuit.phase(at(clock)) == "open") == enough
    assert all(at(later) - at(sooner) >= timedelta(seconds=breaker.cool_down) for sooner, later in pairwise(probes))


@given(breaker=BREAKERS, events=EVENTS, wait=Gap)
def test_no_circuit_stays_open_for_ever(breaker: Breaker, events: list[tuple[float, str]], wait: float) -> None:
    circuit, clock = Circuit(), 0.0
    for gap, event in events:
        clock += gap
        if event == "ask" and circuit.phase(at(clock)) != "open":
            circuit = breaker.after(circuit, "sent", at(clock))
        elif event == "failed":
            circuit = breaker.after(circuit, "failed", at(clock))
        else:
            circuit = breaker.after(circuit, "answered", at(clock))
    assert circuit.phase(at(clock + breaker.cool_down + wait)) != "open"


ERRORS = st.builds(
    lambda kind, asked, sent: kind("it failed", retry_after=asked, sent=sent),
    st.sampled_from([Busy, ServerFault, Unreachable]),
    st.none() | st.floats(0, 1e5),
    st.sampled_from(["no", "maybe", "yes"]),
)


@given(
    calling=st.builds(Calling, deadline=st.floats(0, 1e4), patience=st.floats(0, 1e4), attempts=st.integers(1, 9)),
    error=ERRORS,
    safe=st.booleans(),
    attempts=st.integers(1, 9),
    spent=st.floats(0, 1e4),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_a_call_is_repeated_neither_before_the_floor_nor_after_the_deadline_and_what_is_unknown_stays_unknown(
    *, calling: Calling, error: RetryError, safe: bool, attempts: int, spent: float, chance: float
) -> None:
    asked, borne = error.retry_after or 0.0, min(calling.patience, calling.deadline - spent)
    harmless = safe or error.sent == "no"
    end = outcome(calling, Call("q", "http://x", safe=safe), error, Effort(START, attempts), at(spent), chance)
    if isinstance(end, Paused):
        assert harmless
        assert end.until - at(spent) == timedelta(seconds=asked)
        assert asked > borne - 1e-5
    elif isinstance(end, float):
        assert asked <= end <= asked + calling.cap
        assert attempts < calling.attempts
        assert spent + end <= calling.deadline + 1e-5
        assert asked <= borne + 1e-5 or not harmless
    else:
        assert end is error


def outcome(
    calling: Calling, call: Call, error: RetryError, effort: Effort, now: datetime, chance: float
) -> float | RetryError:
    try:
        return pause_before_next(calling, call, error, effort, now, chance)
    except RetryError as ended:
        return ended


@given(
    rate=st.builds(Rate, calls=st.integers(1, 9), per=st.floats(1, 60)),
    asks=st.lists(st.tuples(Gap, st.floats(0, 30), st.floats(0, 60)), min_size=1, max_size=80),
)
def test_whoever_would_come_too_late_takes_no_turn_and_nobody_comes_too_early(
    rate: Rate, asks: list[tuple[float, float, float]]
) -> None:
    clock, due, starts = 0.0, None, list[datetime]()
    for gap, hold, patience in asks:
        clock += gap
        earliest, latest = at(clock + hold), at(clock + patience)
        instant, after = book(rate, due, earliest, latest)
        assert instant >= earliest
        if instant > latest:
            assert after == due
        else:
            starts.append(instant)
        due = after
    slack = timedelta(microseconds=2 * rate.calls)
    for first, over in zip(starts, starts[rate.calls :], strict=False):
        assert over - first >= timedelta(seconds=rate.per) - slack


@given(
    headers=st.dictionaries(
        st.sampled_from(
            [
                "ratelimit",
                "ratelimit-remaining",
                "ratelimit-reset",
                "x-ratelimit-remaining",
                "x-ratelimit-reset",
                "date",
            ]
        ),
        st.text(st.characters(codec="latin-1")) | st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,12})?"),
    )
)
def test_no_header_is_too_strange_to_be_read(headers: dict[str, str]) -> None:
    quota = quota_of(Reply(200, headers=headers), START)
    assert quota is None or START <= quota.until <= START + timedelta(days=31)


@pytest.mark.parametrize("kind", [ErplinkError, RetryError])
def test_an_error_may_say_another_next_step(kind: type[ErplinkError]) -> None:
    error = kind("it failed", where="here", next_step="wait")
    assert str(error.advised("stop")) == "it failed (here): stop"
    assert str(error) == "it failed (here): wait"
