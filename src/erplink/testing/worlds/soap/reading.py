"""What a client sends, as the books want it. Elements are known by their local names, in whatever order they come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from attrs import frozen
from lxml import etree

from erplink.testing.worlds.shop.catalogue import FORMS, Cell, Cells, Field
from erplink.testing.worlds.shop.clerk import Draft
from erplink.testing.worlds.shop.listing import Asked, Order, at_cursor
from erplink.testing.worlds.shop.records import Wanted
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.soap.names import XSI, pascal
from erplink.testing.worlds.soap.pen import Element

USUAL = 20
"""Records of a page where no size is asked for."""
_SORTS: dict[str, Order] = {"": "id", "Id": "id", "UpdatedAt": "time", "UpdatedAt,Id": "time"}
_PLACE = re.compile(r"\d{1,9}")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname)


@frozen
class Arguments:
    """The children of an operation's element."""

    element: Element
    zone: ZoneInfo

    def text(self, name: str) -> str:
        """The text of a child; empty when there is none."""
        child = self.child(name)
        return "" if child is None else (child.text or "").strip()

    def child(self, name: str) -> Element | None:
        """A child by its local name; None when there is none, or it is nil."""
        found = next((child for child in self.element if local(child) == name), None)
        return None if found is None or _is_nil(found) else found

    def whole(self, name: str, usual: int, least: int) -> int:
        """A whole number. Raises :class:`Refusal`."""
        text = self.text(name)
        if not text:
            return usual
        if _PLACE.fullmatch(text) is None or int(text) < least:
            message = f"参数[{name}]应为整数，从{least}开始"
            raise Refusal("malformed", message, name)
        return int(text)

    def moment(self, name: str) -> datetime | None:
        """An instant; without an offset it is the shop's wall time. Raises :class:`Refusal`."""
        text = self.text(name)
        if not text:
            return None
        try:
            return read_time(text, self.zone)
        except ValueError:
            message = f"参数[{name}]不是时间"
            raise Refusal("malformed", message, name) from None

    def page(self, limit: int) -> Asked:
        """Which part of a list is wanted, the size clipped. Raises :class:`Refusal`."""
        sort = self.text("SortBy").replace(" ", "")
        if sort not in _SORTS:
            message = f"不支持按[{sort}]排序"
            raise Refusal("malformed", message, "SortBy")
        wanted = Wanted(
            self.moment("UpdatedFrom"), self.moment("UpdatedTo"), self.whole("IdAbove", 0, 0), self.text("Number")
        )
        size = min(self.whole("PageSize", USUAL, 1), limit)
        offset = (self.whole("Page", 1, 1) - 1) * size
        return at_cursor(Asked(wanted, _SORTS[sort], size, offset), self.text("After"))

    def draft(self, entity: str, name: str) -> Draft:
        """What is sent of a record. Raises :class:`Refusal`."""
        sent = self.child(name)
        if sent is None:
            message = f"缺少参数[{name}]"
            raise Refusal("malformed", message, name)
        form = FORMS[entity]
        children = [child for child in sent if local(child) != "Lines" or not form.lines]
        fields = (Field("number", "单据编号"), *form.head)
        head = self._cells(fields, children, sent)
        given = next((child for child in sent if local(child) == "Lines"), None)
        if given is None or not form.lines:
            return Draft(head)
        return Draft(head, tuple(self._cells(form.lines, list(line), line) for line in given))

    def _cells(self, fields: Sequence[Field], children: Sequence[Element], parent: Element) -> Cells:
        known = {pascal(one.name): one for one in fields if one.given}
        given = {local(child): "" if _is_nil(child) else child.text or "" for child in children}
        plain = {str(name): str(text) for name, text in parent.attrib.items() if not str(name).startswith("{")}
        read: Cells = {}
        for name, text in {**plain, **given}.items():
            one = known.get(name)
            if one is None:
                message = f"字段[{name}]不存在或不允许写入"
                raise Refusal("malformed", message, name)
            read[one.name] = self._cell(one, text)
        return read

    def _cell(self, one: Field, text: str) -> Cell:
        try:
            match one.kind:
                case "number":
                    number = Decimal(text.strip() or 0)
                    return number if number.is_finite() else _refuse(text)
                case "whole":
                    return int(text.strip() or 0)
                case "flag":
                    return _FLAGS[text.strip() or "0"]
                case "time":
                    return read_time(text.strip(), self.zone) if text.strip() else None
                case _:
                    return text
        except (ValueError, InvalidOperation, KeyError):
            message = f"字段[{one.label}]的值不正确"
            raise Refusal("malformed", message, pascal(one.name)) from None


def read_time(text: str, zone: ZoneInfo) -> datetime:
    """An instant in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)


def _refuse(text: str) -> Cell:
    raise ValueError(text)


def _is_nil(element: Element) -> bool:
    return element.get(f"{{{XSI}}}nil") in {"true", "1"}
