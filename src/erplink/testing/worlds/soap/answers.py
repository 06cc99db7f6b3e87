"""The body of an answer: wrapped, typed, or a string that is XML itself."""

from __future__ import annotations

from starlette.responses import Response

from erplink.testing.worlds.soap.contract import Operation
from erplink.testing.worlds.soap.envelopes import answered
from erplink.testing.worlds.soap.names import ENCODING, SHOP
from erplink.testing.worlds.soap.operations import Answer
from erplink.testing.worlds.soap.pen import Pen, escaped
from erplink.testing.worlds.soap.schema import string_name
from erplink.testing.worlds.soap.settings import SoapWorld


def answer_of(world: SoapWorld, pen: Pen, operation: Operation, answer: Answer) -> Response:
    """An answer in its envelope."""
    if world.strings:
        return answered(world, _as_string(world, operation, "0", "操作成功", _elements(pen, operation, answer)))
    if world.style == "document":
        return answered(world, _wrapped(world, operation, _elements(pen, operation, answer)))
    kind = operation.result.replace("tns:", "ns1:")
    content = f'<return xsi:type="{kind}">{answer.inner}</return>'
    return answered(world, _typed(world, operation, content), answer.beside)


def refusal_in_string(world: SoapWorld, operation: Operation, code: str, message: str) -> Response:
    """A refusal as a code inside a string."""
    return answered(world, _as_string(world, operation, code, message, ""))


def _elements(pen: Pen, operation: Operation, answer: Answer) -> str:
    if not answer.name:
        return answer.inner
    kind = next((one.type for one in operation.gives if one.name == answer.name), "")
    return pen.element(answer.name, answer.inner, kind, answer.attributes)


def _as_string(world: SoapWorld, operation: Operation, code: str, message: str, inner: str) -> str:
    text = (
        f'<?xml version="1.0" encoding="{world.declared}"?>'
        f"<Result><Code>{code}</Code><Message>{escaped(message)}</Message>{inner}</Result>"
    )
    if world.style == "rpc":
        return _typed(world, operation, f'<return xsi:type="xsd:string">{escaped(text)}</return>')
    plain = string_name(world, operation)
    name = f"{world.prefix}:{plain}" if world.prefix else plain
    return _wrapped(world, operation, f"<{name}>{escaped(text)}</{name}>")


def _wrapped(world: SoapWorld, operation: Operation, inner: str) -> str:
    if world.prefix:
        name = f"{world.prefix}:{operation.name}Response"
        return f'<{name} xmlns:{world.prefix}="{SHOP}">{inner}</{name}>'
    return f'<{operation.name}Response xmlns="{SHOP}">{inner}</{operation.name}Response>'


def _typed(world: SoapWorld, operation: Operation, inner: str) -> str:
    style = f'{world.envelope_prefix}:encodingStyle="{ENCODING}"'
    return f"<ns1:{operation.name}Response {style}>{inner}</ns1:{operation.name}Response>"
