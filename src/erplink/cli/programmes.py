"""Which policy the demo runs: a file of yours, or one that is shipped, set to your zone and currency."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

from erplink.errors import ConfigInvalid, FileInvalid
from erplink.policy.programme import Policy, load_policy

SHIPPED = ("demo", "p1")


def choose(policy: str | None, zone: str | None, currency: str | None) -> Policy:
    """A checked policy: the file ``policy`` names, else a shipped one by name (default ``demo``).

    ``zone`` and ``currency`` are set in a shipped policy; a file of one's own says them itself and must agree.

    Raises ``FileInvalid`` when the file cannot be read, ``PolicyInvalid`` with file and line, ``ConfigInvalid`` when
    the file and the options disagree.

    >>> choose(None, "Europe/London", "GBP").zone
    'Europe/London'
    """
    name = policy or "demo"
    if name in SHIPPED and not Path(name).exists():
        return load_policy(_localised(_shipped(name), zone, currency), f"{name}.yaml")
    chosen = load_policy(_read(Path(name)), Path(name).name)
    for word, said, wanted in (("zone", chosen.zone, zone), ("currency", chosen.currency, currency)):
        if wanted is not None and wanted != said:
            raise ConfigInvalid(
                f"the policy says {word} {said}, the option --{word} says {wanted}",
                where=Path(name).name,
                next_step="leave the option out, or change the policy",
            )
    return chosen


def keep(policy: Policy, kept: Path) -> None:
    """Note in a folder which policy its books are made under.

    Raises ``ConfigInvalid`` when the folder's books were made under another one.
    """
    if not kept.exists():
        draft = kept.with_suffix(".part")
        draft.write_text(policy.text, encoding="utf-8")
        draft.replace(kept)
    elif load_policy(kept.read_text(encoding="utf-8"), kept.name).hash != policy.hash:
        raise ConfigInvalid(
            "this folder's books were made under another policy",
            where=str(kept),
            next_step="give another --folder for this run, or the same --policy, --zone and --currency as before",
        )


def _shipped(name: str) -> str:
    return files("erplink.cli").joinpath("policies", f"{name}.yaml").read_text(encoding="utf-8")


def _localised(text: str, zone: str | None, currency: str | None) -> str:
    for word, value in (("zone", zone), ("currency", currency)):
        if value is not None:
            text = re.sub(rf"(?m)^{word}: .*$", f"{word}: {json.dumps(value)}".replace("\\", r"\\"), text)
    return text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise FileInvalid(
            f"the policy cannot be read: {reason}",
            where=str(path),
            next_step=f"check the name, or name a shipped one: {', '.join(SHIPPED)}",
        ) from None
