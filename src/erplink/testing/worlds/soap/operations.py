"""What each operation of the service does with the books, in the hand of its house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, frozen

from erplink.testing.worlds.shop import clerk
from erplink.testing.worlds.shop.books import Level
from erplink.testing.worlds.shop.catalogue import FORMS, Field
from erplink.testing.worlds.shop.listing import Part, cut
from erplink.testing.worlds.shop.records import Record
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.soap.contract import Operation
from erplink.testing.worlds.soap.names import SINGLES, plural
from erplink.testing.worlds.soap.pen import Pen
from erplink.testing.worlds.soap.reading import Arguments
from erplink.testing.worlds.soap.settings import SoapWorld

_LEVEL = (
    Field("sku", "商品编码"),
    Field("warehouse", "仓库"),
    Field("on_hand", "库存", "number"),
    Field("available", "可用", "number"),
)
_REFERRED = ' id="{0}" SOAP-ENC:root="0" {1}:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'


@frozen
class Answer:
    """What an operation gives: elements, where it gives several, or what is in a single one that has a ``name``.

    ``attributes`` are those of the single one, ``beside`` are records that are referred to.
    """

    inner: str
    name: str = ""
    attributes: str = ""
    beside: str = ""


@frozen
class Asked:
    """One operation, as it was sent, and what is to go wrong within it."""

    operation: Operation
    arguments: Arguments
    trick: str = ""


@define
class Operations:
    """Every operation of one house."""

    site: Site
    world: SoapWorld
    pen: Pen

    def perform(self, asked: Asked) -> Answer:
        """The answer. Raises :class:`Refusal`."""
        return _OPERATIONS[asked.operation.does](self, asked)

    def list(self, asked: Asked) -> Answer:
        """A page of records."""
        entity = asked.operation.entity
        part = cut(self.site.books.tables[entity], asked.arguments.page(self.world.page_limit), steady=True)
        single, many = SINGLES[entity], plural(entity)
        items, beside = [], []
        for record in part.records:
            inner = self._record(asked, record)
            if self.world.multiref:
                items.append(f'<item href="#{single}{record.id}"/>')
                told = _REFERRED.format(f"{single}{record.id}", self.world.envelope_prefix)
                beside.append(f'<multiRef{told} xsi:type="ns1:{single}">{inner}</multiRef>')
            else:
                kind, attributes = f"tns:{single}", self.pen.attributes(record)
                items.append(self.pen.element(self.pen.item(single), inner, kind, attributes))
        records = self.pen.array(many, single, items)
        return Answer(self._around(part, asked.trick) + records, beside="".join(beside))

    def get(self, asked: Asked) -> Answer:
        """One record."""
        return self._one(asked, self._found(asked))

    def create(self, asked: Asked) -> Answer:
        """A new record; with the RequestId of an earlier request, what that one made."""
        entity = asked.operation.entity
        draft = asked.arguments.draft(entity, SINGLES[entity])
        record, _ = clerk.create(self.site.books, entity, draft, asked.arguments.text("RequestId"))
        return self._one(asked, record)

    def update(self, asked: Asked) -> Answer:
        """Other cells of a record, of this version where one is named."""
        found, entity = self._found(asked), asked.operation.entity
        version = asked.arguments.whole("Version", 0, 1)
        if version not in {0, found.version}:
            message = f"{FORMS[entity].label}[{found.number}]已被其他用户修改"
            raise Refusal("stale", message)
        draft = asked.arguments.draft(entity, "Changes")
        return self._one(asked, clerk.update(self.site.books, entity, found, draft))

    def delete(self, asked: Asked) -> Answer:
        """A record less."""
        clerk.delete(self.site.books, asked.operation.entity, self._found(asked))
        return Answer("true", "Deleted")

    def act(self, asked: Asked) -> Answer:
        """A record in another status."""
        found = self._found(asked)
        (moved,) = clerk.act(self.site.books, asked.operation.entity, [found], asked.operation.action)
        return self._one(asked, moved)

    def stock(self, asked: Asked) -> Answer:
        """What is there of some skus, or of all."""
        given = asked.arguments.child("Skus")
        skus = {text for one in given if (text := one.text)} if given is not None else set()
        place = asked.arguments.text("Warehouse")
        levels = [
            self._level(key, level)
            for key, level in sorted(self.site.books.stock.items())
            if (not skus or key[0] in skus) and place in {"", key[1]}
        ]
        return Answer(self.pen.array("Levels", "Level", levels))

    def _level(self, key: tuple[str, str], level: Level) -> str:
        cells: Mapping[str, Any] = {
            "sku": key[0],
            "warehouse": key[1],
            "on_hand": level.on_hand,
            "available": level.available,
        }
        inner = "".join(self.pen.cell(one, cells[one.name]) for one in _LEVEL)
        return self.pen.element(self.pen.item("Level"), inner, "tns:Level")

    def _around(self, part: Part, trick: str) -> str:
        following = part.again if trick == "repeat_page" else part.next
        has_more = str(bool(following)).lower()
        cells = [
            self.pen.element("Total", str(part.total), "xsd:int"),
            self.pen.element("HasMore", has_more, "xsd:boolean"),
            self.pen.cell(Field("next", ""), following),
        ]
        return "".join(cells)

    def _record(self, asked: Asked, record: Record) -> str:
        write = self.pen.extended if asked.trick == "unknown_field" else self.pen.record
        return write(asked.operation.entity, record)

    def _one(self, asked: Asked, record: Record) -> Answer:
        name, attributes = SINGLES[asked.operation.entity], self.pen.attributes(record)
        return Answer(self._record(asked, record), name, attributes)

    def _found(self, asked: Asked) -> Record:
        table = self.site.books.tables[asked.operation.entity]
        number = asked.arguments.text("Number")
        found = table.lookup(number)
        if found is None:
            message = f"{table.form.label}[{number}]不存在"
            raise Refusal("missing", message)
        return found


_OPERATIONS: Mapping[str, Callable[[Operations, Asked], Answer]] = {
    "list": Operations.list,
    "get": Operations.get,
    "create": Operations.create,
    "update": Operations.update,
    "delete": Operations.delete,
    "act": Operations.act,
    "stock": Operations.stock,
}
