"""SOAP envelopes: what is in the body, and what a fault says, whichever version wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erplink.erp.soap.xml import Element, ids_of, inner_root, name_of, root_of, value_of
from erplink.wire.call import Reply

EVERY = "*"
"""Whatever the child is called: the XML in it stands for all of the answer."""


def tree_of(reply: Reply, inner: str = "") -> Any:
    """What the body's element holds, or ``{"Fault": {code, message, detail}}``; None for what is no envelope.

    ``inner`` names a child whose text is XML itself, which is put in its place; ``*`` means the only one of that kind,
    which is put in place of all of it.
    """
    root = root_of(reply.body, reply.headers.get("content-type", ""))
    if root is None or name_of(root) != "Envelope":
        return None
    content = _content(root)
    if content is None:
        return {}
    if name_of(content) == "Fault":
        return {"Fault": fault_of(content)}
    found = value_of(content, ids_of(root) if b'href="#' in reply.body else None)
    tree = found if isinstance(found, dict) else {"": found}
    return _opened(tree, inner) if inner else tree


def _content(root: Element) -> Element | None:
    """The first element of the body."""
    body = next((child for child in root if name_of(child) == "Body"), None)
    return None if body is None else next(iter(body), None)


def _opened(tree: dict[str, Any], inner: str) -> dict[str, Any]:
    if inner == EVERY:
        texts = [text for text in tree.values() if isinstance(text, str) and "<" in text]
        root = inner_root(texts[0]) if len(texts) == 1 else None
        return tree if root is None else {name_of(root): value_of(root)}
    text = tree.get(inner)
    if not isinstance(text, str) or "<" not in text:
        return tree
    root = inner_root(text)
    return tree if root is None else {**tree, inner: {name_of(root): value_of(root)}}


def fault_of(fault: Element) -> Mapping[str, Any]:
    """Code, message and detail of a fault: SOAP 1.1, SOAP 1.2, or the words of one in the envelope of the other."""
    children = {name_of(child): child for child in fault}
    codes = [_text(children.get("faultcode"))]
    if "Code" in children:
        codes = [_text(each) for each in children["Code"].iter() if name_of(each) == "Value"]
    reason = children.get("faultstring")
    if reason is None and "Reason" in children:
        reason = next((each for each in children["Reason"].iter() if name_of(each) == "Text"), children["Reason"])
    detail = children.get("detail", children.get("Detail"))
    return {
        "code": " ".join(code for code in codes if code),
        "message": _text(reason),
        "detail": {} if detail is None else _detail(value_of(detail)),
    }


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()


def _detail(value: Any) -> Any:
    """The map kind of Apache and PHP (``item`` with ``key`` and ``value``) as an ordinary dict."""
    items = value.get("item") if isinstance(value, dict) else None
    listed = [each for each in (items if isinstance(items, list) else [items]) if isinstance(each, dict)]
    if listed and all({"key", "value"} <= set(each) for each in listed):
        return {str(each["key"]): each["value"] for each in listed}
    return value
