"""The base of every part of a policy: frozen, closed, and precise about a word it does not know."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
)

from erplink.errors import PolicyInvalid
from erplink.policy.text import Path, PolicyText, Tree, invalid, show_path

T = TypeVar("T", bound="Part")


class Part(BaseModel):
    """One mapping of a policy text: frozen, with a closed set of words."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False, ser_json_inf_nan="null")


def read_part(kind: type[T], read: PolicyText) -> T:
    """Build ``kind`` from a parsed text.

    Raises ``PolicyInvalid``: the first thing wrong, with file, line, path, and the words that are allowed there.
    """
    try:
        return kind.model_validate(read.tree)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        first = min(problems, key=lambda each: _urgency(each["type"], each["loc"], read))
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise _explained(kind, first["loc"], first["type"], str(first["msg"]) + more, read) from None


def _urgency(code: str, loc: Path, read: PolicyText) -> tuple[bool, int]:
    """An unknown word first (it often causes the missing one), then what stands higher in the text."""
    return code != "extra_forbidden", read.line_of(written_path(loc, read.tree))


def written_path(loc: Path, tree: Tree) -> Path:
    """Where an error stands in the text: the location without the names of alternatives the text does not contain."""
    path: list[str | int] = []
    here: Tree = tree
    for part in loc:
        known, inner = _inner(here, part)
        if known:
            path.append(part)
            here = inner
        elif part == loc[-1] and isinstance(here, dict):
            path.append(part)
    return tuple(path)


def _inner(here: Tree, part: str | int) -> tuple[bool, Tree]:
    match here, part:
        case dict(), str() if part in here:
            return True, here[part]
        case list(), int() if part < len(here):
            return True, here[part]
        case _:
            return False, None


def _explained(kind: type[Part], loc: Path, code: str, message: str, read: PolicyText) -> PolicyInvalid:
    path = written_path(loc, read.tree)
    line = read.line_of(path)
    shown = show_path(path) or "the policy"
    if code == "extra_forbidden":
        allowed = words_at(kind, loc[:-1])
        around = show_path(path[:-1]) or "the policy"
        return invalid(
            f"unknown word {str(loc[-1])!r} in {around}", read.name, line, did_you_mean(str(loc[-1]), allowed)
        )
    if code == "union_tag_not_found":
        words = read.words_at(path)
        listed = ", ".join(words) or "nothing"
        what = f"{shown} does not say its kind (it has {listed})"
        return invalid(what, read.name, line, "write 'kind:' and one of the kinds")
    if code == "missing":
        return invalid(f"{shown} is missing", read.name, line, "write it")
    if code == "string_type":
        return invalid(f"{shown} must be text", read.name, line, "put the value in quotes")
    clear = message.removeprefix("Value error, ").replace("Input should be", "the value must be")
    return invalid(f"{shown}: {clear}", read.name, line, "correct this value")


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """A next step for an unknown word.

    >>> did_you_mean("facter", ["id", "factor"])
    'did you mean factor? Allowed here: factor, id'
    """
    known = sorted(allowed)
    near = difflib.get_close_matches(word, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}Allowed here: {', '.join(known)}" if known else "remove it"


def words_at(kind: type[Part], loc: Path) -> tuple[str, ...]:
    """The words allowed at a location of ``kind``, in the notation of the validator's locations."""
    here: list[type[Part]] = [kind]
    for part in loc:
        if isinstance(part, int):
            continue
        inner = [found for each in here for found in _parts_of(each, part)]
        here = inner or [each for each in here if part in _tags(each)] or here
    return tuple(dict.fromkeys(word for each in here for word in _words(each)))


def _words(kind: type[Part]) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()]


def _parts_of(kind: type[Part], word: str) -> list[type[Part]]:
    for name, field in kind.model_fields.items():
        if word == (field.alias or name):
            return _inside(field.annotation)
    return []


def _inside(annotation: object) -> list[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [found for each in getattr(annotation, "__args__", ()) for found in _inside(each)]


def _tags(kind: type[Part]) -> tuple[str, ...]:
    field = kind.model_fields.get("kind")
    return tuple(getattr(field.annotation, "__args__", ())) if field else ()


def _exact(value: object) -> object:
    if isinstance(value, bool | float):
        raise ValueError("write a whole number, or a decimal such as 1.2")  # noqa: TRY004 - only this becomes a report
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("the number must be finite")
    return value


def _shown(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be above zero")
    return value


Exact = Annotated[
    Decimal, BeforeValidator(_exact), AfterValidator(_not_negative), PlainSerializer(_shown, return_type=str)
]
"""An exact number that is not negative. A float is refused: it has lost its digits already."""

ExactPositive = Annotated[
    Decimal, BeforeValidator(_exact), AfterValidator(_positive), PlainSerializer(_shown, return_type=str)
]
"""An exact number above zero."""


def _not_bool(value: object) -> object:
    if isinstance(value, bool | float | Decimal):
        raise ValueError("write a whole number")  # noqa: TRY004 - only this becomes a report
    return value


Whole = Annotated[int, BeforeValidator(_not_bool)]
"""A whole number; ``true`` is not one, and neither is ``1.0``."""


def _instant(value: object) -> object:
    if not isinstance(value, str | datetime):
        raise ValueError("write an instant with its offset, such as 2026-01-01T00:00:00+08:00")  # noqa: TRY004 - likewise
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""A point in time with its offset."""


def one_or_many(value: object) -> object:
    """A single word where a list may stand."""
    return value if isinstance(value, list | tuple) else (value,)
