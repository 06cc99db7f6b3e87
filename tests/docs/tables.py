"""Read the tables of a page, and say what a policy word takes as the page says it."""

# ruff: noqa: ANN401 - annotations of any shape

from __future__ import annotations

import re
from decimal import Decimal
from itertools import dropwhile, takewhile
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from erplink.policy.words import one_or_many
from erplink.text.parts import Part

Row = tuple[str, ...]

_SECTION = re.compile(r"^#{2,4} (?P<title>.+)$", re.MULTILINE)


def tables(page: Path) -> dict[str, list[Row]]:
    """The rows (without the head) of the first table below each heading of a page."""
    found = _SECTION.split(page.read_text(encoding="utf-8"))
    return {title: _rows(body) for title, body in zip(found[1::2], found[2::2], strict=True)}


def _rows(body: str) -> list[Row]:
    lines = dropwhile(lambda line: not line.startswith("|"), body.splitlines())
    table = list(takewhile(lambda line: line.startswith("|"), lines))
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table[2:]]


def words_of(kind: type[BaseModel]) -> list[Row]:
    """(word, value, default) of every word of a part of a policy."""
    return [
        (f"`{field.alias or name}`", value_of(field), default_of(field)) for name, field in kind.model_fields.items()
    ]


def value_of(field: FieldInfo) -> str:
    """What a word takes."""
    return _value(field.annotation, [*field.metadata])


def _value(kind: Any, metadata: list[Any]) -> str:
    while hasattr(kind, "__metadata__"):
        kind, metadata = kind.__origin__, [*metadata, *kind.__metadata__]
    if get_origin(kind) in {Union, UnionType}:
        inner = [each for each in get_args(kind) if each is not NoneType]
        return _value(inner[0], metadata) if len(inner) == 1 else "mapping with `kind`"
    if get_origin(kind) is Literal:
        return ", ".join("`true`" if each is True else f"`{each}`" for each in get_args(kind))
    if get_origin(kind) is tuple:
        item = _value(get_args(kind)[0], [])
        several = (
            "one or a list of" if any(getattr(each, "func", None) is one_or_many for each in metadata) else "list of"
        )
        return f"{several} {item}"
    if isinstance(kind, type) and issubclass(kind, Part):
        return "mapping"
    return _scalar(kind, metadata)


def _scalar(kind: Any, metadata: list[Any]) -> str:
    if kind is int:
        return "whole number" + _limits(metadata)
    if kind is Decimal:
        checks = {each.func.__name__ for each in metadata if hasattr(each, "func")}
        return "number above 0" if "_positive" in checks else "number, 0 or more"
    if kind is AwareDatetime or getattr(kind, "__name__", "") == "datetime":
        return "instant with its offset"
    return "text"


def _limits(metadata: list[Any]) -> str:
    flat = [part for each in metadata for part in (getattr(each, "metadata", None) or [each])]
    low = next((each.ge for each in flat if isinstance(each, annotated_types.Ge)), None)
    above = next((each.gt for each in flat if isinstance(each, annotated_types.Gt)), None)
    high = next((each.le for each in flat if isinstance(each, annotated_types.Le)), None)
    if above is not None:
        return f" above {above}"
    if low is None:
        return ""
    return f", {low} or more" if high is None else f" from {low} to {high}"


def default_of(field: FieldInfo) -> str:
    """What holds when a word is left out."""
    default = field.default
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, Part):
        said = default.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return f"`{{{', '.join(f'{word}: {value}' for word, value in said.items())}}}`"
    if default is None:
        return "none"
    return "`[]`" if default == () else f"`{default}`"
