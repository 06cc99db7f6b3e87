"""What the simulator found in shipped code, each as the short run that showed it. All of them hold now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from erplink.ledger import account
from erplink.sync import deliver
from erplink.testing.simulate import Fault, Script, run_script
from erplink.testing.simulate.adapter import SimAdapter
from erplink.testing.simulate.scenario import MINUTE, SECOND, Sold
from tests.simulation.scripts import script

HELD_UP = script(Fault("w1", "send:orders.create", 1, "busy", 0.1), Fault("w1", "sleep:wire", 1, "slow", 0.5), w2=13.0)
"""Sent away by a busy ERP, a worker waits before it tries again, and is held up there until its lease is long over.
Meanwhile the other one looked, found no order and made it. The first one goes on, and makes it once more."""

IN_FLIGHT = script(Fault("w1", "send:orders.create", 1, "crash in flight", 0.5), w2=2.2)
"""A process is killed while its order is on the way. The other one knows it is dead, takes over at once, looks, finds
no order and makes it. Then the first order arrives."""


HELD_BY_THE_DEAD = script(
    Fault("w1", "send:orders.create", 1, "gateway error", 0.9), Fault("w1", "send:orders.get", 1, "crash before", 0.0)
)
"""A gift order that failed once was due again, and in the hands of a worker that died. Whoever came next found it due
and could not have it, thousands of times without a pause."""


DATED_AHEAD = script(deeds=(Sold(2 * MINUTE - 2 * SECOND, "SO1", "C1", (10_000,)),), behind=20)
"""An order was made a moment ago, and the clock of the worker that booked it is behind the ERP's: its points were not
usable yet by that clock, so the ERP was not told of them, and nobody had a reason to look again."""


def test_points_of_an_order_made_a_moment_ago_are_shown_whatever_the_clocks_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run_script(DATED_AHEAD).broken == ""
    monkeypatch.setattr(account, "CLOCKS", timedelta(0))
    assert run_script(DATED_AHEAD).broken == "C1 has 300 points and the ERP shows 200"


def test_what_somebody_else_has_is_not_asked_for_without_a_pause() -> None:
    trial = run_script(HELD_BY_THE_DEAD)
    assert trial.broken == ""
    assert trial.steps < 500
    assert len(trial.script.faults) == 2


def no_last_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: datetime) -> object:
        return monkeypatch.context()

    monkeypatch.setattr(deliver, "sent_before", never)


def nothing_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimAdapter, "settles_in", timedelta(0))


@pytest.mark.parametrize(
    ("story", "undo"), [(HELD_UP, no_last_moment), (IN_FLIGHT, nothing_in_flight)], ids=["held up", "in flight"]
)
def test_a_gift_is_ordered_once_however_late_a_worker_is(
    story: Script, undo: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = run_script(story)
    assert trial.broken == ""
    assert [fault.kind for fault in trial.script.faults] == [fault.kind for fault in story.faults]
    undo(monkeypatch)
    assert "was made 2 times" in run_script(story).broken
