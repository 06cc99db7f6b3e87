"""Adapters of files that are broken in one way each, and the tests of the contract that are to find it."""

# ruff: noqa: ANN401 - what an adapter or a system holds is passed through, whatever it is

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, cast

import msgspec
from attrs import evolve, frozen

from erplink.model.documents import Document, Entity
from erplink.testing.contract.subjects.files import FilesSubject, FilesSystem
from erplink.wire.adapter import Adapter, Page, Settings, Window
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace


class Broken:
    """An adapter as it is, to be broken in one place."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter

    def __getattr__(self, name: str) -> Any:
        return getattr(self.adapter, name)


class TakesNumbersForNumbers(Broken):
    """Reads order numbers as a spreadsheet does."""

    async def get(self, entity: Entity, number: str) -> Document:
        return _without_zeros(await self.adapter.get(entity, number))

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        async for page in self.adapter.pages(entity, window, after):
            yield evolve(page, items=tuple(map(_without_zeros, page.items)))


class HandsOverUnderTheNextNumber(Broken):
    """Names files by how many there were, not by their key."""

    made = 0

    async def create(self, entity: Entity, document: Document, key: str) -> Document:
        type(self).made += 1
        return await self.adapter.create(entity, document, f"{key}-{type(self).made}")


class GivesFilesOfTheWholeFolder(Broken):
    """Forgets which files were read already."""

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        del after
        async for page in self.adapter.pages(entity, window):
            yield page


def _without_zeros(document: Document) -> Document:
    return msgspec.structs.replace(document, number=document.number.lstrip("0"))


@frozen
class Breakage:
    """A broken adapter, the class of the suite that is run with it, and the tests of it that must fail."""

    kind: type[Broken]
    case: str
    found_by: frozenset[str]


BREAKAGES = (
    Breakage(TakesNumbersForNumbers, "Texts", frozenset({"test_a_number_may_hold_any_sign_and_keeps_its_zeros"})),
    Breakage(
        HandsOverUnderTheNextNumber,
        "Creates",
        frozenset(
            {
                "test_the_same_key_twice_is_one_document",
                "test_the_same_key_from_another_client_is_one_document",
                "test_a_herd_with_one_key_makes_one_document",
                "test_keys_that_differ_make_documents_that_differ",
                "test_the_same_key_for_something_else_is_a_conflict_and_changes_nothing",
            }
        ),
    ),
    Breakage(GivesFilesOfTheWholeFolder, "Paging", frozenset({"test_a_walk_goes_on_after_any_token"})),
)


@frozen(kw_only=True)
class BrokenSubject(FilesSubject):
    """Files read by a broken adapter."""

    breakage: Breakage

    @property
    def name(self) -> str:
        return f"files {self.breakage.kind.__name__}"

    @contextmanager
    def start(self) -> Iterator[Any]:
        with FilesSubject.start(self) as system:
            yield BrokenSystem(system, self.breakage.kind)


class BrokenSystem:
    """A folder whose settings open a broken adapter."""

    def __init__(self, system: FilesSystem, kind: type[Broken]) -> None:
        self._system, self._kind = system, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._system, name)

    def settings(self, *, page: int) -> Settings:
        return BrokenSettings(self._system.settings(page=page), self._kind)


@frozen
class BrokenSettings:
    settings: Settings
    kind: type[Broken]

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> Adapter:
        return cast("Adapter", self.kind(self.settings.open(io, parallel=parallel, pacing=pacing)))
