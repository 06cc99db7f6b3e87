"""Events as they travel: an envelope around data, in the words of CloudEvents 1.0 (JSON, structured mode). Pure.

``id``, ``type`` and ``data`` matter; ``source`` and ``subject`` help; every other attribute is left alone. What cannot
be an event is described by a dead letter.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

import msgspec
from attrs import evolve, field, frozen

from erplink.errors import Conflict, ErplinkError, ShapeChanged
from erplink.store.dead import DeadLetter
from erplink.store.queue import Message
from erplink.sync.events import HOST
from erplink.sync.letters import group_of

DOCUMENTS = tuple(
    f"{entity}.changed" for entity in ("products", "customers", "orders", "shipments", "returns", "receipts")
)
"""Types whose data is a canonical document."""

FORMAT = "events-1"
"""The version of the format, as dead letters name it."""

BYTES = 1 << 20
"""How large an event may be."""

_KEY, _NAME, _SHOWN = 200, 120, 4096
_NEXT = "have its sender publish it in the event format of the reference"


@frozen
class Arrival:
    """A message as a broker handed it out: the broker's own name for it, the body, and what acknowledges it."""

    id: str
    body: bytes = field(repr=False)
    receipt: object = field(default=None, repr=False)


class _Envelope(msgspec.Struct, frozen=True, gc=False):
    type: str
    data: msgspec.Raw
    id: str | None = None
    source: str | None = None
    subject: str | None = None


class _Peek(msgspec.Struct, frozen=True, gc=False):
    id: str = ""


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_PEEK = msgspec.json.Decoder(_Peek)


def message_of(system: str, arrival: Arrival) -> Message:
    """The message that an event is. Raises ``ShapeChanged``.

    Its key is the event's own id, within its source if it names one; without an id, the broker's. What brings no
    document is for the host application's handlers. Order is kept among events of one document, and among the host's of
    one subject.

    >>> event = b'{"id": "7", "source": "/till", "type": "orders.changed", "data": {"id": "SO1"}}'
    >>> message = message_of("shop", Arrival("ORDERS.1", event))
    >>> message.key, message.operation, message.subject
    ('shop:/till:7', 'orders.changed', 'orders:SO1')
    """
    envelope = _opened(arrival)
    operation = _operation(envelope.type)
    if not operation:
        raise _misfit(arrival, f"type should hold 1 to {_NAME} characters")
    return Message(
        key=_key(system, envelope.source or "", envelope.id) if envelope.id else _key_of_broker(system, arrival),
        system=system if operation in DOCUMENTS else HOST,
        operation=operation,
        payload=bytes(envelope.data).decode(),
        subject=_subject(operation, envelope),
    )


def letter_of_misfit(system: str, arrival: Arrival, error: ErplinkError) -> DeadLetter:
    """What is kept of a message that is no event: as much of it as a person may want to see."""
    body = arrival.body[:_SHOWN].decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return DeadLetter(
        box="inbox",
        key=_key_of_broker(system, arrival),
        system=system,
        operation="",
        error_group=group_of(error),
        error=type(error).__name__,
        message=str(error),
        attempts=1,
        payload=body,
        mapping=FORMAT,
    )


def letter_of_clash(message: Message) -> DeadLetter:
    """What is kept of an event whose id was used for another one."""
    error = Conflict(
        "another event came under this id before, with other data",
        where=f"{message.operation}, {message.key}",
        next_step="have its sender give each event an id of its own; the first one stands",
    )
    other = evolve(message, key=_short(f"{message.key}#{_digest(message.payload.encode())}"))
    return DeadLetter(
        box="inbox",
        key=other.key,
        system=message.system,
        operation=message.operation,
        error_group=group_of(error),
        error=type(error).__name__,
        message=str(error),
        attempts=1,
        subject=message.subject,
        payload=message.payload,
        mapping=FORMAT,
    )


def _opened(arrival: Arrival) -> _Envelope:
    if len(arrival.body) > BYTES:
        raise _misfit(arrival, f"the event has {len(arrival.body):,} bytes, {BYTES:,} are allowed")
    try:
        envelope = _ENVELOPE.decode(arrival.body.decode())
    except UnicodeDecodeError as error:
        raise _misfit(arrival, f"the message is no text in UTF-8 (byte {error.start})") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise _misfit(arrival, f"the message is no event: {error}") from error
    if "\0" in f"{envelope.id}{envelope.source}{envelope.subject}":
        raise _misfit(arrival, "id, source or subject hold a NUL character")
    return envelope


@lru_cache(maxsize=256)
def _operation(kind: str) -> str:
    """The type; one of a document may have a prefix, as CloudEvents likes it: ``com.example.orders.changed``."""
    known = next((name for name in DOCUMENTS if kind.endswith(f".{name}")), kind)
    return known if len(known) <= _NAME and known.isprintable() else ""


def _subject(operation: str, envelope: _Envelope) -> str:
    if operation not in DOCUMENTS:
        return _short(envelope.subject or "")
    try:
        found = _PEEK.decode(envelope.data).id
    except msgspec.DecodeError:  # it does not become a document either, and says so when it is worked off
        found = ""
    return _short(f"{operation.partition('.')[0]}:{found}") if found and "\0" not in found else ""


def _key(system: str, source: str, name: str) -> str:
    """One name for the three that no other three have."""
    return _short(f"{_prefix(system, source)}{name}")


def _key_of_broker(system: str, arrival: Arrival) -> str:
    """No source is called ``%``, for the sign is escaped."""
    return _short(f"{_prefix(system, '')[:-1]}%:{arrival.id or _digest(arrival.body)}")


@lru_cache(maxsize=256)
def _prefix(*parts: str) -> str:
    return "".join(part.replace("%", "%25").replace(":", "%3A") + ":" for part in parts)


def _short(name: str) -> str:
    """The name, or as much of it as a key may have, and a digest that tells it from others."""
    return name if len(name) <= _KEY else f"{name[: _KEY - 33]}~{_digest(name.encode())}"


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _misfit(arrival: Arrival, what: str) -> ShapeChanged:
    return ShapeChanged(what, where=f"message {arrival.id}" if arrival.id else "", next_step=_NEXT)
