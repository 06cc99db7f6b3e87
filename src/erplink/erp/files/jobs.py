"""What a walk does in the folder: plain functions, each of which ``Io.transact`` runs."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from erplink.erp.files.census import Census
from erplink.erp.files.folder import Folder, like
from erplink.erp.files.opened import Opened, numbers, open_pair
from erplink.erp.files.plan import FilePlan, Pair
from erplink.erp.files.recording import Recordings
from erplink.erp.files.report import Gathered, report_name, write_report
from erplink.erp.files.table import Damaged
from erplink.erp.files.words import Language
from erplink.errors import FileInvalid


@frozen
class Habits:
    """What a manifest says of all its files. ``page`` counts documents; ``settle`` is how long a file is left alone."""

    reports: str
    language: Language
    settle: timedelta
    page: int


def surveyed(folder: Folder, census: Census, plan: FilePlan, pair: Pair, kept: Recordings) -> None:
    """Take the documents of a file into the census. One that cannot be read is told when its turn comes."""
    try:
        census.add(numbers(folder, plan, pair, kept))
    except (Damaged, FileInvalid, FileNotFoundError):
        census.surveyed += 1


Why = Damaged | FileInvalid | None
"""Why a file cannot be opened: by its own fault, or perhaps by the manifest's; None: it is gone."""


def opened_or_why(folder: Folder, plan: FilePlan, pair: Pair, kept: Recordings) -> Opened | Why:
    """A file, or why it cannot be opened."""
    try:
        return open_pair(folder, plan, pair, kept)
    except (Damaged, FileInvalid) as error:
        return error
    except FileNotFoundError:
        return None


def report_of(
    folder: Folder, plan: FilePlan, habits: Habits, pair: Pair, opened: Opened, gathered: Gathered
) -> tuple[str, ...]:
    """Write the reports about a file and the one with its lines, or take old ones away; the names of what there is."""
    name = report_name(habits.reports, plan.entity, pair.head)
    written = [write_report(folder, name, opened.binding, gathered.rows["head"], habits.language)]
    if pair.lines is not None and opened.lines_binding is not None:
        name = report_name(habits.reports, plan.entity, pair.lines)
        written.append(write_report(folder, name, opened.lines_binding, gathered.rows["lines"], habits.language))
    return tuple(name for name in written if name)


def looked_at(folder: Folder, pair: Pair) -> Pair | None:
    """A pair as it is now; None when one of the two is gone."""
    head = folder.look(pair.head.name)
    lines = folder.look(pair.lines.name) if pair.lines is not None else None
    if head is None or (lines is None) != (pair.lines is None):
        return None
    return Pair(like(head, pair.head), None if lines is None or pair.lines is None else like(lines, pair.lines))
