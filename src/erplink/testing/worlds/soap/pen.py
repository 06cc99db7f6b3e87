"""XML as a house writes it: elements, values, records. Texts only; nothing is parsed to be written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from attrs import define, field

from erplink.testing.worlds.shop.catalogue import FORMS, OWN, Cell, Cells, Field, Kind
from erplink.testing.worlds.shop.records import Record
from erplink.testing.worlds.shop.statuses import CODES
from erplink.testing.worlds.soap.names import SINGLES, TYPES, pascal
from erplink.testing.worlds.soap.settings import SoapWorld

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
_AS_ATTRIBUTES = frozenset({"id", "version", "line_no"})
_EXTRA = "extra_field"

Element = Any
"""An element of lxml, which has no public name for its type."""


def escaped(text: str) -> str:
    """A text as it stands in XML; characters that XML has no way to write are replaced.

    >>> escaped('a<b>&"')
    'a&lt;b&gt;&amp;&quot;'
    """
    return _NOT_XML.sub("\ufffd", text).translate(_SPECIAL)


@define
class Pen:
    """The hand of one house. Written records are kept until they change."""

    world: SoapWorld
    _known: dict[tuple[str, int], tuple[Record, str]] = field(init=False, factory=dict)

    @property
    def is_typed(self) -> bool:
        """Whether each element says of what type it is."""
        return self.world.style == "rpc" and not self.world.strings

    def element(self, name: str, inner: str, kind: str = "", attributes: str = "") -> str:
        """An element around what is XML already. ``kind`` is its type, ``xsd:string`` or ``tns:Order``."""
        tag = self.tag(name)
        told = f' xsi:type="{kind.replace("tns:", "ns1:")}"' if kind and self.is_typed else ""
        return f"<{tag}{attributes}{told}>{inner}</{tag}>" if inner else f"<{tag}{attributes}{told}/>"

    def tag(self, name: str) -> str:
        """The name of an element inside an answer."""
        bare = self.world.strings or self.world.style == "rpc" or not self.world.prefix
        return name if bare else f"{self.world.prefix}:{name}"

    def record(self, entity: str, record: Record) -> str:
        """The elements of a record, one after the other."""
        known = self._known.get((entity, record.id))
        if known is None or known[0] is not record:
            known = self._known[entity, record.id] = (record, self._written(entity, record, ()))
        return known[1]

    def extended(self, entity: str, record: Record) -> str:
        """The same with elements that no schema knows, in its head and its lines."""
        return self._written(entity, record, (Field(_EXTRA, "来源"),))

    def attributes(self, record: Record) -> str:
        """What the element of a record has beside its name."""
        return f' Id="{record.id}" Version="{record.version}"' if self.world.attributes else ""

    def cell(self, one: Field, cell: Cell) -> str:
        """The element of a field."""
        name = pascal(one.name)
        if cell is None or cell == "":
            return self._empty(name)
        if isinstance(cell, list):
            return self.element(name, "".join(self.element("item", escaped(str(each))) for each in cell))
        return self.element(name, escaped(self.text(one.kind, cell)), f"xsd:{TYPES[one.kind]}")

    def text(self, kind: Kind, cell: Cell) -> str:
        """A value as text; one that does not fit its field is what it is."""
        if isinstance(cell, bool):
            return str(cell).lower()
        if isinstance(cell, datetime):
            return self._time(cell)
        if isinstance(cell, Decimal):
            return format(cell, "f")
        return str(CODES.get(cell, cell)) if kind == "status" and self.world.codes else str(cell)

    def array(self, name: str, of: str, items: Sequence[str]) -> str:
        """An element around records ``of`` a type, which rpc/encoded counts."""
        told = f' SOAP-ENC:arrayType="ns1:{of}[{len(items)}]"' if self.is_typed else ""
        return self.element(name, "".join(items), f"tns:ArrayOf{of}", told)

    def _written(self, entity: str, record: Record, more: tuple[Field, ...]) -> str:
        form = FORMS[entity]
        own = {"id": record.id, "number": record.number, "updated_at": record.updated_at, "version": record.version}
        fields = [*OWN, *form.head, *more]
        if self.world.disordered:
            fields = [*fields[2:], *fields[:2]]
        written = self._cells(fields, own | record.head)
        if not form.lines:
            return written
        of = f"{SINGLES[entity]}Line"
        lines = [self._line(of, (*form.lines, *more), line) for line in record.lines]
        return written + self.element("Lines", "".join(lines), f"tns:ArrayOf{of}")

    def _line(self, of: str, fields: Sequence[Field], line: Cells) -> str:
        place = f' Id="{line.get("id")}" LineNo="{line.get("line_no")}"' if self.world.attributes else ""
        return self.element(self.item("Line"), self._cells(fields, line), f"tns:{of}", place)

    def item(self, name: str) -> str:
        """What an element of an array is called."""
        return "item" if self.is_typed else name

    def _cells(self, fields: Sequence[Field], cells: Mapping[str, Cell]) -> str:
        left_out = _AS_ATTRIBUTES if self.world.attributes else frozenset()
        told = {_EXTRA: "升级", **cells}
        return "".join(self.cell(one, told.get(one.name)) for one in fields if one.name not in left_out)

    def _empty(self, name: str) -> str:
        if self.world.empties == "absent":
            return ""
        tag = self.tag(name)
        nil = ' xsi:nil="true"' if self.world.empties == "nil" and not self.world.strings else ""
        return f"<{tag}{nil}/>"

    def _time(self, moment: datetime) -> str:
        if self.world.times == "utc":
            return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
        local = moment.astimezone(self.world.shop.tz)
        return local.replace(tzinfo=None).isoformat() if self.world.times == "local" else local.isoformat()
