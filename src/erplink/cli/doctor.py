"""``erplink doctor``: looks at a real Kingdee step by step and says in words what is wrong."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

import msgspec
from attrs import asdict, frozen
from rich.console import Console
from rich.text import Text

from erplink.cli.exits import STOP
from erplink.erp.kingdee import Kingdee
from erplink.erp.kingdee.doctor import Check
from erplink.erp.kingdee.doctor import doctor as examine
from erplink.errors import ConfigInvalid
from erplink.facade.connect import connect
from erplink.facade.step import step


@frozen
class Patient:
    """Where the Kingdee is and how to log in, but for the secret."""

    url: str
    acct_id: str
    username: str
    app_id: str
    zone: str
    record: Path | None
    json: bool


def run(patient: Patient) -> int:
    """Check, print what was found, and return the exit code: 0 when all is well, else 3.

    Raises ``ConfigInvalid`` when a setting cannot be right or the secret is missing.
    """
    settings = _settings(patient)
    with connect(settings, record=patient.record) as erp:
        checks = step(examine(erp.io, settings))
    if patient.json:
        print(msgspec.json.encode({"ok": _well(checks), "checks": [asdict(check) for check in checks]}).decode())
    else:
        _print(checks, patient)
    return 0 if _well(checks) else STOP


def _well(checks: list[Check]) -> bool:
    return all(check.ok for check in checks)


def _settings(patient: Patient) -> Kingdee:
    """Settings; the secret comes from environment or keyboard, never from the arguments, which others can list."""
    if patient.app_id:
        secret = _secret("ERPLINK_APP_SECRET", "application secret: ")
        return Kingdee(
            url=patient.url,
            acct_id=patient.acct_id,
            username=patient.username,
            app_id=patient.app_id,
            app_secret=secret,
            zone=patient.zone,
        )
    password = _secret("ERPLINK_PASSWORD", "password: ")
    return Kingdee(
        url=patient.url, acct_id=patient.acct_id, username=patient.username, password=password, zone=patient.zone
    )


def _secret(variable: str, prompt: str) -> str:
    given = os.environ.get(variable)
    if given:
        return given
    if not sys.stdin.isatty():
        raise ConfigInvalid(f"{variable} is not set", where="erplink doctor", next_step="set it to the secret")
    return getpass.getpass(prompt, stream=sys.stderr)


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
