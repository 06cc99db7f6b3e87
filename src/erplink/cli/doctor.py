"""``erplink doctor``: looks at a real system step by step and says in words what is wrong."""

from __future__ import annotations

from pathlib import Path

import msgspec
from attrs import asdict, frozen
from rich.console import Console
from rich.text import Text

from erplink.cli.exits import STOP
from erplink.cli.login import Login, settings
from erplink.cli.manifest import settings_of
from erplink.errors import ConfigInvalid
from erplink.facade.connect import connect
from erplink.facade.step import step
from erplink.wire.adapter import Settings
from erplink.wire.check import Check, Examinable


@frozen
class Patient:
    """Which system to look at, by a manifest or as a Kingdee, and how to tell what was found."""

    manifest: Path | None
    login: Login
    record: Path | None
    json: bool


def run(patient: Patient) -> int:
    """Check, print what was found, and return the exit code: 0 when all is well, else 3.

    Raises ``ConfigInvalid`` when a setting cannot be right or a secret is missing.
    """
    system = _settings(patient)
    if not isinstance(system, Examinable):
        raise ConfigInvalid("this kind of system has no doctor", next_step="try its first page instead")
    with connect(system, record=patient.record) as erp:
        checks = step(system.doctor(erp.io))
    if patient.json:
        print(msgspec.json.encode({"ok": _well(checks), "checks": [asdict(check) for check in checks]}).decode())
    else:
        _print(checks, patient)
    return 0 if _well(checks) else STOP


def _settings(patient: Patient) -> Settings:
    if patient.manifest is not None:
        return settings_of(patient.manifest)
    if not (patient.login.url and patient.login.acct_id and patient.login.username):
        step = "give a manifest, or --url, --acct-id and --username of a Kingdee"
        raise ConfigInvalid("nothing says which system", where="erplink doctor", next_step=step)
    return settings(patient.login, "erplink doctor")


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
