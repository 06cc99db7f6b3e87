"""A window of changes is half-open, and windows laid side by side miss nothing and repeat nothing."""

from __future__ import annotations

from datetime import timedelta

from erplink.model.documents import Entity
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.promise import each, needing, one
from erplink.testing.contract.specimens import WHEN, crowd, numbers, specimen
from erplink.wire.adapter import Window

MINUTE = timedelta(minutes=1)


class TestChanges(Case):
    """``changes``."""

    @each("changes")
    def test_a_window_has_its_beginning_and_not_its_end(self, lab: Lab, entity: Entity) -> None:
        for number, minutes in [("before", -1), ("first", 0), ("inside", 5), ("end", 10), ("after", 11)]:
            lab.system.plant([specimen(entity, number)], WHEN + minutes * MINUTE)
        with lab.open() as erp:
            assert numbers([*erp.of(entity).changes(WHEN, WHEN + 10 * MINUTE)]) == ["first", "inside"]
            assert list(erp.of(entity).changes(WHEN, WHEN)) == []

    @one("changes")
    def test_windows_side_by_side_have_each_change_once(self, lab: Lab, entity: Entity) -> None:
        for document, minutes in zip(crowd(entity, 12), range(12), strict=True):
            lab.system.plant([document], WHEN + minutes * MINUTE)
        with lab.open(page=2) as erp:
            found = [
                document
                for start in range(0, 12, 3)
                for document in erp.of(entity).changes(WHEN + start * MINUTE, WHEN + (start + 3) * MINUTE)
            ]
        assert numbers(found) == numbers(crowd(entity, 12))

    @one("changes")
    def test_equal_stamps_at_the_edge_of_a_page_lose_nothing(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 200), WHEN)
        with lab.open(page=50) as erp:
            found = list(erp.of(entity).changes(WHEN, WHEN + MINUTE))
        assert numbers(found) == numbers(crowd(entity, 200))

    @one("changes")
    def test_a_walk_through_equal_stamps_goes_on_after_any_token(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 30), WHEN)
        window = Window(WHEN, WHEN + MINUTE)
        with lab.open(page=7) as erp:
            pages = list(erp.pages(entity, window))
            for place, page in enumerate(pages):
                rest = [document for later in pages[place + 1 :] for document in later.items]
                again = erp.pages(entity, window, after=page.token)
                assert [document for later in again for document in later.items] == rest

    @one("changes")
    def test_an_edited_document_comes_again_in_its_newest_state(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 5), WHEN)
        with lab.open() as erp:
            before = {document.number: document for document in erp.of(entity).changes(WHEN, WHEN + MINUTE)}
            lab.system.edit(entity, "N0002", WHEN + 2 * MINUTE)
            assert numbers([*erp.of(entity).changes(WHEN, WHEN + MINUTE)]) == ["N0001", "N0003", "N0004", "N0005"]
            (again,) = erp.of(entity).changes(WHEN + MINUTE, WHEN + 3 * MINUTE)
        assert again.number == "N0002"
        assert again.version != before["N0002"].version

    @one("changes")
    def test_what_is_edited_while_it_is_read_comes_now_or_with_the_next_window(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 12), WHEN)
        with lab.open(page=3) as erp:
            stream = erp.of(entity).changes(WHEN, WHEN + MINUTE)
            found = [next(stream) for _ in range(4)]
            for place in (2, 6, 11):
                lab.system.edit(entity, f"N{place:04d}", WHEN + 2 * MINUTE)
            found += stream
            later = list(erp.of(entity).changes(WHEN + MINUTE, WHEN + 3 * MINUTE))
        told = [document.number for document in found]
        assert len(told) == len(set(told))
        assert {*told, *numbers(later)} == set(numbers(crowd(entity, 12)))
        assert numbers(later) == ["N0002", "N0006", "N0011"]

    @one("changes")
    def test_a_late_arrival_with_an_earlier_stamp_is_found_by_an_overlap(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 3), WHEN)
        with lab.open() as erp:
            seen = {document.number: document for document in erp.of(entity).changes(WHEN, WHEN + MINUTE)}
            lab.system.plant([specimen(entity, "late")], WHEN + MINUTE / 2)
            again = list(erp.of(entity).changes(WHEN + MINUTE - 2 * MINUTE, WHEN + 2 * MINUTE))
        assert numbers(again) == ["N0001", "N0002", "N0003", "late"]
        assert [document for document in again if document.number != "late"] == list(seen.values())

    @needing("skew")
    @one("changes")
    def test_now_is_the_servers_now_however_clocks_differ(self, lab: Lab, entity: Entity) -> None:
        with lab.open() as erp:
            for place, ahead in enumerate((0.0, 600.0, -600.0)):
                lab.system.ahead(ahead)
                now = lab.system.now()
                lab.system.plant([specimen(entity, f"past-{place}")], now - MINUTE / 6)
                lab.system.plant([specimen(entity, f"future-{place}")], now + MINUTE)
                assert numbers([*erp.of(entity).changes(now - MINUTE / 2)]) == [f"past-{place}"]
                assert abs(erp.now() - lab.system.now()) < MINUTE / 12
                lab.system.remove(entity, f"future-{place}")
