"""Where a walk has come to, as text that can be stored."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from erplink.errors import ConfigInvalid

Id = int | str
"""A key as the database compares it: of numbers or of texts."""


class Spot(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """After which id of a slice of time a walk goes on. ``of`` is the system and entity; times are UTC.

    A slice without ``begin`` has everything before its end, one without ``end`` everything from its beginning.
    """

    of: str
    id: Id | None = None
    begin: datetime | None = None
    end: datetime | None = None


def token(spot: Spot) -> str:
    """A spot as text."""
    return msgspec.json.encode(spot).decode()


def spot_of(text: str, of: str) -> Spot:
    """The spot of a token of this system and entity. Raises ``ConfigInvalid`` for any other text."""
    try:
        found = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        raise foreign(text) from None
    instants = [at for at in (found.begin, found.end) if at is not None]
    if found.of != of or any(at.tzinfo is None for at in instants):
        raise foreign(text)
    return found


def in_utc(at: datetime | None) -> datetime | None:
    """An instant as tokens keep it."""
    return None if at is None else at.astimezone(UTC)


def foreign(text: str) -> ConfigInvalid:
    """The error for a text that is no token of the entity it was given for."""
    return ConfigInvalid(
        f"{text[:40]!r} is not a token of this entity",
        where="pages",
        next_step="resume with a token that a page of this system and entity gave",
    )


_decoder: msgspec.json.Decoder[Spot] = msgspec.json.Decoder(Spot)
