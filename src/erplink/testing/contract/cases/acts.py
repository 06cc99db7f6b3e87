"""Buttons of the system: pressed once or twice, the outcome is the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from erplink.errors import NotFound, NotPermitted, Refused, Unsupported
from erplink.model.documents import Entity
from erplink.testing.contract.case import PASSING, Case, Lab
from erplink.testing.contract.doors import Documents
from erplink.testing.contract.promise import each, needing, one, suffering
from erplink.testing.contract.specimens import specimen
from erplink.testing.contract.subject import REFUSAL, Fault
from erplink.testing.contract.writing import prepare


class TestActs(Case):
    """``act``."""

    @each("act", "get")
    def test_a_button_does_what_it_says_also_when_it_is_pressed_again(self, lab: Lab, entity: Entity) -> None:
        button, before, after = _button(lab, entity)
        with _planted(lab, entity) as documents:
            assert documents.get("N0001").status == before
            for _ in range(2):
                documents.act("N0001", button)
                assert documents.get("N0001").status == after
            assert documents.get("N0002").status == before

    @one("act")
    def test_a_document_that_is_not_there_is_not_found(self, lab: Lab, entity: Entity) -> None:
        button, _, _ = _button(lab, entity)
        with _planted(lab, entity) as documents, pytest.raises(NotFound):
            documents.act("N0003", button)

    @one("act", "get")
    def test_a_button_that_is_not_there_is_named(self, lab: Lab, entity: Entity) -> None:
        with _planted(lab, entity) as documents:
            before = documents.get("N0001")
            with pytest.raises(Unsupported, match="no_such_button"):
                documents.act("N0001", "no_such_button")
            assert documents.get("N0001") == before

    @suffering(*PASSING)
    @one("act", "get")
    def test_a_fault_that_passes_is_not_noticed(self, lab: Lab, entity: Entity, fault: Fault) -> None:
        button, _, after = _button(lab, entity)
        with _planted(lab, entity) as documents:
            documents.get("N0001")
            lab.system.disturb(fault, times=2, calls="writes")
            documents.act("N0001", button)
            assert documents.get("N0001").status == after
        assert lab.system.suffered()

    @needing("refused")
    @one("act", "get")
    def test_a_refusal_is_told_in_the_systems_own_words(self, lab: Lab, entity: Entity) -> None:
        button, before, _ = _button(lab, entity)
        with _planted(lab, entity) as documents:
            lab.system.disturb("refused", times=10_000, calls="writes")
            with pytest.raises(Refused) as caught:
                documents.act("N0001", button)
            assert REFUSAL in str(caught.value)
            assert lab.system.suffered() == 1
            assert documents.get("N0001").status == before

    @needing("no_permission")
    @one("act")
    def test_what_is_not_permitted_is_not_tried_again(self, lab: Lab, entity: Entity) -> None:
        button, _, _ = _button(lab, entity)
        with _planted(lab, entity) as documents:
            lab.system.disturb("no_permission", times=10_000, calls="writes")
            with pytest.raises(NotPermitted):
                documents.act("N0001", button)
        assert lab.system.suffered() == 1


@contextmanager
def _planted(lab: Lab, entity: Entity) -> Iterator[Documents]:
    """The documents of an entity, with two whose button can be pressed: N0001 and N0002."""
    prepare(lab)
    _, before, _ = _button(lab, entity)
    lab.system.plant([specimen(entity, number, status=before) for number in ("N0001", "N0002")])
    with lab.open() as erp:
        yield erp.of(entity)


def _button(lab: Lab, entity: Entity) -> tuple[str, str, str]:
    button = lab.shape(entity).act
    assert button is not None
    return button
