"""Which customer codes are one person. Strong identifiers decide, weak ones only suggest, nothing is guessed.

A customer code and a unionid are strong: each belongs to one person. A phone in the ERP was typed by somebody, so it
finds people but merges nobody (trust class C). What speaks against each other is recorded as a conflict.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

import msgspec

_DISTINCT_DIGITS = 3

ConflictKind = Literal["unionid_changed", "two_unionids", "same_phone_other_unionid", "same_phone_not_proved"]


class Claim(msgspec.Struct, frozen=True):
    """What one customer record says: this code, this unionid, this phone (each may be empty) are one person."""

    system: str
    code: str
    name: str = ""
    unionid: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return f"Claim(system={self.system!r}, code={self.code!r}, …)"


class Known(msgspec.Struct, frozen=True):
    """What is known about the identifiers of a claim: who holds the code, who the unionid, who shares the phone.

    ``unionids`` gives the unionid of each person that was named.
    """

    by_code: str = ""
    by_unionid: str = ""
    by_phone: tuple[str, ...] = ()
    unionids: Mapping[str, str] = {}


class Doubt(msgspec.Struct, frozen=True, order=True):
    """Something a person should look at: a conflict or a likeness that proves nothing."""

    kind: ConflictKind
    code: str
    other: str


class Resolution(msgspec.Struct, frozen=True):
    """Who it is. ``absorbed`` is a person that turned out to be the same; ``attach_unionid`` whether to learn it."""

    person: str
    absorbed: str = ""
    attach_unionid: bool = False
    doubts: tuple[Doubt, ...] = ()


def new_person(space: str, system: str, code: str) -> str:
    """The id of a person first seen under this customer code: derived, never random."""
    return "p" + sha256(f"{space}\x1f{system}\x1f{code}".encode()).hexdigest()[:24]


def resolve(space: str, claim: Claim, known: Known) -> Resolution:
    """Decide who a claim speaks of.

    The same unionid under two codes is one person; a code that suddenly shows another unionid stays who it was.

    >>> resolve("acme", Claim("erp", "C2", unionid="u1"), Known(by_unionid="p1", unionids={"p1": "u1"})).person
    'p1'
    """
    person = known.by_code or known.by_unionid or new_person(space, claim.system, claim.code)
    own = known.unionids.get(person, "")
    doubts: list[Doubt] = []
    absorbed = ""
    attach = bool(claim.unionid) and not own and not known.by_unionid
    if claim.unionid and own and own != claim.unionid:
        doubts.append(Doubt("unionid_changed", claim.code, person))
    elif known.by_unionid and known.by_unionid != person:
        absorbed, person = person, known.by_unionid
    unionid = known.unionids.get(person, "") or (claim.unionid if attach else "")
    others = [other for other in known.by_phone if other not in {person, absorbed}]
    doubts += [_likeness(claim.code, other, unionid, known.unionids.get(other, "")) for other in others]
    return Resolution(person, absorbed, attach, tuple(doubts))


def _likeness(code: str, other: str, mine: str, theirs: str) -> Doubt:
    differ = bool(mine) and bool(theirs) and mine != theirs
    return Doubt("same_phone_other_unionid" if differ else "same_phone_not_proved", code, other)


def clean_phone(text: str, region: str = "CN") -> str:
    """A phone number as E.164, or empty when it is none (masked, too short, a placeholder).

    Full-width digits, blanks, ``0086`` and dashes are understood.

    >>> clean_phone("１３９-1234 5678"), clean_phone("138****8000")
    ('+8613912345678', '')
    """
    import phonenumbers

    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain or "*" in plain:
        return ""
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number) or len(set(str(number.national_number))) < _DISTINCT_DIGITS:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
