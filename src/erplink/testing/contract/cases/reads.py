"""What is read is what is there."""

from __future__ import annotations

import pytest

from erplink.errors import NotFound
from erplink.model.documents import Entity
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.promise import each
from erplink.testing.contract.specimens import crowd, kept, specimen


class TestReads(Case):
    """``get`` and ``list``."""

    @each("get")
    def test_a_document_comes_as_it_was_put_in(self, lab: Lab, entity: Entity) -> None:
        wanted, shape = specimen(entity, "N0001"), lab.shape(entity)
        lab.system.plant([specimen(entity, "N0000", text="别的"), wanted])
        with lab.open() as erp:
            found = erp.of(entity).get("N0001")
        assert kept(found, shape) == kept(wanted, shape)
        assert found.id
        assert found.version

    @each("list")
    def test_a_list_has_every_document_once_as_it_was_put_in(self, lab: Lab, entity: Entity) -> None:
        wanted, shape = crowd(entity, 5), lab.shape(entity)
        lab.system.plant(wanted)
        with lab.open() as erp:
            found = sorted(erp.of(entity).list(), key=lambda one: one.number)
        assert [kept(one, shape) for one in found] == [kept(one, shape) for one in wanted]
        assert len({one.id for one in found}) == len(found)

    @each("list")
    def test_an_empty_system_has_an_empty_list(self, lab: Lab, entity: Entity) -> None:
        with lab.open() as erp:
            assert list(erp.of(entity).list()) == []

    @each("get")
    def test_what_is_not_there_is_not_found(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp, pytest.raises(NotFound, match="N0002"):
            erp.of(entity).get("N0002")
