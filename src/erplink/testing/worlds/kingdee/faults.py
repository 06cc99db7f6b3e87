"""Faults a world can be told to commit: the next calls of an operation, or a seeded share of all calls."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from attrs import define, field, frozen

from erplink.errors import FixError

Kind = Literal[
    "drop_before_commit",
    "drop_after_commit",
    "bad_gateway",
    "lose_session",
    "lock_conflict",
    "call_limit",
    "no_permission",
    "slow",
    "short_body",
    "html_page",
    "response_error",
    "waf",
    "partial_batch",
    "login_refused",
    "expired_password",
    "retry_after",
    "retry_after_date",
    "refused",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
LOGIN_KINDS: frozenset[Kind] = frozenset({"login_refused", "expired_password"})
CALL_KINDS: frozenset[Kind] = frozenset(
    {"lose_session", "lock_conflict", "call_limit", "no_permission", "waf", "partial_batch", "refused"}
)
_FOR_GOOD: frozenset[Kind] = LOGIN_KINDS.union(("waf", "no_permission", "refused"))
_LONG: frozenset[Kind] = frozenset({"retry_after", "retry_after_date"})
HOSTILE: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in _FOR_GOOD | _LONG)
"""What a share of all calls may suffer when no kinds are named: what a patient client survives."""

FAMILIES = frozenset({"", "reads", "writes", "logins"})


class BadFault(FixError):
    """A fault specification cannot be read; the message says why."""


@frozen
class Injected:
    """A fault to commit now. ``seconds`` is how long it lasts, if that was said; ``message`` what a refusal says."""

    kind: Kind
    seconds: float | None
    message: str = ""

    def lasts(self, otherwise: float) -> float:
        """Seconds as said, or as usual."""
        return otherwise if self.seconds is None else self.seconds


@define
class _Next:
    kind: Kind
    operation: str
    family: str
    skip: int
    left: int
    seconds: float | None
    message: str


@frozen
class _Chance:
    rate: float
    kinds: tuple[Kind, ...]
    operation: str
    seconds: float | None
    dice: random.Random


@define
class Faults:
    """What is armed, and how often each kind was committed."""

    injected: Counter[str] = field(factory=Counter)
    _next: list[_Next] = field(factory=list)
    _chances: list[_Chance] = field(factory=list)

    def arm(self, specification: object) -> None:
        """Arm from JSON: one object or a list of them.

        ``{"kind": "lock_conflict", "next": 2, "operation": "Save"}`` hits the next two Saves (any call without
        ``operation``; with ``"family": "reads"`` or ``"writes"`` the next of these), after ``skip`` of them have
        passed; ``{"rate": 0.12, "kinds": [...], "seed": 7}`` hits that share of calls; ``{"clear": true}`` disarms
        everything. ``seconds`` is the delay of ``slow`` (default 1), the silence of ``short_body`` (default: the
        world's ``hang_limit``) and what ``retry_after`` asks for (default 1); ``message`` is what ``refused`` says.

        Raises :class:`BadFault`.
        """
        items = specification if isinstance(specification, Sequence) else [specification]
        for item in items:
            if not isinstance(item, Mapping):
                message = f"found {item!r}; send an object or a list of objects"
                raise BadFault(message)
            if item.get("clear"):
                self._next.clear()
                self._chances.clear()
            elif "rate" in item:
                self._chances.append(_chance(item))
            else:
                self._next.append(_following(item))

    def take(self, operation: str, family: str, documents: int) -> Injected | None:
        """The fault this call suffers, if any. ``family`` is ``reads``, ``writes`` or ``logins``."""
        login = family == "logins"
        for armed in self._next:
            if (
                armed.left > 0
                and _meant(armed.operation, operation)
                and armed.family in {"", family}
                and _fits(armed.kind, login=login, documents=documents)
            ):
                if armed.skip > 0:
                    armed.skip -= 1
                    continue
                armed.left -= 1
                return self._count(Injected(armed.kind, armed.seconds, armed.message))
        for chance in self._chances:
            kinds: list[Kind] = [kind for kind in chance.kinds if _fits(kind, login=login, documents=documents)]
            if kinds and _meant(chance.operation, operation) and chance.dice.random() < chance.rate:
                return self._count(Injected(chance.dice.choice(kinds), chance.seconds))
        return None

    def _count(self, fault: Injected) -> Injected:
        self.injected[fault.kind] += 1
        return fault


def _meant(wanted: str, operation: str) -> bool:
    return not wanted or wanted.lower() == operation.lower()


def _fits(kind: Kind, *, login: bool, documents: int) -> bool:
    if kind in LOGIN_KINDS:
        return login
    if kind == "partial_batch":
        return documents > 1
    return not (login and kind in CALL_KINDS)


def _following(item: Mapping[str, Any]) -> _Next:
    family = str(item.get("family") or "")
    if family not in FAMILIES:
        message = f"family is {family!r}; it is one of reads, writes, logins"
        raise BadFault(message)
    return _Next(
        _kind(item.get("kind")),
        str(item.get("operation") or ""),
        family,
        _calls(item, "skip", 0),
        _calls(item, "next", 1),
        _seconds(item),
        str(item.get("message") or "业务规则不允许"),
    )


def _calls(item: Mapping[str, Any], name: str, least: int) -> int:
    count = item.get(name, least)
    if not isinstance(count, int) or count < least:
        message = f"{name} is {count!r}; it is a whole number of calls from {least}"
        raise BadFault(message)
    return count


def _chance(item: Mapping[str, Any]) -> _Chance:
    try:
        rate = float(item["rate"])
    except (TypeError, ValueError):
        rate = -1.0
    if not 0 <= rate <= 1:
        message = f"rate is {item['rate']!r}; it is a share from 0 to 1"
        raise BadFault(message)
    kinds: tuple[Kind, ...] = tuple(_kind(kind) for kind in item.get("kinds") or HOSTILE)
    dice = random.Random(str(item.get("seed", 0)))  # noqa: S311 - repeatable dice, not a secret
    return _Chance(rate, kinds, str(item.get("operation") or ""), _seconds(item), dice)


def _kind(value: object) -> Kind:
    for kind in KINDS:
        if kind == value:
            return kind
    message = f"fault kind {value!r} is unknown; known are {', '.join(KINDS)}"
    raise BadFault(message)


def _seconds(item: Mapping[str, Any]) -> float | None:
    return float(item["seconds"]) if "seconds" in item else None
