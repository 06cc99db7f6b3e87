"""What is created is created once, whatever breaks on the way and whoever tries again."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest

from erplink.errors import Conflict, NotPermitted, Refused, RetryError
from erplink.model.documents import Entity
from erplink.testing.contract.case import Case, Lab, herd, passing_but
from erplink.testing.contract.promise import COUNTED, each, needing, one, suffering
from erplink.testing.contract.specimens import amount_of
from erplink.testing.contract.subject import REFUSAL, Fault
from erplink.testing.contract.writing import content, prepare, wanted

_IN_FORCE = {"approved", "closed"}
_STEPS = 8
"""Calls that write, at most, of one creation."""
_BOUND = 60


class TestCreates(Case):
    """``create``."""

    @each("create")
    def test_what_is_created_is_there_and_in_force(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        asked, before = wanted(entity), lab.system.count(entity)
        with lab.open() as erp:
            made = erp.of(entity).create(asked, key="redeem-42")
        assert content(lab, entity, made) == content(lab, entity, asked)
        assert made.status in _IN_FORCE
        assert made.number
        assert lab.system.count(entity) == before + 1

    @one("create", "get")
    def test_what_create_returns_is_what_is_read(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        with lab.open() as erp:
            made = erp.of(entity).create(wanted(entity, text="<礼品> \"𠮷\" & 'x' \\"), key="redeem-42")
            assert erp.of(entity).get(made.number) == made

    @one("create", among=COUNTED)
    def test_figures_are_written_to_the_last_digit(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        with lab.open() as erp:
            for place, figure in enumerate(("0.30", "0.1", "12345678901.23")):
                made = erp.of(entity).create(wanted(entity, amount=Decimal(figure)), key=f"K{place}")
                assert amount_of(made) == Decimal(figure)

    @one("create")
    def test_the_same_key_twice_is_one_document(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        before = lab.system.count(entity)
        with lab.open() as erp:
            first = erp.of(entity).create(wanted(entity), key="redeem-42")
            assert erp.of(entity).create(wanted(entity), key="redeem-42") == first
        assert lab.system.count(entity) == before + 1

    @one("create")
    def test_the_same_key_from_another_client_is_one_document(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        before = lab.system.count(entity)
        with lab.open() as erp:
            first = erp.of(entity).create(wanted(entity), key="redeem-42")
        with lab.open() as another:
            assert another.of(entity).create(wanted(entity), key="redeem-42") == first
        assert lab.system.count(entity) == before + 1

    @one("create")
    def test_a_herd_with_one_key_makes_one_document(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        before = lab.system.count(entity)
        with lab.open() as erp:
            found = herd(lambda _: erp.of(entity).create(wanted(entity), key="redeem-42").number)
        assert lab.system.count(entity) == before + 1
        assert len(set(found)) == 1
        assert isinstance(found[0], str)

    @needing("reply_lost")
    @one("create")
    def test_a_herd_with_keys_of_its_own_makes_one_each_amid_lost_replies(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        before = lab.system.count(entity)
        with lab.open() as erp:
            lab.system.disturb("reply_lost", times=3, calls="writes")
            found = herd(lambda place: erp.of(entity).create(wanted(entity), key=f"K{place}").number)
        assert all(isinstance(number, str) for number in found)
        assert len(set(found)) == len(found)
        assert lab.system.count(entity) == before + len(found)

    @one("create")
    def test_keys_that_differ_make_documents_that_differ(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        keys = ["a", "A", "a ", "b/1?x=2&y#", "礼品-1", "🎁", "'; drop", "k" * 300, "k" * 299 + "l"]
        with lab.open() as erp:
            made = [erp.of(entity).create(wanted(entity), key=key).number for key in keys]
            again = [erp.of(entity).create(wanted(entity), key=key).number for key in keys]
        assert len(set(made)) == len(keys)
        assert again == made

    @one("create", among=COUNTED)
    def test_the_same_key_for_something_else_is_a_conflict_and_changes_nothing(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        before = lab.system.count(entity)
        with lab.open() as erp:
            first = erp.of(entity).create(wanted(entity), key="redeem-42")
            with pytest.raises(Conflict):
                erp.of(entity).create(wanted(entity, amount=Decimal(77)), key="redeem-42")
            assert erp.of(entity).create(wanted(entity), key="redeem-42") == first
        assert lab.system.count(entity) == before + 1

    @needing("reply_lost")
    @one("create")
    def test_a_reply_that_is_lost_after_the_deed_makes_no_second_document(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        _at_every_step(lab, entity, "reply_lost")

    @needing("reply_lost")
    @one("create")
    def test_when_every_reply_is_lost_there_is_one_document_in_the_end(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        before = lab.system.count(entity)
        with lab.open() as erp, suppress(RetryError):
            lab.system.disturb("reply_lost", times=10_000, calls="writes")
            erp.of(entity).create(wanted(entity), key="redeem-42")
        assert lab.system.calls() < _BOUND
        lab.system.calm()
        with lab.open() as another:
            assert another.of(entity).create(wanted(entity), key="redeem-42").status in _IN_FORCE
        assert lab.system.count(entity) == before + 1

    @suffering(*passing_but("reply_lost"))
    @one("create")
    def test_a_fault_that_passes_leaves_one_document_in_force(self, lab: Lab, entity: Entity, fault: Fault) -> None:
        prepare(lab)
        _at_every_step(lab, entity, fault)

    @suffering("dropped", "busy", "server_error")
    @one("create")
    def test_after_a_fault_that_stayed_the_same_key_makes_the_document(
        self, lab: Lab, entity: Entity, fault: Fault
    ) -> None:
        prepare(lab)
        before = lab.system.count(entity)
        with lab.open() as erp:
            lab.system.disturb(fault, times=10_000, calls="writes")
            with pytest.raises(RetryError):
                erp.of(entity).create(wanted(entity), key="redeem-42")
        assert lab.system.calls() < _BOUND
        lab.system.calm()
        with lab.open() as another:
            made = another.of(entity).create(wanted(entity), key="redeem-42")
        assert made.status in _IN_FORCE
        assert lab.system.count(entity) == before + 1

    @needing("refused")
    @one("create")
    def test_a_refusal_is_told_in_the_systems_own_words_and_makes_nothing(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        before = lab.system.count(entity)
        with lab.open() as erp:
            lab.system.disturb("refused", times=10_000, calls="writes")
            with pytest.raises(Refused) as caught:
                erp.of(entity).create(wanted(entity), key="redeem-42")
            assert REFUSAL in str(caught.value)
            assert (lab.system.suffered(), lab.system.count(entity)) == (1, before)
            lab.system.calm()
            assert erp.of(entity).create(wanted(entity), key="redeem-42").status in _IN_FORCE

    @needing("no_permission")
    @one("create")
    def test_what_is_not_permitted_is_not_tried_again(self, lab: Lab, entity: Entity) -> None:
        prepare(lab)
        before = lab.system.count(entity)
        with lab.open() as erp:
            lab.system.disturb("no_permission", times=10_000, calls="writes")
            with pytest.raises(NotPermitted):
                erp.of(entity).create(wanted(entity), key="redeem-42")
        assert (lab.system.suffered(), lab.system.count(entity)) == (1, before)


def _at_every_step(lab: Lab, entity: Entity, fault: Fault) -> None:
    """Create again and again, with the fault at the first call that writes, at the second, and so on to the last."""
    before = lab.system.count(entity)
    for step in range(_STEPS):
        suffered = lab.system.suffered()
        with lab.open() as erp:
            lab.system.disturb(fault, calls="writes", skip=step)
            made = erp.of(entity).create(wanted(entity), key=f"step-{step}")
        assert made.status in _IN_FORCE, f"with {fault} at step {step}"
        assert lab.system.count(entity) == before + step + 1, f"with {fault} at step {step}"
        lab.system.calm()
        if lab.system.suffered() == suffered:
            assert step > 0
            return
    raise AssertionError(f"a creation takes more than {_STEPS} calls that write")
