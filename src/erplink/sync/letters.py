"""What becomes a dead letter."""

from __future__ import annotations

from erplink.errors import ErplinkError, FixError, RetryError, SkipError, StopError
from erplink.store.dead import DeadLetter, Origin
from erplink.store.queue import Claimed

_GROUPS: tuple[tuple[type[ErplinkError], str], ...] = (
    (RetryError, "retry"),
    (SkipError, "skip"),
    (FixError, "fix"),
    (StopError, "stop"),
)


def group_of(error: Exception) -> str:
    """What a person should do about an error: retry, skip, fix, stop; ``defect`` for one that is not erplink's.

    >>> group_of(ValueError("a handler's own"))
    'defect'
    """
    return next((name for kind, name in _GROUPS if isinstance(error, kind)), "defect")


def letter_of(origin: Origin, claimed: Claimed, error: Exception, mapping: str) -> DeadLetter:
    """The dead letter of a message whose last attempt ended so."""
    message = claimed.message
    return DeadLetter(
        box=origin,
        key=message.key,
        system=message.system,
        operation=message.operation,
        subject=message.subject,
        target=message.target,
        payload=message.payload,
        error_group=group_of(error),
        error=type(error).__name__,
        message=str(error),
        reply=error.reply if isinstance(error, ErplinkError) else "",
        mapping=mapping,
        attempts=claimed.attempts,
    )
