"""What a manifest may say of fields: where each is, what it means, whether it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from erplink.mapping import paths, times
from erplink.text.parts import Part

Type = Literal["text", "number", "whole", "flag", "time", "any"]
"""``any`` keeps a single value of whatever type the reply has."""

Constant = str | int | bool


def _time_form(form: str) -> str:
    if not times.is_form(form):
        known = ", ".join(times.FORMS)
        raise ValueError(f"{form!r} is no way to write a time; use one of {known}, or a pattern such as %Y/%m/%d")
    return form


def _path(path: str) -> str:
    paths.steps(path)
    return path


TimeForm = Annotated[str, AfterValidator(_time_form)]
"""How instants are written: one of ``times.FORMS`` or a strftime pattern."""

Path = Annotated[str, AfterValidator(_path)]
"""Where something is in a reply: ``customer.code``, ``lines[0].sku``."""


class Case(Part):
    """One row of a decision: ``when`` all these paths hold one of these texts, it ``is`` that."""

    when: dict[Path, Constant | tuple[Constant, ...]]
    is_: Annotated[str, Field(alias="is")]


class FieldWords(Part):
    """One attribute. Short: ``number = "order_no"``.

    ``path`` is where it is (a column, for tables and files); ``value`` a constant instead of a path; ``map`` turns the
    system's words into ours; ``cases`` decide by several fields. ``scale`` is how many digits of a whole number come
    after the point (2: fen to yuan), ``negate`` turns its sign. ``optional``: a reply may lack it. ``write`` allows
    writing, at the same path or at another one.
    """

    path: Path | None = None
    value: Constant | None = None
    type: Type | None = None
    time: TimeForm | None = None
    map: dict[str, str] | None = None
    cases: tuple[Case, ...] | None = None
    scale: Annotated[int, Field(ge=0, le=9)] = 0
    negate: bool = False
    optional: bool = False
    write: bool | str = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        return {"path": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_source(self) -> FieldWords:
        named = [word for word in ("path", "value", "cases") if getattr(self, word) is not None]
        if len(named) != 1:
            said = " and ".join(named) if named else "nothing"
            raise ValueError(f"a field has exactly one of path, value and cases; this one has {said}")
        if self.path is None and (self.map is not None or self.write is True):
            raise ValueError("map and write = true go with a path")
        return self

    @property
    def save(self) -> str:
        """Where it is written; empty when it is not."""
        if isinstance(self.write, str):
            return self.write
        return str(self.path) if self.write else ""


Fields = dict[str, FieldWords]


class LinesWords(Part):
    """The lines of a document: ``path`` of their list in the record (``.``: the record is its own only line).

    ``only`` keeps those where all these paths hold one of these values.
    """

    path: Path = "lines"
    write: str = ""
    only: dict[Path, Constant | tuple[Constant, ...]] = Field(default_factory=dict)
    fields: Fields


def tuple_of_one(value: Any) -> Any:
    """A single word where a list may stand."""
    return value if isinstance(value, list | tuple) or value is None else (value,)


Names = Annotated[tuple[str, ...], BeforeValidator(tuple_of_one)]
"""One name or several."""


class EntityWords(Part):
    """The fields of one entity: our attribute = where it is. ``custom`` names fields of the tenant's own."""

    fields: Fields
    custom: Fields = Field(default_factory=dict)
    lines: LinesWords | None = None
