"""Documents that try what a reader of WSDLs must not do: open files, call other hosts, grow or go on without end."""

from __future__ import annotations

from erplink.testing.worlds.soap.names import SHOP, XSD
from erplink.testing.worlds.soap.settings import SoapWorld
from erplink.testing.worlds.soap.wsdl import TYPES, wsdl

ELSEWHERE = "http://elsewhere.invalid/types.xsd"
_DEEPER = "deeper-"
_LEVELS = 7
_SYSTEM = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def hostile(world: SoapWorld, address: str, name: str, elsewhere: str) -> str | None:
    """An attack by its name; None for one that is unknown.

    - ``file``, ``path``: a schema is imported from a file of the reader's machine
    - ``host``: from ``elsewhere``
    - ``entity``: an entity stands for a file; ``bomb``: one for ten million letters
    - ``endless``: each schema imports another one
    """
    if name.startswith(_DEEPER):
        return _deeper(int(name.removeprefix(_DEEPER).partition(".")[0] or 0) + 1)
    plain = wsdl(world, address)
    imported = {
        "file": "file:///etc/passwd",
        "path": "../../../../../../etc/passwd",
        "host": elsewhere,
        "endless": f"{_DEEPER}1.xsd",
    }
    if name in imported:
        return plain.replace(f'schemaLocation="{TYPES}"', f'schemaLocation="{imported[name]}"')
    head, rest = plain.split("\n", 1)
    if name == "entity":
        return f"{head}\n{_SYSTEM}\n{_documented(rest, '&x;')}"
    return f"{head}\n{bomb('a')}\n{_documented(rest, '&a;')}" if name == "bomb" else None


def bomb(name: str) -> str:
    """A document type whose entity stands for ten million letters."""
    entities = [f'<!ENTITY {name}{_LEVELS} "x">']
    entities += [f'<!ENTITY {name}{level} "{f"&{name}{level + 1};" * 10}">' for level in range(1, _LEVELS)]
    return f'<!DOCTYPE a [{"".join(reversed(entities))}<!ENTITY {name} "{f"&{name}1;" * 10}">]>'


def _documented(text: str, words: str) -> str:
    return text.replace("<wsdl:types>", f"<wsdl:documentation>{words}</wsdl:documentation><wsdl:types>", 1)


def _deeper(following: int) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xsd:schema xmlns:xsd="{XSD}" targetNamespace="{SHOP}">'
        f'<xsd:include schemaLocation="{_DEEPER}{following}.xsd"/></xsd:schema>'
    )
