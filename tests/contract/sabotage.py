"""Which test has to find which broken adapter, and a subject that opens it."""

# ruff: noqa: ANN401 - what a system holds is passed through, whatever it is

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import asdict, field, frozen

from erplink.erp.kingdee import Kingdee
from erplink.testing.contract.subject import System
from erplink.testing.contract.subjects.kingdee import KingdeeSubject
from erplink.wire.adapter import Adapter
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace
from tests.contract import bad_callers, bad_readers, bad_writers
from tests.contract.wrapped import Open, sending, wrapping


@frozen
class Saboteur:
    """One broken adapter. ``case`` is the class of the suite that is run, ``found_by`` its tests that must fail."""

    name: str
    open: Open
    case: str
    found_by: frozenset[str]


@frozen
class SabotagedSubject(KingdeeSubject):
    """The Kingdee subject with a broken adapter."""

    saboteur: Saboteur | None = field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        assert self.saboteur is not None
        return self.saboteur.name

    @contextmanager
    def start(self) -> Iterator[Any]:
        assert self.saboteur is not None
        with KingdeeSubject.start(self) as system:
            yield SabotagedSystem(system, self.saboteur.open)


class SabotagedSystem:
    """A system whose settings open a broken adapter."""

    def __init__(self, system: System, sabotage: Open) -> None:
        self._system, self._sabotage = system, sabotage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._system, name)

    def settings(self, *, page: int) -> Kingdee:
        return self._broken(self._system.settings(page=page))

    def impostor(self) -> Kingdee:
        return self._broken(self._system.impostor())

    def _broken(self, settings: Any) -> Kingdee:
        def opened(_: Kingdee, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> Adapter:
            return self._sabotage(settings, io)

        kind = type("Kingdee", (Kingdee,), {"open": opened, "__slots__": ()})
        broken: Kingdee = kind(**asdict(settings, recurse=False))
        return broken


def _of(case: str, opened: Open, *found_by: str) -> Saboteur:
    return Saboteur(opened.__name__, opened, case, frozenset(f"test_{name}" for name in found_by))


SABOTEURS = (
    _of("Declares", wrapping(bad_readers.HidesACapability), "the_adapter_declares_what_is_proven"),
    _of("Reads", wrapping(bad_readers.InventsDocuments), "what_is_not_there_is_not_found"),
    _of("Texts", wrapping(bad_readers.SpeaksGbk), "text_comes_as_it_was_written"),
    _of("Texts", wrapping(bad_readers.StripsZeros), "a_number_may_hold_any_sign_and_keeps_its_zeros"),
    _of("Texts", wrapping(bad_readers.AsksByLike), "a_number_is_never_taken_for_a_condition"),
    _of("Exactness", wrapping(bad_readers.Floats), "figures_come_to_the_last_digit"),
    _of("Statuses", wrapping(bad_readers.GuessesStatuses), "a_status_that_nobody_knows_is_unknown_and_kept"),
    _of(
        "Broken",
        wrapping(bad_readers.HidesBrokenDocuments),
        "a_broken_document_is_set_aside_and_named",
        "a_stream_tells_of_a_broken_document",
        "a_walk_goes_on_behind_a_broken_document",
    ),
    _of(
        "Broken",
        wrapping(bad_readers.StopsAtABrokenDocument),
        "a_broken_document_is_set_aside_and_named",
        "a_walk_goes_on_behind_a_broken_document",
    ),
    _of("Paging", wrapping(bad_readers.CutsLongDocuments), "a_document_with_more_lines_than_a_page_is_whole"),
    _of(
        "Paging",
        wrapping(bad_readers.CountsOffsets),
        "what_is_deleted_meanwhile_hides_nothing_else",
        "what_is_added_before_the_place_of_the_walk_doubles_nothing",
    ),
    _of("Paging", wrapping(bad_readers.ForgetsWhereItWas), "a_walk_goes_on_after_any_token"),
    _of(
        "Changes",
        wrapping(bad_readers.LosesTies),
        "equal_stamps_at_the_edge_of_a_page_lose_nothing",
        "what_is_edited_while_it_is_read_comes_now_or_with_the_next_window",
    ),
    _of(
        "Changes",
        wrapping(bad_readers.ClosesWindows),
        "a_window_has_its_beginning_and_not_its_end",
        "windows_side_by_side_have_each_change_once",
    ),
    _of("Changes", wrapping(bad_readers.TrustsItsOwnClock), "now_is_the_servers_now_however_clocks_differ"),
    _of("Keys", wrapping(bad_readers.SortsIdsAsText), "ids_of_another_length_keep_the_order"),
    _of(
        "Session",
        wrapping(bad_callers.TriesRefusedLoginsAgain),
        "a_wrong_secret_is_sent_once_however_many_callers",
        "a_wrong_secret_is_not_sent_by_later_calls",
    ),
    _of(
        "Session",
        wrapping(bad_callers.LogsInForEachCall),
        "the_first_call_logs_in_and_the_session_is_kept",
        "a_herd_makes_one_login",
        "a_herd_whose_login_is_disturbed_makes_one_in_the_end",
        "a_wrong_secret_is_sent_once_however_many_callers",
        "a_wrong_secret_is_not_sent_by_later_calls",
    ),
    _of(
        "Errors",
        bad_callers.gives_up_at_once,
        "a_fault_that_passes_is_not_noticed",
        "a_reply_that_stops_amid_its_body_is_not_waited_for",
        "who_asks_for_patience_gets_it",
    ),
    _of("Errors", bad_callers.never_gives_up, "a_fault_that_stays_is_told_in_the_end"),
    _of("Errors", sending(bad_callers.DoesNotReadRetryAfter), "who_asks_for_patience_gets_it"),
    _of("Errors", wrapping(bad_callers.SwallowsWords), "a_refusal_is_told_in_the_systems_own_words"),
    _of(
        "Creates",
        sending(bad_writers.SavesAgainUnderAnotherNumber),
        "a_reply_that_is_lost_after_the_deed_makes_no_second_document",
        "a_fault_that_passes_leaves_one_document_in_force",
        "a_herd_with_keys_of_its_own_makes_one_each_amid_lost_replies",
        "when_every_reply_is_lost_there_is_one_document_in_the_end",
    ),
    _of(
        "Creates",
        wrapping(bad_writers.TakesAnyDocumentOfTheKey),
        "the_same_key_for_something_else_is_a_conflict_and_changes_nothing",
    ),
    _of(
        "Creates",
        wrapping(bad_writers.CountsItsOwnNumbers),
        "the_same_key_twice_is_one_document",
        "the_same_key_from_another_client_is_one_document",
        "the_same_key_for_something_else_is_a_conflict_and_changes_nothing",
        "a_herd_with_one_key_makes_one_document",
        "keys_that_differ_make_documents_that_differ",
        "when_every_reply_is_lost_there_is_one_document_in_the_end",
    ),
    _of("Updates", wrapping(bad_writers.ClearsThePhone), "a_field_is_written_and_the_rest_stays"),
    _of(
        "Updates", wrapping(bad_writers.SkipsUnknownFields), "a_field_that_is_not_there_is_named_and_nothing_is_written"
    ),
    _of("Acts", wrapping(bad_writers.PressesBlindly), "a_button_does_what_it_says_also_when_it_is_pressed_again"),
    _of("Acts", wrapping(bad_writers.SkipsUnknownButtons), "a_button_that_is_not_there_is_named"),
    _of("Stock", wrapping(bad_readers.SumsWarehouses), "each_warehouse_has_its_row"),
    _of("Stock", wrapping(bad_readers.AsksForTheFirstHundred), "hundreds_of_skus_come_once_each"),
    _of("Raw", wrapping(bad_callers.RepeatsRawWrites), "a_write_of_unknown_outcome_is_not_made_again"),
    _of(
        "Secrets",
        wrapping(bad_callers.TellsTheSecret),
        "no_secret_shows_in_a_refused_login",
        "no_secret_shows_in_an_error_or_its_causes",
    ),
    _of(
        "Secrets",
        wrapping(bad_callers.HidesTheSecretInTheCause),
        "no_secret_shows_in_a_refused_login",
        "no_secret_shows_in_an_error_or_its_causes",
    ),
    _of("Secrets", wrapping(bad_callers.LogsTheSecret), "no_secret_is_logged_at_any_level"),
    _of("Secrets", wrapping(bad_callers.ShowsItself), "no_secret_shows_in_a_repr"),
)
