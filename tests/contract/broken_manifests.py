"""Manifests with one mistake each, and the tests of the contract that are to find it."""

from __future__ import annotations

from attrs import evolve, frozen

from erplink.testing.contract.subjects.rest import RestSubject
from erplink.testing.worlds.rest import RestWorld, house
from erplink.testing.worlds.rest.manifest import manifest_of


@frozen
class Mistake:
    """What stands instead of what, in which house, and which tests of which class of the contract fail by it."""

    name: str
    house: str
    was: str
    is_: str
    case: str
    found_by: frozenset[str]

    def subject(self) -> RestSubject:
        """The house, entered by the manifest with the mistake."""

        def scribe(world: RestWorld, *, page: int) -> str:
            text = manifest_of(world, page=page)
            assert self.was in text, f"{self.name}: the manifest has no {self.was!r}"
            return text.replace(self.was, self.is_)

        return RestSubject(evolve(house(self.house), name=self.name), scribe)


MISTAKES = (
    Mistake(
        "another-zone",
        "classic",
        'zone = "Asia/Shanghai"',
        'zone = "America/New_York"',
        "Reads",
        frozenset({"test_a_list_has_every_document_once_as_it_was_put_in", "test_a_document_comes_as_it_was_put_in"}),
    ),
    Mistake(
        "errors-taken-for-data",
        "classic",
        'when = { path = "code", is = [500] }\nmeans = "fault"',
        'when = { path = "code", is = [500] }\nmeans = "refused"',
        "Errors",
        frozenset({"test_a_fault_that_passes_is_not_noticed", "test_a_fault_that_stays_is_told_in_the_end"}),
    ),
    Mistake(
        "a-stamp-of-something-else",
        "modern",
        'fields.modified = "updated_at"',
        'fields.modified = "created_at"',
        "Changes",
        frozenset(
            {
                "test_an_edited_document_comes_again_in_its_newest_state",
                "test_now_is_the_servers_now_however_clocks_differ",
                "test_what_is_edited_while_it_is_read_comes_now_or_with_the_next_window",
                "test_windows_side_by_side_have_each_change_once",
            }
        ),
    ),
)
