"""Single fields are written, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from erplink.errors import ConfigInvalid, NotFound, NotPermitted, Refused
from erplink.model.documents import Document, Entity, Scalar
from erplink.testing.contract.case import PASSING, Case, Lab
from erplink.testing.contract.doors import Documents
from erplink.testing.contract.promise import each, needing, one, suffering
from erplink.testing.contract.specimens import kept
from erplink.testing.contract.subject import REFUSAL, Fault
from erplink.testing.contract.writing import prepare, to_be_changed


class TestUpdates(Case):
    """``update``."""

    @each("update", "get")
    def test_a_field_is_written_and_the_rest_stays(self, lab: Lab, entity: Entity) -> None:
        name, value, _ = _field(lab, entity)
        with _planted(lab, entity) as documents:
            before = documents.get("N0001")
            documents.update("N0001", {name: value})
            after = documents.get("N0001")
        assert _value(after, name) == value
        assert _rest(lab, entity, after, name) == _rest(lab, entity, before, name)

    @one("update", "get")
    def test_the_same_values_again_change_nothing(self, lab: Lab, entity: Entity) -> None:
        name, value, _ = _field(lab, entity)
        with _planted(lab, entity) as documents:
            there = lab.system.count(entity)
            for _ in range(2):
                documents.update("N0001", {name: value})
            assert _value(documents.get("N0001"), name) == value
        assert lab.system.count(entity) == there

    @one("update", "get")
    def test_the_last_value_stays(self, lab: Lab, entity: Entity) -> None:
        name, value, other = _field(lab, entity)
        with _planted(lab, entity) as documents:
            for written in (value, other, value, other):
                documents.update("N0001", {name: written})
            assert _value(documents.get("N0001"), name) == other

    @one("update", "get")
    def test_a_field_that_is_not_there_is_named_and_nothing_is_written(self, lab: Lab, entity: Entity) -> None:
        name, value, _ = _field(lab, entity)
        with _planted(lab, entity) as documents:
            before = documents.get("N0001")
            with pytest.raises(ConfigInvalid, match="no_such_field"):
                documents.update("N0001", {name: value, "no_such_field": "1"})
            assert documents.get("N0001") == before

    @one("update")
    def test_a_document_that_is_not_there_is_not_found_and_not_made(self, lab: Lab, entity: Entity) -> None:
        name, value, _ = _field(lab, entity)
        with _planted(lab, entity) as documents:
            there = lab.system.count(entity)
            with pytest.raises(NotFound):
                documents.update("N0002", {name: value})
        assert lab.system.count(entity) == there

    @suffering(*PASSING)
    @one("update", "get")
    def test_a_fault_that_passes_is_not_noticed(self, lab: Lab, entity: Entity, fault: Fault) -> None:
        name, value, other = _field(lab, entity)
        with _planted(lab, entity) as documents:
            documents.update("N0001", {name: other})
            lab.system.disturb(fault, times=2, calls="writes")
            documents.update("N0001", {name: value})
            assert _value(documents.get("N0001"), name) == value
        assert lab.system.suffered()

    @needing("refused")
    @one("update", "get")
    def test_a_refusal_is_told_in_the_systems_own_words_and_writes_nothing(self, lab: Lab, entity: Entity) -> None:
        name, value, _ = _field(lab, entity)
        with _planted(lab, entity) as documents:
            before = documents.get("N0001")
            lab.system.disturb("refused", times=10_000, calls="writes")
            with pytest.raises(Refused) as caught:
                documents.update("N0001", {name: value})
            assert REFUSAL in str(caught.value)
            assert lab.system.suffered() == 1
            assert documents.get("N0001") == before

    @needing("no_permission")
    @one("update")
    def test_what_is_not_permitted_is_not_tried_again(self, lab: Lab, entity: Entity) -> None:
        name, value, _ = _field(lab, entity)
        with _planted(lab, entity) as documents:
            lab.system.disturb("no_permission", times=10_000, calls="writes")
            with pytest.raises(NotPermitted):
                documents.update("N0001", {name: value})
        assert lab.system.suffered() == 1


@contextmanager
def _planted(lab: Lab, entity: Entity) -> Iterator[Documents]:
    """The documents of an entity, with one that may be changed: N0001."""
    prepare(lab)
    lab.system.plant([to_be_changed(lab, entity)])
    with lab.open() as erp:
        yield erp.of(entity)


def _field(lab: Lab, entity: Entity) -> tuple[str, Scalar, Scalar]:
    field = lab.shape(entity).update
    assert field is not None
    return field


def _value(document: Document, name: str) -> Any:  # noqa: ANN401 - what a custom field may hold
    custom: Mapping[str, Any] = getattr(document, "custom", {})
    return custom[name] if name in custom else getattr(document, name)


def _rest(lab: Lab, entity: Entity, document: Document, name: str) -> Mapping[str, Any]:
    return {key: value for key, value in kept(document, lab.shape(entity)).items() if key != name}
