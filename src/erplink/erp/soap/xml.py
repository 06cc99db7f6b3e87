"""Bytes of XML → dicts, lists and texts by local names. No DTD, no entities, nothing from the network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_WIDER: Mapping[str, str] = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "gb_2312-80": "gb18030"}
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_QUIET = ("{http://www.w3.org/2001/XMLSchema-instance}", "{http://schemas.xmlsoap.org/soap/encoding/}")
_TAGS = 10_000
_MULTI = frozenset({"id", "href"})

Element = Any
"""An lxml element."""


def root_of(body: bytes, content_type: str = "") -> Element | None:
    """The root element of a reply, by the encoding it declares, else by its header; None for what is no XML.

    What calls itself GB2312 is read as GB18030, which holds all of it and more. A document with a DTD is refused, for
    entities can stand for files and for gigabytes.

    >>> root_of('<?xml version="1.0" encoding="gb2312"?><a>镕</a>'.encode("gbk")).text
    '镕'
    """
    declared = _DECLARED.match(body[:200])
    named = _CHARSET.search(content_type)
    by_header = [named[1]] if named is not None else []
    names = [declared[1].decode("ascii"), *by_header] if declared is not None else [*by_header, "utf-8"]
    for name in (*names, "gb18030"):
        root = _parsed(body, _WIDER.get(name.lower(), name))
        if root is not None:
            return None if root.getroottree().docinfo.doctype else root
    return None


def _parsed(body: bytes, encoding: str) -> Element | None:
    try:
        return etree.fromstring(body, parser(encoding))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None


def parser(encoding: str | None = None) -> etree.XMLParser:
    """A parser that resolves nothing and fetches nothing."""
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )


def inner_root(text: str) -> Element | None:
    """The root of XML that came as a text inside XML; whatever encoding it declares, it is text already."""
    return root_of(_DECLARATION.sub("", text, count=1).encode())


def name_of(element: Element) -> str:
    """Its local name."""
    return _LOCAL[element.tag]


def value_of(element: Element, by_id: Mapping[str, Element] | None = None) -> Any:
    """An element as a value: text, or a dict of its children and attributes (``@name``); several of a name are a list.

    Nil is None, an empty element an empty text. References of rpc/encoded replies (``href``) are followed by ``by_id``.

    >>> value_of(etree.fromstring('<o no="1"><i>a</i><i>b</i><n/></o>'))
    {'@no': '1', 'i': ['a', 'b'], 'n': ''}
    """
    if element.xpath("count(.//@*|@*)"):
        return _attributed(element, by_id)
    return _children(element) if len(element) else element.text or ""


def _children(element: Element) -> dict[str, Any]:
    """An element below which nothing has an attribute: the quick way, for replies of many records."""
    found: dict[str, Any] = {}
    for child in element:
        name = _LOCAL[child.tag]
        if name in found:
            _add(found, name, _children(child) if len(child) else child.text or "")
        else:
            found[name] = _children(child) if len(child) else child.text or ""
    return found


def _attributed(element: Element, by_id: Mapping[str, Element] | None) -> Any:
    attributes = element.attrib
    if attributes:
        if attributes.get(_NIL) in {"true", "1"}:
            return None
        target = attributes.get("href")
        if by_id is not None and target is not None and target[:1] == "#":
            there = by_id.get(target[1:])
            return "" if there is None else _attributed(there, {key: by_id[key] for key in by_id if key != target[1:]})
    plain = _plain(attributes) if attributes else {}
    if not len(element):
        text = element.text or ""
        return {**plain, "#": text} if plain else text
    for child in element:
        _add(plain, name_of(child), _attributed(child, by_id))
    return plain


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    if name not in found:
        found[name] = value
    elif isinstance(found[name], _Several):
        found[name].append(value)
    else:
        found[name] = _Several((found[name], value))


class _Local(dict[str, str]):
    """Local names of the tags seen, at most some thousands."""

    def __missing__(self, tag: str) -> str:
        if len(self) >= _TAGS:
            self.clear()
        name = self[tag] = tag[tag.rfind("}") + 1 :]
        return name


_LOCAL = _Local()


class _Several(list[Any]):
    """Elements of one name; told apart from a list that is one value."""


def _plain(attributes: Mapping[str, str]) -> dict[str, Any]:
    return {
        f"@{name}": value
        for name, value in attributes.items()
        if name not in _MULTI and not name.startswith(_QUIET) and not name.endswith("encodingStyle")
    }


def ids_of(root: Element) -> Mapping[str, Element]:
    """Elements that others refer to."""
    return {element.get("id"): element for element in root.iter() if element.get("id") is not None}
