"""The words of one table: its name, its columns, which of its rows count, where lines lie."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from erplink.manifest.words import Constant, Fields, tuple_of_one
from erplink.mapping import paths
from erplink.text.parts import Part


def _column(name: str) -> str:
    if len(names_in(name)) != 1:
        raise ValueError(f'{name!r} is no column; one with a dot in it stands in quotes, like "a.b"')
    return name


def _table(name: str) -> str:
    names_in(name)
    return name


def names_in(name: str) -> tuple[str, ...]:
    """The names in ``schema.table``; one with a dot in it stands in quotes. Raises ValueError for what is no name.

    >>> names_in('dbo."t_ICItem"')
    ('dbo', 't_ICItem')
    """
    message = f'{name!r} is no name; one with a dot or a bracket in it stands in quotes, like "a.b"'
    try:
        steps = paths.steps(name)
    except ValueError:
        raise ValueError(message) from None
    found = tuple(step for step in steps if isinstance(step, str))
    if not found or len(found) != len(steps):
        raise ValueError(message)
    return found


Column = Annotated[str, AfterValidator(_column)]
"""A column by its name, as the database has it."""

TableName = Annotated[str, AfterValidator(_table)]
"""A table or view: ``table`` or ``schema.table``."""

Seconds = Annotated[int, Field(ge=1, le=86_400)]


class Condition(Part):
    """Rows that count: the ``column`` ``is`` one of these, is ``not`` one of these (nothing counts as not), or is null.

    Short: ``where = { FCancellation = 0 }`` is for all of its columns to be that.
    """

    column: Column
    is_: Annotated[tuple[Constant, ...] | None, Field(alias="is"), BeforeValidator(tuple_of_one)] = None
    not_: Annotated[tuple[Constant, ...] | None, Field(alias="not"), BeforeValidator(tuple_of_one)] = None
    null: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        if sum(each is not None for each in (self.is_, self.not_, self.null)) != 1:
            raise ValueError("write exactly one of is, not and null")
        if self.is_ == () or self.not_ == ():
            raise ValueError("a list of values cannot be empty")
        return self


def _conditions(given: Any) -> Any:
    if isinstance(given, dict) and "column" not in given:
        return [{"column": column, "is": held} for column, held in given.items()]
    return [given] if isinstance(given, dict) else given


Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_conditions)]


class SqlLines(Part):
    """Lines in a ``table`` of their own, whose column ``parent`` holds the head's ``refers_to``.

    Or with ``path = "."`` in the head's own rows: one row a line, the head repeated on each. ``order`` are the columns
    that order the lines of one document.
    """

    table: TableName | None = None
    parent: Column | None = None
    refers_to: Literal["id", "number"] = "id"
    path: Literal["."] | None = None
    order: Annotated[tuple[Column, ...], BeforeValidator(tuple_of_one)] = ()
    where: Conditions = ()
    fields: Fields

    @model_validator(mode="after")
    def _one_place(self) -> SqlLines:
        if (self.table is None) == (self.path is None):
            raise ValueError('lines have a table and its parent, or path = "." where the head repeats on every line')
        if (self.table is None) != (self.parent is None):
            raise ValueError("table and parent go together: parent is the column that refers to the head")
        if self.path is not None and self.where:
            raise ValueError("lines in the head's own rows are chosen by where of the entity")
        return self
