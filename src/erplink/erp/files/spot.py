"""How far a walk has come, as a text that can be stored."""

from __future__ import annotations

import msgspec

from erplink.erp.files.plan import Pair
from erplink.errors import ConfigInvalid

DONE, SET_ASIDE = -1, -2


class Spot(msgspec.Struct, frozen=True, array_like=True):
    """How far a walk has come: through which file, in which state, up to which row.

    The row is -1 when all of the file was read, and -2 when it was set aside because it is damaged.
    """

    written: int
    name: str
    mark: str
    row: int


def spot_of(text: str) -> Spot | None:
    """The spot of a token; None for none. Raises ``ConfigInvalid`` for what is no token."""
    if not text:
        return None
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        step = "resume with a token that a page of this system gave"
        raise ConfigInvalid(f"{text[:40]!r} is not a token", where="pages", next_step=step) from None


def token(spot: Spot) -> str:
    """A spot as text."""
    return _encoder.encode(spot).decode()


def reached_in(listed: Pair, pair: Pair, row: int) -> Spot:
    """Where a file was listed, whatever became of it: what stands behind it then is still to come."""
    return Spot(listed.place[0], listed.name, pair.mark, row)


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Spot] = msgspec.json.Decoder(Spot)
