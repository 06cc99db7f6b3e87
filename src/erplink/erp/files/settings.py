"""From a manifest of ``kind = "files"`` to settings that can be opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import field, frozen

from erplink.erp.files.columns import mapped
from erplink.erp.files.folder import Folder
from erplink.erp.files.jobs import Habits
from erplink.erp.files.plan import FilePlan
from erplink.erp.files.stock import StockFiles, stock_of
from erplink.erp.files.words import FileEntity, FilesManifest
from erplink.manifest.head import Source
from erplink.manifest.settings import PULLED
from erplink.model.documents import Entity
from erplink.wire.check import Check
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace

if TYPE_CHECKING:
    from erplink.erp.files.adapter import FilesAdapter


@frozen
class Files:
    """Files as a manifest describes them, checked and compiled, ready to be read."""

    name: str
    zone: str
    folder: Folder
    habits: Habits
    plans: Mapping[Entity, FilePlan] = field(repr=False)
    stock: StockFiles | None = field(default=None, repr=False)

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> FilesAdapter:
        """An adapter over this Io. One reader goes from file to file, whatever ``parallel`` says."""
        from erplink.erp.files.adapter import FilesAdapter

        del parallel, pacing
        return FilesAdapter(io, self)

    async def doctor(self, io: Io) -> list[Check]:
        """What is wrong between the manifest and the files, step by step."""
        from erplink.erp.files.doctor import examine

        return await examine(io, self)


def from_manifest(source: Source) -> Files:
    """The settings of a manifest. Raises ``ConfigInvalid``: file, line, key and the allowed words."""
    words = source.words(FilesManifest)
    house = source.house(words)
    given: dict[Entity, FileEntity | None] = {entity: getattr(words.entities, entity) for entity in PULLED}
    there: dict[Entity, FileEntity] = {entity: each for entity, each in given.items() if each is not None}
    besides = tuple(
        folder
        for each in there.values()
        for folder in (each.done, each.create and each.create.folder, each.update and each.update.folder)
        if folder
    )
    shared = Counter(pattern for each in there.values() for pattern in each.files)
    for entity, each in there.items():
        if each.done is not None and any(shared[pattern] > 1 for pattern in each.files):
            step = "leave done out, or give each entity files of its own"
            what = "files of several entities cannot be moved away when one of them has been read"
            raise source.text.invalid(what, ("entities", entity, "done"), step)
    plans: dict[Entity, FilePlan] = {
        entity: FilePlan(entity, each, mapped(entity, each, house), _besides(words, each.files, besides))
        for entity, each in there.items()
    }
    stock = words.entities.stock
    return Files(
        name=words.name,
        zone=words.zone,
        folder=Folder(source.folder),
        habits=Habits(words.reports, words.language, timedelta(seconds=words.settle), words.page),
        plans=plans,
        stock=None if stock is None else stock_of(stock, house, ZoneInfo(words.zone)),
    )


def _besides(words: FilesManifest, patterns: tuple[str, ...], folders: tuple[str, ...]) -> tuple[str, ...]:
    """Folders in which no file to be read is looked for, unless a pattern names them."""
    known = (*folders, words.reports) if words.reports else folders
    return tuple(folder for folder in known if not any(pattern.startswith(f"{folder}/") for pattern in patterns))
