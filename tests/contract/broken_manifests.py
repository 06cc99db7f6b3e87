"""Manifests with one mistake each, and the tests of the contract that are to find it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve, frozen

from erplink.testing.contract.subject import Subject
from erplink.testing.contract.subjects.rest import RestSubject
from erplink.testing.contract.subjects.soap import SoapSubject
from erplink.testing.worlds import rest, soap
from erplink.testing.worlds.rest.manifest import manifest_of as rest_manifest
from erplink.testing.worlds.soap.manifest import manifest_of as soap_manifest

Spoil = Callable[[str], str]


@frozen
class Mistake:
    """What stands instead of what, in which house, and which tests of which class of the contract fail by it."""

    name: str
    family: str
    house: str
    was: str
    is_: str
    case: str
    found_by: frozenset[str]

    def subject(self) -> Subject:
        """The house, entered by the manifest with the mistake."""
        return _SUBJECTS[self.family](self.house, self.name, self.spoil)

    def spoil(self, text: str) -> str:
        """A manifest with the mistake in it."""
        assert self.was in text, f"{self.name}: the manifest has no {self.was!r}"
        return text.replace(self.was, self.is_)


def _rest(house: str, name: str, spoil: Spoil) -> Subject:
    def scribe(world: rest.RestWorld, *, page: int) -> str:
        return spoil(rest_manifest(world, page=page))

    return RestSubject(evolve(rest.house(house), name=name), scribe)


def _soap(house: str, name: str, spoil: Spoil) -> Subject:
    def scribe(world: soap.SoapWorld, *, page: int) -> str:
        return spoil(soap_manifest(world, page=page))

    return SoapSubject(evolve(soap.house(house), name=name), scribe)


_SUBJECTS: Mapping[str, Callable[[str, str, Spoil], Subject]] = {"rest": _rest, "soap": _soap}

MISTAKES = (
    Mistake(
        "another-zone",
        "rest",
        "classic",
        'zone = "Asia/Shanghai"',
        'zone = "America/New_York"',
        "Reads",
        frozenset({"test_a_list_has_every_document_once_as_it_was_put_in", "test_a_document_comes_as_it_was_put_in"}),
    ),
    Mistake(
        "errors-taken-for-data",
        "rest",
        "classic",
        'when = { path = "code", is = [500] }\nmeans = "fault"',
        'when = { path = "code", is = [500] }\nmeans = "refused"',
        "Errors",
        frozenset({"test_a_fault_that_passes_is_not_noticed", "test_a_fault_that_stays_is_told_in_the_end"}),
    ),
    Mistake(
        "a-stamp-of-something-else",
        "rest",
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
    Mistake(
        "keys-taken-for-equal",
        "soap",
        "document",
        'RequestId = "{key|url}"',
        'RequestId = "{key|url|lower}"',
        "Creates",
        frozenset({"test_keys_that_differ_make_documents_that_differ"}),
    ),
    Mistake(
        "fault-as-refusal",
        "soap",
        "document",
        'is = "BUSY" }\nmeans = "busy"',
        'is = "BUSY" }\nmeans = "refused"',
        "Errors",
        frozenset({"test_a_fault_that_passes_is_not_noticed", "test_a_fault_that_stays_is_told_in_the_end"}),
    ),
    Mistake(
        "one-page-is-all",
        "soap",
        "rpc",
        'next = "return.Next"',
        'next = "return.After"',
        "Paging",
        frozenset(
            {
                "test_a_walk_goes_on_after_any_token",
                "test_every_document_comes_once_wherever_pages_end",
                "test_what_is_added_before_the_place_of_the_walk_doubles_nothing",
                "test_what_is_added_meanwhile_hides_nothing_and_doubles_nothing",
                "test_what_is_deleted_meanwhile_hides_nothing_else",
                "test_what_is_edited_meanwhile_comes_once",
            }
        ),
    ),
)
