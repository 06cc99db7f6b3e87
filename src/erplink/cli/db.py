"""``erplink db``: which revision the tables of a database are of, what is in them, and how they become today's."""

from __future__ import annotations

import msgspec
from attrs import asdict
from rich.console import Console

from erplink.cli.exits import STOP
from erplink.cli.sheets import Sheet
from erplink.cli.tables import show
from erplink.store.contents import Contents
from erplink.store.database import look, upgrade


def showing(url: str, *, as_json: bool) -> int:
    """Print what a database holds; the exit code: 0 when it can be opened as it is, else 3."""
    found = look(url)
    fits = found.revision in ("", found.needed)
    if as_json:
        print(msgspec.json.encode({"fits": fits, **asdict(found)}).decode())
        return 0 if fits else STOP
    console = Console()
    if found.tables:
        show(console, Sheet("Tables", ("table", "rows"), tuple(found.tables.items())))
    if found.waiting:
        show(console, Sheet("Waiting", ("what", "number"), tuple(found.waiting.items())))
    console.print(f"\n{_verdict(found)}", markup=False, highlight=False)
    return 0 if fits else STOP


def upgrading(url: str) -> None:
    """Upgrade the tables, and say which revisions were reached."""
    console = Console()

    def tell(revision: str) -> None:
        console.print(f"reached revision {revision}", highlight=False)

    before = upgrade(url, tell=tell)
    now = look(url).revision
    done = f"Upgraded from revision {before}; nothing was lost." if before != now else f"Of revision {now}."
    console.print(done, highlight=False)


def _verdict(found: Contents) -> str:
    if not found.revision:
        return f"No tables of erplink. The first to open it makes them, of revision {found.needed}."
    if found.revision == found.needed:
        return f"Revision {found.revision}, as this erplink needs it."
    if found.revision > found.needed:
        return f"Revision {found.revision}; this erplink knows {found.needed}: install the newer one."
    return f"Revision {found.revision}; this erplink needs {found.needed}: back it up, then run erplink db upgrade."
