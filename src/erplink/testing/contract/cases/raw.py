"""The escape hatch goes through the same session and the same care."""

from __future__ import annotations

import pytest

from erplink.errors import Refused, RetryError
from erplink.testing.contract.case import PASSING, Case, Lab
from erplink.testing.contract.promise import needing, one, suffering
from erplink.testing.contract.subject import REFUSAL, Fault

_UNSURE: tuple[Fault, ...] = ("reply_lost", "cut_short", "dropped", "html_page", "server_error", "error_in_200")
"""After which nobody knows whether it was done."""


class TestRaw(Case):
    """``raw.call``."""

    @needing("raw", "login")
    @one()
    def test_it_shares_the_session(self, lab: Lab) -> None:
        operation, payload = lab.system.raw_read()
        with lab.open() as erp:
            for _ in range(3):
                assert erp.raw(operation, payload).body
        assert (lab.system.logins(), lab.system.refused_logins()) == (1, 0)

    @suffering(*PASSING)
    @needing("raw")
    @one()
    def test_a_fault_of_a_reading_call_is_not_noticed(self, lab: Lab, fault: Fault) -> None:
        operation, payload = lab.system.raw_read()
        with lab.open() as erp:
            expected = erp.raw(operation, payload).body
            lab.system.disturb(fault, times=2)
            assert erp.raw(operation, payload).body == expected
        assert lab.system.suffered() == 2

    @suffering(*_UNSURE)
    @needing("raw")
    @one()
    def test_a_write_of_unknown_outcome_is_not_made_again(self, lab: Lab, fault: Fault) -> None:
        operation, payload = lab.system.raw_write()
        with lab.open() as erp:
            erp.raw(*lab.system.raw_read())
            before = lab.system.calls()
            lab.system.disturb(fault, calls="writes")
            with pytest.raises(RetryError) as caught:
                erp.raw(operation, payload)
        assert caught.value.sent != "no"
        assert lab.system.calls() == before + 1

    @needing("raw", "refused")
    @one()
    def test_a_refusal_is_told_in_the_systems_own_words(self, lab: Lab) -> None:
        operation, payload = lab.system.raw_write()
        with lab.open() as erp:
            lab.system.disturb("refused", times=10_000, calls="writes")
            with pytest.raises(Refused) as caught:
                erp.raw(operation, payload)
        assert REFUSAL in str(caught.value)
        assert lab.system.suffered() == 1
