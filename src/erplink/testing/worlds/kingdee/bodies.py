"""The request bodies clients send: named arguments, positional ``parameters``, the old envelope, or a form field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import parse_qs

from attrs import frozen


class BadBody(Exception):
    """The body cannot be read; the web server answers with an error page."""


@frozen
class Body:
    """The arguments of a call, by lower-case name or by position."""

    named: Mapping[str, Any]
    positional: tuple[Any, ...] = ()

    def argument(self, name: str, position: int) -> Any:
        """One argument, or None when it was not sent."""
        if name.lower() in self.named:
            return self.named[name.lower()]
        return self.positional[position] if position < len(self.positional) else None

    def text(self, name: str, position: int) -> str:
        """One argument as text; empty when it was not sent."""
        value = self.argument(name, position)
        return "" if value is None else str(value)

    def data(self, position: int) -> Mapping[str, Any]:
        """The ``data`` object, also when it came as JSON text; its own keys in lower case."""
        value = self.argument("data", position)
        if isinstance(value, str) and value.strip():
            value = _loads(value)
        if value is None or value == "":
            return {}
        if not isinstance(value, Mapping):
            message = "data is not an object"
            raise BadBody(message)
        return lowered(value)


def lowered(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same object with its own keys in lower case; what is inside keeps its case.

    >>> lowered({"FormId": {"FBillNo": 1}})
    {'formid': {'FBillNo': 1}}
    """
    return {str(key).lower(): inner for key, inner in value.items()}


def read_body(raw: bytes, content_type: str) -> Body:
    """The body of a request in whichever form it came. Raises :class:`BadBody`."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = "the body is not UTF-8"
        raise BadBody(message) from error
    if content_type.startswith("application/x-www-form-urlencoded"):
        return Body({key.lower(): values[-1] for key, values in parse_qs(text).items()})
    value = _loads(text) if text.strip() else {}
    if not isinstance(value, Mapping):
        message = "Additional text found in JSON string after finishing deserializing object."
        raise BadBody(message)
    named = lowered(value)
    parameters = named.pop("parameters", ())
    if isinstance(parameters, str) and parameters.strip():
        parameters = _loads(parameters)
    if not isinstance(parameters, list | tuple):
        message = "parameters is not an array"
        raise BadBody(message)
    return Body(named, tuple(parameters))


def _loads(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        message = "the body is not JSON"
        raise BadBody(message) from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
