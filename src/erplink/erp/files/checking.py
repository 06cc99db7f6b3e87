"""All files of a manifest read from start to end, and what was found in each. Nothing goes anywhere but the reports."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing

from attrs import evolve, frozen

from erplink.erp.files.folder import Folder
from erplink.erp.files.plan import FilePlan
from erplink.erp.files.settings import Files
from erplink.erp.files.walk import Step, Walk
from erplink.errors import ConfigInvalid
from erplink.model.documents import Entity
from erplink.wire.adapter import Window
from erplink.wire.io import Io


@frozen
class FileChecked:
    """One file: rows below the headings, documents that can be read and that cannot, rows of nothing and of totals.

    A document that a later file has too counts there alone. ``reports`` are files with the rows that cannot be read.
    ``error`` says why the file itself cannot be read, or not to its end; ``facts`` what was found out about it.
    """

    entity: Entity
    file: str
    finished: bool = False
    rows: int = 0
    documents: int = 0
    bad: int = 0
    blank: int = 0
    totals: int = 0
    reports: tuple[str, ...] = ()
    error: str = ""
    facts: str = ""

    @property
    def well(self) -> bool:
        """Whether everything in it can be read."""
        return not self.bad and not self.error


async def check(io: Io, files: Files, entities: Collection[Entity] = ()) -> AsyncGenerator[FileChecked, None]:
    """What was found in each file, some documents at a time: a file comes again and again until it is ``finished``.

    Raises ``ConfigInvalid`` for an entity that the manifest does not have, and what keeps a folder from being read.
    """
    for entity in entities:
        if entity not in files.plans:
            known = ", ".join(files.plans) or "nothing"
            raise ConfigInvalid(f"the manifest has no {entity}", where=files.name, next_step=f"it has {known}")
    for entity, plan in files.plans.items():
        if not entities or entity in entities:
            walk = Walk(io, files.folder, plan, files.habits)
            async with aclosing(walk.steps(Window(), "")) as steps:
                found = FileChecked(entity, "")
                async for step in steps:
                    before = found if found.file == step.pair.name else FileChecked(entity, step.pair.name)
                    found = _added(before, step)
                    yield found
            for name in await io.transact(files.folder, _waiting, plan):
                yield FileChecked(entity, name, finished=True, error="it waits for the file with its lines")


def _waiting(folder: Folder, plan: FilePlan) -> list[str]:
    return plan.waiting(folder)


def _added(found: FileChecked, step: Step) -> FileChecked:
    read = sum(1 for outcome in step.outcomes if outcome.document is not None)
    known = evolve(
        found,
        finished=step.finished,
        documents=found.documents + read,
        bad=step.gathered.documents,
        reports=step.reports,
        error=str(step.error) if step.error is not None else "",
    )
    if step.opened is None:
        return known
    tally = step.opened.tally
    facts = ", ".join(f"{what} {said}" for what, said in step.opened.heads.facts.items())
    return evolve(known, rows=tally.rows, blank=tally.blank, totals=tally.totals, facts=facts)
