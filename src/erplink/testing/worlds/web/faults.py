"""Faults a world can be told to commit: the next calls of an operation, or a seeded share of all calls."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from attrs import define, field, frozen

from erplink.errors import FixError

Family = Literal["logins", "lists", "reads", "writes"]
"""What a call is for. A list is a read too."""
FAMILIES: tuple[Family, ...] = get_args(Family)


class BadFault(FixError):
    """A fault specification cannot be read; the message says why."""


@frozen
class Trait:
    """What a kind of fault may hit: calls of these families, only ``batches`` of several documents.

    ``hostile``: a share of all calls suffers it also when no kinds are named, for a patient client survives it.
    """

    families: frozenset[Family] = frozenset(FAMILIES)
    batches: bool = False
    hostile: bool = True


ANY = Trait()
ANY_FOR_GOOD = Trait(hostile=False)
CALLS = Trait(frozenset({"lists", "reads", "writes"}))
CALLS_FOR_GOOD = Trait(CALLS.families, hostile=False)
LOGINS = Trait(frozenset({"logins"}), hostile=False)
LISTS = Trait(frozenset({"lists"}), hostile=False)
READS = Trait(frozenset({"lists", "reads"}), hostile=False)
BATCHES = Trait(frozenset({"writes"}), batches=True)


@frozen
class Happening:
    """A call as faults see it: its operation, its family, and how many documents it is about."""

    operation: str
    family: Family
    documents: int = 1


@frozen
class Injected:
    """A fault to commit now. ``seconds`` is how long it lasts, if that was said; ``message`` what a refusal says."""

    kind: str
    seconds: float | None = None
    message: str = ""

    def lasts(self, otherwise: float) -> float:
        """Seconds as said, or as usual."""
        return otherwise if self.seconds is None else self.seconds


@define
class _Next:
    fault: Injected
    operation: str
    family: str
    skip: int
    left: int


@frozen
class _Chance:
    rate: float
    kinds: tuple[str, ...]
    operation: str
    seconds: float | None
    dice: random.Random


@define
class Faults:
    """What is armed of the ``kinds`` a world knows, and how often each was committed."""

    kinds: Mapping[str, Trait]
    injected: Counter[str] = field(factory=Counter)
    _next: list[_Next] = field(factory=list)
    _chances: list[_Chance] = field(factory=list)

    def arm(self, specification: object) -> None:
        """Arm from JSON: one object or a list of them.

        ``{"kind": "lock_conflict", "next": 2, "operation": "create"}`` hits the next two creations (any call without
        ``operation``; with ``"family"``: the next logins, lists, reads or writes), after ``skip`` of them have passed;
        ``{"rate": 0.12, "kinds": [...], "seed": 7}`` hits that share of calls; ``{"clear": true}`` disarms everything.
        ``seconds`` is how long a fault lasts or asks to wait, ``message`` what ``refused`` says.

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
                self._chances.append(self._chance(item))
            else:
                self._next.append(self._following(item))

    def take(self, call: Happening) -> Injected | None:
        """The fault this call suffers, if any."""
        for armed in self._next:
            if armed.left > 0 and _meant(armed, call) and self._fits(armed.fault.kind, call):
                if armed.skip > 0:
                    armed.skip -= 1
                    continue
                armed.left -= 1
                return self._count(armed.fault)
        for chance in self._chances:
            kinds = [kind for kind in chance.kinds if self._fits(kind, call)]
            if kinds and _names(chance.operation, call) and chance.dice.random() < chance.rate:
                return self._count(Injected(chance.dice.choice(kinds), chance.seconds))
        return None

    def reset(self) -> None:
        """Nothing is armed, nothing was committed."""
        self._next.clear()
        self._chances.clear()
        self.injected.clear()

    def _count(self, fault: Injected) -> Injected:
        self.injected[fault.kind] += 1
        return fault

    def _fits(self, kind: str, call: Happening) -> bool:
        trait = self.kinds[kind]
        return call.family in trait.families and (call.documents > 1 or not trait.batches)

    def _following(self, item: Mapping[str, Any]) -> _Next:
        family = str(item.get("family") or "")
        if family and family not in FAMILIES:
            message = f"family is {family!r}; it is one of {', '.join(FAMILIES)}"
            raise BadFault(message)
        fault = Injected(
            self._kind(item.get("kind")), _seconds(item), str(item.get("message") or "业务规则不允许此操作")
        )
        return _Next(fault, str(item.get("operation") or ""), family, _calls(item, "skip", 0), _calls(item, "next", 1))

    def _chance(self, item: Mapping[str, Any]) -> _Chance:
        try:
            rate = float(item["rate"])
        except (TypeError, ValueError):
            rate = -1.0
        if not 0 <= rate <= 1:
            message = f"rate is {item['rate']!r}; it is a share from 0 to 1"
            raise BadFault(message)
        hostile = [kind for kind, trait in self.kinds.items() if trait.hostile]
        kinds = tuple(self._kind(kind) for kind in item.get("kinds") or hostile)
        dice = random.Random(str(item.get("seed", 0)))  # noqa: S311 - repeatable dice, not a secret
        return _Chance(rate, kinds, str(item.get("operation") or ""), _seconds(item), dice)

    def _kind(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.kinds:
            message = f"fault kind {value!r} is unknown; known are {', '.join(self.kinds)}"
            raise BadFault(message)
        return value


def _meant(armed: _Next, call: Happening) -> bool:
    families = {"", call.family} | ({"reads"} if call.family == "lists" else set())
    return armed.family in families and _names(armed.operation, call)


def _names(operation: str, call: Happening) -> bool:
    return operation.lower() in {"", call.operation.lower()}


def _calls(item: Mapping[str, Any], name: str, least: int) -> int:
    count = item.get(name, least)
    if not isinstance(count, int) or count < least:
        message = f"{name} is {count!r}; it is a whole number of calls from {least}"
        raise BadFault(message)
    return count


def _seconds(item: Mapping[str, Any]) -> float | None:
    if "seconds" not in item:
        return None
    try:
        return float(item["seconds"])
    except (TypeError, ValueError):
        message = f"seconds is {item['seconds']!r}; it is a number"
        raise BadFault(message) from None
