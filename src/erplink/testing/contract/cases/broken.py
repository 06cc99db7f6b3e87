"""One document that cannot be read holds up nobody else, and what nobody asked for does no harm."""

from __future__ import annotations

import pytest

from erplink.errors import ShapeChanged
from erplink.model.documents import Entity
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.promise import each, needing
from erplink.testing.contract.specimens import crowd, kept, numbers


class TestBroken(Case):
    """Documents that do not fit the mapping."""

    @needing("broken")
    @each("list")
    def test_a_broken_document_is_set_aside_and_named(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 7))
        lab.system.spoil(entity, "N0003")
        with lab.open(page=4) as erp:
            pages = list(erp.pages(entity))
        assert numbers([document for page in pages for document in page.items]) == [
            number for number in numbers(crowd(entity, 7)) if number != "N0003"
        ]
        (broken,) = [one for page in pages for one in page.broken]
        assert broken.number in {"N0003", ""}
        assert broken.id
        assert isinstance(broken.error, ShapeChanged)
        assert broken.error.where

    @needing("broken")
    @each("list")
    def test_a_stream_tells_of_a_broken_document(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 3))
        lab.system.spoil(entity, "N0002")
        with lab.open() as erp, pytest.raises(ShapeChanged, match="N0002"):
            list(erp.of(entity).list())

    @needing("broken")
    @each("list")
    def test_a_walk_goes_on_behind_a_broken_document(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 9))
        lab.system.spoil(entity, "N0004")
        with lab.open(page=4) as erp:
            pages = list(erp.pages(entity))
            place = next(place for place, page in enumerate(pages) if page.broken)
            rest = [document for later in pages[place + 1 :] for document in later.items]
            again = list(erp.pages(entity, after=pages[place].token))
        assert [document for page in again for document in page.items] == rest
        assert not any(page.broken for page in again)

    @needing("unknown_field")
    @each("list")
    def test_fields_that_no_mapping_knows_do_no_harm(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 3))
        with lab.open() as erp:
            expected = [kept(document, lab.shape(entity)) for document in erp.of(entity).list()]
            lab.system.disturb("unknown_field", times=100)
            assert [kept(document, lab.shape(entity)) for document in erp.of(entity).list()] == expected
        assert lab.system.suffered()
