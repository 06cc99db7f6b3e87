"""What a manifest says of lists, single records and writes, whatever carries them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from erplink.manifest.paging import PagingWords
from erplink.manifest.words import Names, Path
from erplink.text.parts import Part

Let = dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], Any]
"""Named parts of a request, texts or structures, that its other templates may name."""

Idempotency = Literal["number", "key", "none"]


class ListWords(Part):
    """A list: ``records`` is where they are in the reply, ``sorted_by`` what the system sorts them by, ascending.

    ``optional``: a reply without that path is an empty list, and not a reply that means something else. ``margin`` is
    how many seconds before ``since`` is asked for, where the filter leaves its very stamp out.
    """

    let: Let = Field(default_factory=dict)
    records: Path = "."
    optional: bool = False
    paging: PagingWords = PagingWords()
    sorted_by: Names = ()
    margin: Annotated[int, Field(ge=0, le=86_400)] = 0


class GetWords(Part):
    """One record by its number: ``record`` is where it is in the reply; of a list the first one."""

    let: Let = Field(default_factory=dict)
    record: Path = "."


class CreateWords(Part):
    """A new record. ``idempotency``: ``number`` (we give the number, and look for it), ``key`` (the system knows ours).

    ``number_prefix`` begins numbers derived from keys. ``number`` is where the reply has the number the system gave,
    ``taken`` where a refusal has the number of the document that was made with this key before. ``then`` are actions
    that bring it into force.
    """

    let: Let = Field(default_factory=dict)
    idempotency: Idempotency = "number"
    number_prefix: Annotated[str, Field(pattern="^[A-Z0-9-]{0,12}$")] = "ERPL-"
    number: Path | None = None
    taken: Path | None = None
    then: tuple[str, ...] = ()


class UpdateWords(Part):
    """Single fields of a record."""

    let: Let = Field(default_factory=dict)


class ActionWords(Part):
    """A button. ``done`` are the statuses in which it counts as pressed."""

    let: Let = Field(default_factory=dict)
    done: Names


OF_WORDS = frozenset(
    {
        "records",
        "optional",
        "paging",
        "sorted_by",
        "margin",
        "record",
        "idempotency",
        "number_prefix",
        "number",
        "taken",
        "then",
        "done",
    }
)
"""The words above that are no part of the request itself."""
