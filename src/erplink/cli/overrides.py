"""Single settings of a world, as a person writes them: ``paging=offset``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from attrs import evolve

from erplink.errors import ConfigInvalid

T = TypeVar("T")
_WORDS: Mapping[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
_APART = frozenset({"name"})


def overridden(world: T, changes: Sequence[str]) -> T:
    """A settings value with single fields changed, each by ``name=value``.

    Only fields of a plain type can be changed so. Raises ConfigInvalid, with what would have been right.
    """
    known = changeable(type(world))
    settings: Any = world
    changed: T = evolve(settings, **dict(_read(known, change) for change in changes))
    return changed


def changeable(world: type[Any]) -> Mapping[str, Any]:
    """The fields that can be changed so, each with its type."""
    return {name: hint for name, hint in get_type_hints(world).items() if _is_plain(name, hint)}


def _is_plain(name: str, hint: Any) -> bool:  # noqa: ANN401 - a type
    return name not in _APART and (hint in _WORDS or get_origin(hint) is Literal)


def _read(known: Mapping[str, Any], change: str) -> tuple[str, Any]:
    name, _, text = change.partition("=")
    if name not in known:
        raise ConfigInvalid(
            f"there is no setting {name!r}", where="--set", next_step=f"write one of {', '.join(sorted(known))}"
        )
    try:
        return name, msgspec.convert(text, known[name], strict=False)
    except msgspec.ValidationError:
        words = _WORDS.get(known[name]) or f"one of {', '.join(str(each) for each in get_args(known[name]))}"
        raise ConfigInvalid(
            f"{name} cannot be {text!r}", where="--set", next_step=f"write {name}= and {words}"
        ) from None
