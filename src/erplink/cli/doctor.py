"""``erplink doctor``: looks at a real Kingdee step by step and says in words what is wrong."""

from __future__ import annotations

from pathlib import Path

import msgspec
from attrs import asdict, frozen
from rich.console import Console
from rich.text import Text

from erplink.cli.exits import STOP
from erplink.cli.login import Login, settings
from erplink.erp.kingdee.doctor import Check
from erplink.erp.kingdee.doctor import doctor as examine
from erplink.facade.connect import connect
from erplink.facade.step import step


@frozen
class Patient:
    """Which Kingdee to look at, and how to tell what was found."""

    login: Login
    record: Path | None
    json: bool


def run(patient: Patient) -> int:
    """Check, print what was found, and return the exit code: 0 when all is well, else 3.

    Raises ``ConfigInvalid`` when a setting cannot be right or the secret is missing.
    """
    kingdee = settings(patient.login, "erplink doctor")
    with connect(kingdee, record=patient.record) as erp:
        checks = step(examine(erp.io, kingdee))
    if patient.json:
        print(msgspec.json.encode({"ok": _well(checks), "checks": [asdict(check) for check in checks]}).decode())
    else:
        _print(checks, patient)
    return 0 if _well(checks) else STOP


def _well(checks: list[Check]) -> bool:
    return all(check.ok for check in checks)


def _print(checks: list[Check], patient: Patient) -> None:
    console = Console()
    for check in checks:
        mark = Text("ok  ", style="green") if check.ok else Text("FAIL", style="bold red")
        console.print(Text.assemble(mark, "  ", (check.name, "bold"), f": {check.words}"), soft_wrap=True)
    wrong = [check for check in checks if not check.ok]
    end = f"{len(wrong)} of {len(checks)} checks failed." if wrong else "All is well."
    console.print(end, style="bold", markup=False)
    if patient.record is not None:
        console.print(f"redacted calls and replies: {patient.record}", markup=False, soft_wrap=True)
