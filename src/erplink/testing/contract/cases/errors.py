"""Whatever comes instead of an answer: what passes is waited for, what stays is told, and nobody waits for ever."""

from __future__ import annotations

import time

import pytest

from erplink.errors import NotPermitted, Refused, RetryError
from erplink.model.documents import Entity
from erplink.testing.contract.case import PASSING, Case, Lab, passing_but
from erplink.testing.contract.promise import needing, one, suffering
from erplink.testing.contract.specimens import crowd, numbers, specimen
from erplink.testing.contract.subject import PATIENCE, REFUSAL, WAIT, Fault

_TIMEOUT = 0.2
_BOUND = 60
"""Calls after which nobody may still be trying."""


class TestErrors(Case):
    """Faults of a call that reads."""

    @pytest.mark.parametrize("times", [1, 2])
    @suffering(*PASSING)
    @one("list")
    def test_a_fault_that_passes_is_not_noticed(self, lab: Lab, entity: Entity, fault: Fault, times: int) -> None:
        lab.system.plant(crowd(entity, 9))
        with lab.open(page=4) as erp:
            erp.of(entity).get("N0001")
            lab.system.disturb(fault, times=times, calls="reads", skip=1)
            assert numbers([*erp.of(entity).list()]) == numbers(crowd(entity, 9))
        assert lab.system.suffered() == times

    @suffering(*passing_but("session_lost"))
    @one("get")
    def test_a_fault_that_stays_is_told_in_the_end(self, lab: Lab, entity: Entity, fault: Fault) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            erp.of(entity).get("N0001")
            lab.system.disturb(fault, times=10_000)
            with pytest.raises(RetryError) as caught:
                erp.of(entity).get("N0001")
        assert caught.value.where
        assert caught.value.next_step
        assert lab.system.calls() < _BOUND

    @suffering("busy_for_seconds", "busy_until_date")
    @one("get")
    def test_who_asks_for_patience_gets_it(self, lab: Lab, entity: Entity, fault: Fault) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            erp.of(entity).get("N0001")
            before = lab.pauses.total
            lab.system.disturb(fault)
            assert erp.of(entity).get("N0001").number == "N0001"
        assert (lab.pauses.total - before).total_seconds() >= WAIT - 1

    @needing("stalled")
    @one("get")
    def test_a_reply_that_stops_amid_its_body_is_not_waited_for(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open(timeout=_TIMEOUT) as erp:
            erp.of(entity).get("N0001")
            lab.system.disturb("stalled")
            begun = time.monotonic()
            assert erp.of(entity).get("N0001").number == "N0001"
        assert time.monotonic() - begun < PATIENCE / 2
        assert lab.system.suffered() == 1

    @needing("no_permission")
    @one("get")
    def test_what_is_not_permitted_is_not_tried_again(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            erp.of(entity).get("N0001")
            lab.system.disturb("no_permission", times=10_000)
            with pytest.raises(NotPermitted):
                erp.of(entity).get("N0001")
        assert lab.system.suffered() == 1

    @needing("refused")
    @one("get")
    def test_a_refusal_is_told_in_the_systems_own_words(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            erp.of(entity).get("N0001")
            lab.system.disturb("refused", times=10_000)
            with pytest.raises(Refused) as caught:
                erp.of(entity).get("N0001")
        assert REFUSAL in str(caught.value)
        assert lab.system.suffered() == 1
