"""The keys of all documents, in an order in which they can be compared with anybody's."""

from __future__ import annotations

from itertools import pairwise

from erplink.model.documents import Entity, Key
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.promise import each, needing, one
from erplink.testing.contract.specimens import crowd, specimen


class TestKeys(Case):
    """``keys``."""

    @each("keys")
    def test_keys_are_those_of_the_documents(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 7))
        with lab.open(page=3) as erp:
            keys = [key for page in erp.keys(entity) for key in page.keys]
            documents = list(erp.of(entity).list())
        assert set(keys) == {Key(document.id, document.number, document.version) for document in documents}
        assert len(keys) == 7

    @each("keys")
    def test_keys_come_in_the_order_of_their_place(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 13))
        with lab.open(page=4) as erp:
            places = [key.place for page in erp.keys(entity) for key in page.keys]
        assert all(one < other for one, other in pairwise(places))

    @needing("chosen_ids")
    @one("keys")
    def test_ids_of_another_length_keep_the_order(self, lab: Lab, entity: Entity) -> None:
        for place in (100, 9, 11, 99, 8, 10, 101):
            lab.system.plant([specimen(entity, f"N{place}", id=str(place))])
        with lab.open(page=2) as erp:
            keys = [key for page in erp.keys(entity) for key in page.keys]
        assert [key.id for key in keys] == ["8", "9", "10", "11", "99", "100", "101"]

    @one("keys")
    def test_a_walk_goes_on_after_any_token_and_after_any_id(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 10))
        with lab.open(page=3) as erp:
            pages = list(erp.keys(entity))
            keys = [key for page in pages for key in page.keys]
            for place, page in enumerate(pages):
                rest = [key for later in pages[place + 1 :] for key in later.keys]
                assert [key for later in erp.keys(entity, page.token) for key in later.keys] == rest
            for place, key in enumerate(keys):
                assert [found for page in erp.keys(entity, key.id) for found in page.keys] == keys[place + 1 :]

    @one("keys")
    def test_a_deleted_document_has_no_key(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 5))
        with lab.open(page=2) as erp:
            lab.system.remove(entity, "N0003")
            assert [key.number for page in erp.keys(entity) for key in page.keys] == [
                "N0001",
                "N0002",
                "N0004",
                "N0005",
            ]
