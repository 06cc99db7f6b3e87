"""What the operations of a Kingdee answer with."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from attrs import frozen


@frozen
class Saved:
    """What became of one document of a batch, ``index`` counting from 0.

    ``saved`` by this call; ``there``: one of this number is there, of an earlier call or of this one whose reply was
    lost; ``refused``, with the ERP's own ``words`` and the ``field`` they name. ``id`` is known of the first two.
    """

    index: int
    number: str
    state: Literal["saved", "there", "refused"]
    id: str = ""
    words: str = ""
    field: str = ""


@frozen
class Done:
    """What became of a document that a button was pressed for: ``done``, by whomever, or ``refused`` with ``words``."""

    number: str
    state: Literal["done", "refused"]
    words: str = ""


@frozen
class Made:
    """A document that came into being: its form, its id, and its number (none yet for a draft)."""

    form: str
    id: str
    number: str = ""


@frozen
class Pushed:
    """What a document was pushed to. ``again``: it had been pushed already, and nothing was done."""

    documents: tuple[Made, ...]
    again: bool


@frozen
class Group:
    """A group (分组) of base data. ``parent`` is the id of the group above it, empty at the top."""

    id: str
    number: str
    name: str
    parent: str = ""


@frozen
class FormField:
    """A field of a form: its key, its caption, the code of its type, and whether it must be given.

    ``lookup`` is the form it refers to, ``entry`` where it lies: ``FBillHead`` is the head. A tenant's own fields begin
    with ``F_``.
    """

    key: str
    name: str
    kind: str
    required: bool
    lookup: str
    entry: str

    @property
    def custom(self) -> bool:
        """Whether the tenant added it."""
        return self.key.startswith("F_")


@frozen
class FormFields:
    """The fields of a form, and the key of its internal id."""

    form: str
    name: str
    key: str
    fields: tuple[FormField, ...]

    @property
    def custom(self) -> tuple[FormField, ...]:
        """The tenant's own fields."""
        return tuple(one for one in self.fields if one.custom)

    def find(self, key: str) -> FormField | None:
        """The field of a key, spelled like this; None when the form has none."""
        return next((one for one in self.fields if one.key == key), None)


@frozen
class Attachment:
    """A file attached to a document: the id it is downloaded by, its name, and its size in KB as the ERP keeps it."""

    id: str
    name: str
    kilobytes: Decimal


@frozen
class Part:
    """A piece of a file that is downloaded, and where the next one begins; None after the last."""

    data: bytes
    next: int | None
