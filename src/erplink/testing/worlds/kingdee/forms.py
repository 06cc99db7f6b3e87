"""What a form is: fields by position, so that a document can be kept as plain tuples of cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Literal

from attrs import evolve, field, frozen

Kind = Literal["id", "text", "custom", "name", "int", "decimal", "date", "bool", "ref"]
Cell = str | int | Decimal | bool | None
Row = tuple[Cell, ...]

PK, NUMBER, STATUS, CREATED, MODIFIED, APPROVED, FIRST = range(7)
ENTRY_ID, SEQ = 0, 1
ZERO = Decimal(0)
_CAPTIONS: Mapping[str, str] = {
    "F_ERPL_UnionId": "微信UnionID",
    "F_ERPL_Points": "会员积分",
    "F_ERPL_Tier": "会员等级",
    "F_ERPL_Paid": "实付金额",
    "F_ERPL_Key": "外部单号",
}


@frozen
class Field:
    """One field: its key, its kind, for base data the master it refers to, and the caption used in messages."""

    key: str
    kind: Kind
    master: str = ""
    caption: str = ""
    default: Cell = None
    required: bool = False


@frozen
class Form:
    """One form: head fields (the first six are fixed by position), entry key and entry fields.

    ``subheads`` are the 1:1 objects of a save whose fields are queried by their plain key. ``operations`` are what
    ExcuteOperation can do with it: opNumber in lower case to the field it sets, in the head or in lines, and the value.
    ``group`` is the field of its groups, ``origin`` the entry fields that hold numbers of documents it was made of.
    """

    id: str
    caption: str
    head: tuple[Field, ...]
    entry: str = ""
    lines: tuple[Field, ...] = ()
    subheads: frozenset[str] = frozenset()
    prefix: str = ""
    base_data: bool = False
    operations: Mapping[str, tuple[str, str]] = field(factory=dict, hash=False)
    group: str = ""
    origin: tuple[str, ...] = ()

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Head field key to position."""
        return {field.key: position for position, field in enumerate(self.head)}

    @cached_property
    def line_positions(self) -> Mapping[str, int]:
        """Entry field key to position."""
        return {field.key: position for position, field in enumerate(self.lines)}

    @property
    def pk(self) -> str:
        """Key of the internal id (``FID``, ``FCUSTID``, ``FMATERIALID``)."""
        return self.head[PK].key

    @property
    def number(self) -> str:
        """Key of the document number (``FBillNo`` or ``FNumber``)."""
        return self.head[NUMBER].key

    def at(self, key: str) -> int:
        """Position of a head field; KeyError when the form has none of that key."""
        return self.positions[key]

    def line_at(self, key: str) -> int:
        """Position of an entry field; KeyError when the form has none of that key."""
        return self.line_positions[key]

    def with_custom(self, keys: Iterable[str]) -> Form:
        """The form with further fields, stored as sent, at the end of its head."""
        own = (Field(key, "custom", caption=_CAPTIONS.get(key, ""), default="") for key in keys)
        return evolve(self, head=(*self.head, *own))
