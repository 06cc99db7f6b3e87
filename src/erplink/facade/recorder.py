"""Keep what went over the wire, redacted, for support: one JSON file per call in a folder of the user's choice."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

from erplink.errors import ConfigInvalid
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed
from erplink.wire.record import exchange

Record = Callable[[Call, Reply | SendFailed, float], None]
"""Told of every call, what came of it, and the seconds it took."""


def recorder(folder: Path, secrets: tuple[str, ...] = ()) -> Record:
    """A record into ``folder``, which is made if need be; earlier files in it stay.

    Raises:
        ConfigInvalid: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = [int(path.name[:6]) for path in folder.glob("[0-9][0-9][0-9][0-9][0-9][0-9]-*.json")]
    except OSError as error:
        raise ConfigInvalid(
            f"the folder {folder} for recorded replies cannot be used: {error.strerror}",
            next_step="name a folder that can be written to",
        ) from error
    numbers = count(max(taken, default=0) + 1)

    def record(call: Call, outcome: Reply | SendFailed, seconds: float) -> None:
        name = "".join(char if char.isalnum() else "_" for char in call.operation)[:60]
        path = folder / f"{next(numbers):06d}-{name}.json"
        path.write_bytes(exchange(call, outcome, seconds, secrets))

    return record
