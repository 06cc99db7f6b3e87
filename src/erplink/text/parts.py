"""The base of every part of a text: frozen, closed, and precise about a word it does not know."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from erplink.errors import FixError
from erplink.text.source import Path, Text, Tree, show_path

T = TypeVar("T", bound="Part")


class Part(BaseModel):
    """One mapping of a text: frozen, with a closed set of words."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False, ser_json_inf_nan="null")


def read_part(kind: type[T], read: Text) -> T:
    """Build ``kind`` from a parsed text.

    Raises the error of its genre: the first thing wrong, with file, line, path, and the words that are allowed there.
    """
    try:
        return kind.model_validate(read.tree)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        first = min(problems, key=lambda each: _urgency(each["type"], each["loc"], read))
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise _explained(kind, first["loc"], first["type"], str(first["msg"]) + more, read) from None


def _urgency(code: str, loc: Path, read: Text) -> tuple[bool, int]:
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


def _explained(kind: type[Part], loc: Path, code: str, message: str, read: Text) -> FixError:
    path = written_path(loc, read.tree)
    shown = show_path(path) or f"the {read.genre.noun}"
    if code == "extra_forbidden":
        allowed = words_at(kind, loc[:-1])
        around = show_path(path[:-1]) or f"the {read.genre.noun}"
        return read.invalid(f"unknown word {str(loc[-1])!r} in {around}", path, did_you_mean(str(loc[-1]), allowed))
    if code == "union_tag_not_found":
        words = read.words_at(path)
        listed = ", ".join(words) or "nothing"
        what = f"{shown} does not say its kind (it has {listed})"
        return read.invalid(what, path, "write 'kind:' and one of the kinds")
    if code == "union_tag_invalid":
        *_, tags = message.partition("expected tags: ")
        tags_known = [tag.strip("' ") for tag in tags.split(" (and ")[0].split(",")]
        said = _kind_at(read, path)
        return read.invalid(f"{shown} has no kind {said!r}", (*path, "kind"), did_you_mean(said, tags_known))
    if code == "missing":
        return read.invalid(f"{shown} is missing", path, "write it")
    if code == "string_type":
        return read.invalid(f"{shown} must be text", path, "put the value in quotes")
    clear = message.removeprefix("Value error, ").replace("Input should be", "the value must be")
    return read.invalid(f"{shown}: {clear}", path, "correct this value")


def _kind_at(read: Text, path: Path) -> str:
    here: Tree = read.tree
    for part in (*path, "kind"):
        _, here = _inner(here, part)
    return str(here)


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
