"""Pages are cut somewhere, and nothing falls into the gap."""

from __future__ import annotations

from itertools import pairwise

import pytest

from erplink.errors import ErplinkError, RetryError
from erplink.model.documents import Entity, Key, Order
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.promise import each, needing, one
from erplink.testing.contract.specimens import crowd, numbers, specimen


class TestPaging(Case):
    """Streams of any length, whatever happens meanwhile."""

    @pytest.mark.parametrize(("page", "count"), [(1, 3), (4, 0), (4, 3), (4, 4), (4, 5), (4, 8), (4, 9)])
    @one("list")
    def test_every_document_comes_once_wherever_pages_end(
        self, lab: Lab, entity: Entity, page: int, count: int
    ) -> None:
        lab.system.plant(crowd(entity, count))
        with lab.open(page=page) as erp:
            assert numbers([*erp.of(entity).list()]) == numbers(crowd(entity, count))

    @one("list")
    def test_several_calls_in_flight_give_the_same(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 30))
        with lab.open(page=4) as alone, lab.open(page=4, parallel=4) as together:
            assert list(together.of(entity).list()) == list(alone.of(entity).list())

    @one("list", among=("orders", "returns", "shipments"))
    def test_a_document_with_more_lines_than_a_page_is_whole(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "A"), specimen(entity, "B", lines=11), specimen(entity, "C")])
        with lab.open(page=4) as erp:
            found = {document.number: document for document in erp.of(entity).list()}
        assert sorted(found) == ["A", "B", "C"]
        long = found["B"]
        assert isinstance(long, Order)
        assert [line.line for line in long.lines] == list(range(1, 12))

    @one("list")
    def test_what_is_added_meanwhile_hides_nothing_and_doubles_nothing(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 12))
        with lab.open(page=3) as erp:
            stream = erp.of(entity).list()
            found = [next(stream) for _ in range(4)]
            lab.system.plant(crowd(entity, 5, prefix="A"))
            found += stream
        told = [document.number for document in found]
        assert len(told) == len(set(told))
        assert set(told) >= set(numbers(crowd(entity, 12)))

    @needing("chosen_ids")
    @one("list")
    def test_what_is_added_before_the_place_of_the_walk_doubles_nothing(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, f"N{place:04d}", id=str(place)) for place in range(10, 130, 10)])
        with lab.open(page=3) as erp:
            stream = erp.of(entity).list()
            found = [next(stream) for _ in range(4)]
            lab.system.plant([specimen(entity, f"A{place:04d}", id=str(place)) for place in (5, 15, 25, 65)])
            found += stream
        told = [document.number for document in found]
        assert len(told) == len(set(told))
        assert set(told) >= {f"N{place:04d}" for place in range(10, 130, 10)}

    @one("list")
    def test_what_is_deleted_meanwhile_hides_nothing_else(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 12))
        with lab.open(page=3) as erp:
            stream = erp.of(entity).list()
            found = [next(stream) for _ in range(4)]
            lab.system.remove(entity, found[0].number)
            lab.system.remove(entity, found[1].number)
            found += stream
        assert numbers(found) == numbers(crowd(entity, 12))

    @one("list")
    def test_what_is_edited_meanwhile_comes_once(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 12))
        with lab.open(page=3) as erp:
            stream = erp.of(entity).list()
            found = [next(stream) for _ in range(4)]
            for number in numbers(crowd(entity, 12)):
                lab.system.edit(entity, number)
            found += stream
        assert numbers(found) == numbers(crowd(entity, 12))

    @one("list")
    def test_a_walk_goes_on_after_any_token(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 11))
        with lab.open(page=3) as erp:
            pages = list(erp.pages(entity))
            assert len(pages) > 1
            for place, page in enumerate(pages):
                rest = [document for later in pages[place + 1 :] for document in later.items]
                assert [document for later in erp.pages(entity, after=page.token) for document in later.items] == rest

    @each("list")
    def test_the_same_walk_twice_gives_the_same_order(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 9))
        with lab.open(page=4) as erp:
            first = list(erp.of(entity).list())
            assert list(erp.of(entity).list()) == first
        if lab.trait(entity, "list", "order") == "id":
            places = [Key(document.id, "", "").place for document in first]
            assert all(one < other for one, other in pairwise(places))

    @needing("foreign_link")
    @one("list")
    def test_a_link_to_another_host_is_not_followed(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 9))
        with lab.open(page=4) as erp:
            lab.system.disturb("foreign_link", times=100)
            with pytest.raises(ErplinkError) as caught:
                list(erp.of(entity).list())
        assert not isinstance(caught.value, RetryError)
