"""Messages as an application writes and reads them, and what both outboxes and both inboxes do, written once."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from attrs import field, frozen

from erplink.errors import ConfigInvalid
from erplink.facade.presence import gone, me
from erplink.store import queue
from erplink.store.database import Store
from erplink.store.queue import Box, Claimed
from erplink.sync.deliver import Handler, Lane, Patience
from erplink.sync.events import HOST
from erplink.sync.progress import silent
from erplink.sync.run import Run

SPACE = "app"
"""The space of applications that use no ``Link`` and name none."""

_NAME, _KEY, _PRIORITY = 120, 200, 32_767


@frozen
class Message:
    """Something to be done once: what (``operation``), its ``key``, and the ``payload`` it takes (anything JSON has).

    ``key`` derives from what it stands for: the same thing again has the same key, and no effect. Messages that share a
    ``subject`` are handed out one at a time, in the order in which they were put. A higher ``priority`` goes first,
    nothing is handed out before ``due_at`` (aware), or while ``waits_for`` is not released.

    Whoever is handed a message finds in ``attempt`` the how-manieth time it is, and in ``maybe`` whether an earlier
    attempt may have had its effect; look before you act then.

    >>> Message("mail.welcome", key="welcome:42", payload={"to": "ann@example.org"}).operation
    'mail.welcome'
    """

    operation: str
    key: str = field(kw_only=True)
    payload: Any = field(default=None, repr=False, kw_only=True)
    subject: str = field(default="", repr=False, kw_only=True)
    priority: int = field(default=0, kw_only=True)
    due_at: datetime | None = field(default=None, kw_only=True)
    waits_for: str | None = field(default=None, kw_only=True)
    attempt: int = field(default=0, kw_only=True)
    maybe: bool = field(default=False, kw_only=True)


def kept(messages: Sequence[Message]) -> list[queue.Message]:
    """Messages as the queue keeps them. Raises ``ConfigInvalid`` before anything is kept."""
    return [_kept(message) for message in messages]


def handed(claimed: Claimed) -> Message:
    """A message as a handler gets it."""
    message = claimed.message
    return Message(
        message.operation,
        key=message.key,
        payload=msgspec.json.decode(message.payload),
        subject=message.subject,
        priority=message.priority,
        attempt=claimed.attempts,
        maybe=claimed.maybe,
    )


def lane(box: Box, operations: Collection[str], handle: Handler, parallel: int, patience: Patience) -> Lane:
    """Which messages are worked off: the application's own, of these operations."""
    if not operations:
        raise ConfigInvalid("there are no handlers", where=box, next_step="name a handler for each operation")
    if parallel < 1:
        raise ConfigInvalid(f"parallel is {parallel}", where=box, next_step="give how many at once, at least 1")
    return Lane(box, HOST, tuple(sorted(operations)), handle, parallel, patience)


def run(store: Store, space: str, clock: Callable[[], datetime]) -> Run:
    """A run of this process."""
    return Run(store, space, clock, silent, worker=me(), gone=gone)


def _kept(message: Message) -> queue.Message:
    for name, text, limit in (
        ("operation", message.operation, _NAME),
        ("key", message.key, _KEY),
        ("subject", message.subject, _KEY),
        ("waits_for", message.waits_for or "", _KEY),
    ):
        if len(text) > limit or "\0" in text or (not text and name in ("operation", "key")):
            raise _invalid(f"its {name} has {len(text)} characters", f"write 1 to {limit}, and no zero byte")
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise _invalid(f"its {name} holds half a character", "decode the text it comes from anew")
    if abs(message.priority) > _PRIORITY:
        raise _invalid(f"its priority is {message.priority}", f"stay between -{_PRIORITY} and {_PRIORITY}")
    if message.due_at is not None and message.due_at.tzinfo is None:
        raise _invalid("its due_at names no zone", "give an aware datetime")
    try:
        payload = msgspec.json.encode(message.payload, order="deterministic").decode()
        if "null" in payload:  # as which a figure would be kept that is none
            json.dumps(message.payload, allow_nan=False, default=str)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _invalid(f"its payload is not JSON: {error}", "use texts, numbers, lists and mappings") from error
    return queue.Message(
        key=message.key,
        system=HOST,
        operation=message.operation,
        payload=payload,
        subject=message.subject,
        priority=message.priority,
        due_at=message.due_at,
        waits_for=message.waits_for,
    )


def _invalid(what: str, next_step: str) -> ConfigInvalid:
    return ConfigInvalid(f"the message cannot be kept: {what}", where="message", next_step=next_step)
