"""How a list goes on after a page: seven ways, told apart by ``kind``. Pure: a spot in, the next spot out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from attrs import frozen
from pydantic import Field

from erplink.errors import ConfigInvalid, ServerFault
from erplink.manifest.hosts import Hosts
from erplink.manifest.words import Path
from erplink.mapping.cells import untyped
from erplink.mapping.paths import MISSING, one
from erplink.model.documents import Key
from erplink.text.parts import Part
from erplink.wire.call import Call, Reply

Kind = Literal["none", "page", "offset", "cursor", "next_link", "link_header", "keyset"]

SIZE = 100
"""Records of a page where nothing is said."""


class PagingWords(Part):
    """How pages follow each other.

    ``page`` counts pages from ``first``; ``offset`` counts records; ``cursor`` and ``next_link`` are at ``next`` in the
    body, ``link_header`` is RFC 8288's; ``keyset`` asks for what comes after the last record by its own cells. A list
    ends with an empty page, unless ``total`` (a number), ``more`` or ``last`` (true or false) in the body says so
    before. ``short``: a page that is not full is the last one; true only where no server caps the size. ``rebase``
    keeps next links on the manifest's host. ``start`` are the cells a keyset begins after, 0 and the beginning of time
    by default; its ``modified`` also stands for ``since`` where no window is asked for.
    """

    kind: Kind = "none"
    size: Annotated[int, Field(ge=1, le=100_000)] = SIZE
    first: int = 1
    next: Path | None = None
    total: Path | None = None
    more: Path | None = None
    last: Path | None = None
    short: bool = False
    rebase: bool = False
    start: dict[Literal["id", "number", "modified"], str | int] = Field(default_factory=dict)


PLACES: Mapping[Kind, frozenset[str]] = {
    "none": frozenset(),
    "page": frozenset({"page"}),
    "offset": frozenset({"offset", "end"}),
    "cursor": frozenset({"cursor"}),
    "next_link": frozenset(),
    "link_header": frozenset(),
    "keyset": frozenset({"after.modified", "after.id", "after.number"}),
}
"""The names each kind fills in; a request has to use one of them, or its second page is its first."""


class Spot(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a walk has come to. Written down as JSON, it is the token that resumes it.

    ``known`` are ids and stamps that were given already and may come again, ``since`` the stamp a walk by time has come
    to. ``trail`` stands for the pages of its present pass over equal stamps, ``passed`` for those of the pass before,
    and ``then`` for where that one would have gone on. ``ahead`` are records that were looked at before their place was
    sure.
    """

    page: int = 0
    seen: int = 0
    cursor: Any = None
    after: dict[str, Any] | None = None
    since: str = ""
    known: dict[str, str] = {}
    trail: str = ""
    passed: str = ""
    then: str = ""
    ahead: tuple[str, ...] = ()


END = Spot(page=-1)
"""Behind the last page."""
_REMEMBERED = 500


def remembered(keys: Sequence[Key]) -> dict[str, str]:
    """The last records of a page, so that they are recognised when rows move."""
    return {key.id: key.version for key in keys[-_REMEMBERED:]}


@frozen
class Came:
    """What one request brought: the call and reply, the tree, and the records in it."""

    call: Call
    reply: Reply
    tree: Any
    records: Sequence[Any]


@frozen
class Paging:
    """The words, with what is needed to follow them."""

    words: PagingWords
    hosts: Hosts

    def names(self, spot: Spot) -> dict[str, Any]:
        """What a request at this spot may name."""
        words = self.words
        known: dict[str, Any] = {"size": words.size}
        if words.kind == "page":
            known["page"] = words.first + spot.page
        elif words.kind == "offset":
            known |= {"offset": spot.seen, "end": spot.seen + words.size, "last": spot.seen + words.size - 1}
        elif words.kind == "cursor":
            known["cursor"] = spot.cursor
        return known

    def link(self, spot: Spot) -> str:
        """Where the page at this spot is, if the page before has said it."""
        return str(spot.cursor or "") if self.words.kind in {"next_link", "link_header"} else ""

    def next(self, spot: Spot, came: Came) -> Spot | None:
        """The spot after a page; None when the list has ended. Raises ``ServerFault`` for one that goes in circles."""
        words = self.words
        seen = spot.seen + len(came.records)
        if words.kind == "none" or self.has_ended(seen, came):
            return None
        if words.kind in {"page", "offset", "keyset"}:
            return msgspec.structs.replace(spot, page=spot.page + 1, seen=seen)
        cursor = self._cursor(came)
        if cursor is None:
            return None
        if cursor == spot.cursor:
            raise ServerFault(
                "the page that comes next is this one again",
                where=came.call.where,
                next_step="something between here and the system caches replies, or next names the wrong place",
                sent="no",
            )
        return msgspec.structs.replace(spot, page=spot.page + 1, seen=seen, cursor=cursor)

    def has_ended(self, seen: int, came: Came) -> bool:
        """Whether a page was the last one, by what was seen of the list so far, this page included."""
        words = self.words
        if words.more is not None:
            return not _is_true(one(words.more)(came.tree))
        if words.last is not None and _is_true(one(words.last)(came.tree)):
            return True
        if words.total is not None:
            total = _whole(one(words.total)(came.tree))
            if total is not None:
                return seen >= total or not came.records
        if words.kind in {"page", "offset", "keyset"}:
            return not came.records or (words.short and len(came.records) < words.size)
        return False

    def _cursor(self, came: Came) -> Any:
        """The cursor or link that comes next, or None."""
        if self.words.kind == "link_header":
            return self._link(next_of(came.reply.headers.get("link", "")), came)
        found = one(self.words.next or ".")(came.tree)
        if found is MISSING or found in (None, "", False, 0):
            return None
        return self._link(str(found), came) if self.words.kind == "next_link" else found

    def _link(self, link: str, came: Came) -> str | None:
        if not link:
            return None
        return self.hosts.rebased(link) if self.words.rebase else self.hosts.resolve(link, against=came.call.url)


def _is_true(value: Any) -> bool:
    return str(value).lower() in {"true", "1"}


def _whole(value: Any) -> int | None:
    try:
        return int(str(untyped(value)))
    except ValueError:
        return None


_LINK = re.compile(r"<([^>]*)>([^<]*)")
_REL = re.compile(r"""\brel\s*=\s*(?:"([^"]*)"|([^\s;,]+))""", re.IGNORECASE)


def next_of(header: str) -> str:
    """The target of ``rel="next"`` in a Link header (RFC 8288); empty when there is none.

    >>> next_of('</orders?page=1>; rel="prev", </orders?page=3>; rel="next"')
    '/orders?page=3'
    """
    for target, parameters in _LINK.findall(header):
        rel = _REL.search(parameters)
        if rel is not None and "next" in (rel[1] or rel[2]).lower().split():
            return str(target)
    return ""


def token(spot: Spot) -> str:
    """A spot as text that can be stored."""
    return _encoder.encode(spot).decode()


def spot_of(text: str) -> Spot:
    """The spot of a token; the beginning for none. Raises ``ConfigInvalid`` for what is no token."""
    if not text:
        return Spot()
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        step = "resume with a token that a page of this system gave"
        raise ConfigInvalid(f"{text[:40]!r} is not a token", where="pages", next_step=step) from None


_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder: msgspec.json.Decoder[Spot] = msgspec.json.Decoder(Spot, float_hook=Decimal)
