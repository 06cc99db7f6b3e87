"""``erplink files check``: reads every file of a manifest and says what is in it and which rows cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import msgspec
from attrs import asdict, frozen
from rich.console import Console

from erplink.cli.exits import FIX, SKIP
from erplink.cli.manifest import settings_of
from erplink.cli.sheets import Sheet
from erplink.cli.tables import show
from erplink.erp.files.checking import FileChecked
from erplink.erp.files.settings import Files
from erplink.errors import ConfigInvalid
from erplink.facade.files import check_files
from erplink.model.documents import Entity


@frozen
class Errand:
    """Which manifest to check, of which entities, and how to tell what was found."""

    manifest: Path
    entities: Sequence[str]
    json: bool


def run(errand: Errand) -> int:
    """Check, print what was found, and return the exit code: 0, or 2 for a file and 4 for rows that cannot be read.

    Raises ``ConfigInvalid`` for a manifest of another kind or an entity that it does not have.
    """
    files = settings_of(errand.manifest)
    if not isinstance(files, Files):
        step = 'give one of kind = "files"; erplink doctor looks at any kind'
        raise ConfigInvalid(f"{errand.manifest.name} describes no files", next_step=step)
    console = Console()
    found = _last_words(check_files(files, cast("Sequence[Entity]", errand.entities)), console, errand)
    if errand.json:
        told = {"ok": all(each.well for each in found), "files": [asdict(each) for each in found]}
        print(msgspec.json.encode(told).decode())
    else:
        _print(console, found)
    return FIX if any(each.error for each in found) else SKIP if any(each.bad for each in found) else 0


def _last_words(steps: Iterable[FileChecked], console: Console, errand: Errand) -> list[FileChecked]:
    """What was found in each file, with the progress in sight meanwhile where somebody looks."""
    found: dict[tuple[str, str], FileChecked] = {}
    with console.status("") as status:
        for each in steps:
            found[each.entity, each.file] = each
            if not errand.json:
                status.update(f"{each.entity} {each.file}: {each.rows:,} rows, {each.documents:,} documents")
    return list(found.values())


def _print(console: Console, found: Sequence[FileChecked]) -> None:
    rows = [(each.entity, each.file, each.rows, each.documents, each.bad, each.blank, each.totals) for each in found]
    heads = ("entity", "file", "rows", "good", "bad", "blank", "totals")
    if rows:
        show(
            console,
            Sheet("Files", heads, tuple(rows), "good and bad count documents; blank and totals are rows left out"),
        )
    console.print()
    for each in found:
        if each.error:
            console.print(each.error, style="bold red", markup=False, highlight=False, soft_wrap=True)
        for name in each.reports:
            words = f"{each.bad:,} documents of {each.file} cannot be read: see {name}"
            console.print(words, markup=False, highlight=False, soft_wrap=True)
    if not found:
        console.print("No file is there.", style="bold")
    elif all(each.well for each in found):
        console.print("All is well.", style="bold")
