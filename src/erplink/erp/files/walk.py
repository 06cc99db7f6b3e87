"""From file to file: what is to be read, in which order, how far it has come. Awaits nothing but ``Io``.

Files go in the order in which they were written, so that of two with the same document the later one counts; a
document that a later file of the walk has too is read there alone. A file that changes while it is read comes with the
next window, which it then belongs to; without a window, whoever reads is told to begin again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial

from attrs import evolve, field, frozen

from erplink.erp.files.census import Census
from erplink.erp.files.folder import Folder, Found
from erplink.erp.files.jobs import Habits, looked_at, opened_or_why, report_of, surveyed
from erplink.erp.files.moments import moment
from erplink.erp.files.opened import Chunk, Opened
from erplink.erp.files.plan import FilePlan, Pair
from erplink.erp.files.reading import Outcome
from erplink.erp.files.recording import Recordings
from erplink.erp.files.report import Gathered
from erplink.erp.files.spot import DONE, SET_ASIDE, Spot, reached_in, spot_of, token
from erplink.erp.files.texts import Unfit
from erplink.errors import Busy, FileInvalid
from erplink.model.documents import Document
from erplink.wire.adapter import Broken, Page, Window
from erplink.wire.io import Io


@frozen
class Step:
    """Some documents of one file. ``opened`` is None where it could not be opened, as ``error`` says.

    ``blocks``: the file may be as it should and the manifest wrong, so nothing behind it is read.
    """

    pair: Pair
    spot: Spot
    opened: Opened | None
    outcomes: Sequence[Outcome] = ()
    error: FileInvalid | None = None
    blocks: bool = False
    gathered: Gathered = field(factory=Gathered)
    reports: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether it is the last one of its file."""
        return self.spot.row < 0


@frozen
class _Known:
    """What is known of the file at one place of a walk before its turn comes."""

    place: int
    census: Census
    kept: Recordings

    def is_apart(self, number: str) -> bool:
        """Whether the rows of a document stand in several places of it."""
        return self.census.is_apart(self.place, number)

    def is_superseded(self, number: str) -> bool:
        """Whether a later file has the document too."""
        return self.census.is_superseded(self.place, number)


@frozen
class Walk:
    """Reads the files of one entity."""

    io: Io
    folder: Folder
    plan: FilePlan
    habits: Habits

    async def pages(self, window: Window, after: str) -> AsyncGenerator[Page, None]:
        """The documents of a window: all of files that came in it, and those of others whose stamp lies in it."""
        async with aclosing(self.steps(window, after)) as steps:
            async for step in steps:
                if step.blocks and step.error is not None:
                    raise step.error
                items, broken = self._told(step, window)
                if items or broken:
                    yield Page(tuple(items), token(step.spot), tuple(broken))

    async def steps(self, window: Window, after: str) -> AsyncGenerator[Step, None]:
        """Every file that may hold something of a window, from start to end; resumes after a token."""
        spot = spot_of(after)
        listed = await self.io.transact(self.folder, self._listed, window)
        pairs = [pair for pair in listed if spot is None or pair.place >= (spot.written, spot.name)]
        census, kept = Census(), Recordings()
        try:
            for pair in pairs:
                await self.io.transact(self.folder, surveyed, census, self.plan, pair, kept)
            census.close()
            async with aclosing(self._through(pairs, census, window, spot, kept)) as steps:
                async for step in steps:
                    yield step
        finally:
            kept.close()

    async def _through(
        self, pairs: Sequence[Pair], census: Census, window: Window, spot: Spot | None, kept: Recordings
    ) -> AsyncGenerator[Step, None]:
        passed: list[Pair] = []
        for place, pair in enumerate(pairs):
            same = spot is not None and (pair.place, pair.mark) == ((spot.written, spot.name), spot.mark)
            reached = spot.row if spot is not None and same else 0
            known = _Known(place, census, kept)
            if reached >= 0:
                async with aclosing(self._file(pair, known, window, reached)) as steps:
                    async for step in steps:
                        reached = step.spot.row
                        yield step
            if reached >= 0 and census.owes(place):
                async with aclosing(self._owed(passed, pair, known)) as steps:
                    async for step in steps:
                        yield step
            if self.plan.words.done is not None and _bounded(window) and reached != SET_ASIDE:
                pair = await self.io.transact(self.folder, self._put_away, pair)  # noqa: PLW2901 - it is elsewhere now
            passed.append(pair)

    async def _owed(self, passed: Sequence[Pair], gone: Pair, known: _Known) -> AsyncGenerator[Step, None]:
        """Documents of earlier files that were left out for a file which then vanished or was replaced."""
        for place, pair in enumerate(passed):
            apart = partial(known.census.is_apart, place)
            opened = await self.io.transact(self.folder, opened_or_why, self.plan, pair, known.kept)
            if not isinstance(opened, Opened):
                continue
            try:
                finished = False
                while not finished:
                    chunk: Chunk = await self.io.transact(self.folder, opened.take, self.habits.page, apart)
                    finished = chunk.finished or chunk.changed
                    owed = [one for one in chunk.outcomes if known.census.is_owed(known.place, one.group.number)]
                    if owed and not chunk.changed:
                        yield Step(pair, reached_in(gone, gone, 0), opened, owed)
            finally:
                opened.close()

    def _listed(self, folder: Folder, window: Window) -> list[Pair]:
        return [pair for pair in self.plan.pairs(folder) if self._is_wanted(pair, window)]

    def _is_wanted(self, pair: Pair, window: Window) -> bool:
        """Whether a file may hold something of a window, and is settled, so that it can be read by now."""
        if window.since is not None and pair.arrived < window.since and self.plan.words.done is None:
            return False
        if window.until is None:
            return True
        by_stamp = bool(self.plan.mapped.mapping.modified) and self.plan.words.done is None
        settled = pair.arrived <= self.io.now() - self.habits.settle
        return settled and (pair.arrived < window.until or by_stamp)

    async def _file(self, listed: Pair, known: _Known, window: Window, row: int) -> AsyncGenerator[Step, None]:
        """One file, from its first row; what comes before ``row`` was told already, and only counts for the report."""
        pair, apart = await self._by_now(listed, known)
        if pair is None or (pair is not listed and not self._is_wanted(pair, window)):
            return
        opened = await self.io.transact(self.folder, opened_or_why, self.plan, pair, known.kept)
        if not isinstance(opened, Opened):
            if opened is not None:
                blocks = isinstance(opened, FileInvalid)
                error = opened if isinstance(opened, FileInvalid) else opened.error
                yield Step(pair, reached_in(listed, pair, SET_ASIDE), None, (), error, blocks)
            return
        try:
            gathered, finished = Gathered(), False
            while not finished:
                chunk: Chunk = await self.io.transact(self.folder, opened.take, self.habits.page, apart)
                if chunk.changed:
                    await self._let_go(pair, window)
                    return
                finished = chunk.finished
                outcomes = [one for one in chunk.outcomes if not known.is_superseded(one.group.number)]
                known.census.told(known.place, (one.group.number for one in outcomes))
                gathered.add(outcomes)
                reports = await self._reported(pair, opened, gathered) if finished else ()
                fresh = [one for one in outcomes if not one.group.rows or one.group.first >= row]
                reached = chunk.upto + 1 if not finished else DONE if chunk.damaged is None else SET_ASIDE
                spot = reached_in(listed, pair, reached)
                yield Step(pair, spot, opened, fresh, chunk.damaged, gathered=gathered, reports=reports)
        finally:
            opened.close()

    async def _by_now(self, listed: Pair, known: _Known) -> tuple[Pair | None, Callable[[str], bool]]:
        """A file as it is when its turn comes, and what tells which documents' rows stand apart in it."""
        pair = await self.io.transact(self.folder, looked_at, listed)
        if pair is None or pair.mark == listed.mark:
            return (None if pair is None else listed), known.is_apart
        anew = Census()
        await self.io.transact(self.folder, surveyed, anew, self.plan, pair, known.kept)
        anew.close()
        return pair, partial(anew.is_apart, 0)

    async def _reported(self, pair: Pair, opened: Opened, gathered: Gathered) -> tuple[str, ...]:
        if not self.habits.reports:
            return ()
        return await self.io.transact(self.folder, report_of, self.plan, self.habits, pair, opened, gathered)

    async def _let_go(self, pair: Pair, window: Window) -> None:
        """A file that is not what it was: it belongs to a later window, or is gone; else ``Busy``."""
        found = await self.io.transact(self.folder, looked_at, pair)
        if found is None or (window.until is not None and found.arrived >= window.until):
            return
        raise Busy(
            "the file was changed while it was read",
            where=pair.name,
            next_step="read again; write files under another name first, and rename them when they are whole",
            sent="no",
        )

    def _put_away(self, folder: Folder, pair: Pair) -> Pair:
        """Move the files of a pair, unless they are not what they were; where they are then."""
        lines = None if pair.lines is None else self._moved(folder, pair.lines)
        return Pair(self._moved(folder, pair.head), lines)

    def _moved(self, folder: Folder, found: Found) -> Found:
        now, done = folder.look(found.name), self.plan.words.done
        if done is None or now is None or now.mark != found.mark:
            return found
        return evolve(found, name=folder.put_away(found.name, done))

    def _told(self, step: Step, window: Window) -> tuple[list[Document], list[Broken]]:
        """The documents of a step that are of a window, and those that cannot be read."""
        items: list[Document] = []
        broken: list[Broken] = []
        whole = self._whole(step.pair, window)
        for outcome in step.outcomes:
            if not whole and not self._is_inside(step, outcome, window):
                continue
            if outcome.document is not None:
                items.append(outcome.document)
            elif step.opened is not None:
                broken.append(step.opened.broken(outcome))
        if step.error is not None:
            broken.append(Broken(f"file {step.pair.name}", step.pair.name, step.error))
        return items, broken

    def _whole(self, pair: Pair, window: Window) -> bool:
        """Whether everything in a file is of a window: it came in it."""
        since = self.plan.words.done is not None or window.since is None or pair.arrived >= window.since
        return since and (window.until is None or pair.arrived < window.until)

    def _is_inside(self, step: Step, outcome: Outcome, window: Window) -> bool:
        mapped = self.plan.mapped
        at = step.opened.binding.at.get(mapped.mapping.modified) if step.opened is not None else None
        if at is None or not outcome.group.rows:
            return False
        cells = outcome.group.rows[0][1]
        try:
            stamp = moment(cells[at] if at < len(cells) else None, mapped.zone, mapped.form)
        except Unfit:
            return True
        if stamp is None:
            return False
        return (window.since is None or stamp >= window.since) and (window.until is None or stamp < window.until)


def _bounded(window: Window) -> bool:
    return window.since is not None or window.until is not None
