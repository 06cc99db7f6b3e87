"""The types of the service as an XML Schema, a document of its own that the WSDL imports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from erplink.testing.worlds.shop.catalogue import FORMS, OWN, Field
from erplink.testing.worlds.soap.contract import OPERATIONS, PAGE, REQUEST, Argument, Operation
from erplink.testing.worlds.soap.names import ENCODING, SHOP, SINGLES, TYPES, XSD, pascal, plural
from erplink.testing.worlds.soap.settings import SoapWorld

_AS_ATTRIBUTES = frozenset({"id", "version", "line_no"})
_LEVEL = ("Sku", "xsd:string"), ("Warehouse", "xsd:string"), ("OnHand", "xsd:decimal"), ("Available", "xsd:decimal")


def schema(world: SoapWorld) -> str:
    """The whole schema."""
    is_rpc = world.style == "rpc"
    told = f'<xsd:import namespace="{ENCODING}"/>' if is_rpc else ""
    wsdl = ' xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
    parts = [part for entity in FORMS for part in _of_entity(world, entity)]
    parts += [_complex("Level", [Argument(*one) for one in _LEVEL]), _records(world, "Level")]
    parts += [_complex("StockPage", [Argument("Levels", "tns:ArrayOfLevel")])]
    parts.append(_list(world, "Sku", "Sku", "xsd:string"))
    if is_rpc:
        parts += [_complex(f"{one.name}{REQUEST}", one.takes) for one in OPERATIONS.values() if one.optional]
    else:
        parts += [part for one in OPERATIONS.values() for part in _elements(world, one)]
    qualified = "" if is_rpc else ' elementFormDefault="qualified"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xsd:schema xmlns:xsd="{XSD}" xmlns:tns="{SHOP}"{wsdl} '
        f'targetNamespace="{SHOP}"{qualified}>{told}{"".join(parts)}</xsd:schema>\n'
    )


def _of_entity(world: SoapWorld, entity: str) -> Iterator[str]:
    form, single = FORMS[entity], SINGLES[entity]
    arguments = [*_arguments(world, (*OWN, *form.head))]
    if form.lines:
        arguments.append(Argument("Lines", f"tns:ArrayOf{single}Line"))
        yield _complex(f"{single}Line", [*_arguments(world, form.lines)], _attributes(world, form.lines))
        yield _list(world, f"{single}Line", "Line", f"tns:{single}Line")
    yield _complex(single, arguments, _attributes(world, OWN))
    yield _records(world, single)
    yield _complex(f"{single}Page", [*PAGE, Argument(plural(entity), f"tns:ArrayOf{single}")])


def _arguments(world: SoapWorld, fields: Sequence[Field]) -> Iterator[Argument]:
    for one in fields:
        if not (world.attributes and one.name in _AS_ATTRIBUTES):
            yield Argument(pascal(one.name), f"xsd:{TYPES[one.kind]}")


def _attributes(world: SoapWorld, fields: Sequence[Field]) -> str:
    known = [one for one in fields if world.attributes and one.name in _AS_ATTRIBUTES]
    return "".join(f'<xsd:attribute name="{pascal(one.name)}" type="xsd:{TYPES[one.kind]}"/>' for one in known)


def _elements(world: SoapWorld, operation: Operation) -> Iterator[str]:
    result = (Argument(string_name(world, operation)),) if world.strings else operation.gives
    for name, arguments in ((operation.name, operation.takes), (f"{operation.name}Response", result)):
        yield f'<xsd:element name="{name}"><xsd:complexType>{_sequence(arguments)}</xsd:complexType></xsd:element>'


def string_name(world: SoapWorld, operation: Operation) -> str:
    """What the string of an answer is called."""
    return world.string_name or f"{operation.name}Result"


def _complex(name: str, arguments: Sequence[Argument], attributes: str = "") -> str:
    return f'<xsd:complexType name="{name}">{_sequence(arguments)}{attributes}</xsd:complexType>'


def _sequence(arguments: Sequence[Argument]) -> str:
    inner = "".join(
        f'<xsd:element name="{one.name}" type="{one.type}" minOccurs="0" nillable="true"/>' for one in arguments
    )
    return f"<xsd:sequence>{inner}</xsd:sequence>"


def _records(world: SoapWorld, of: str) -> str:
    """An array of records: one of SOAP encoding, where that is spoken."""
    if world.style == "document":
        return _list(world, of, of, f"tns:{of}")
    restriction = (
        '<xsd:complexContent><xsd:restriction base="soapenc:Array">'
        f'<xsd:attribute ref="soapenc:arrayType" wsdl:arrayType="tns:{of}[]"/>'
        "</xsd:restriction></xsd:complexContent>"
    )
    return f'<xsd:complexType name="ArrayOf{of}">{restriction}</xsd:complexType>'


def _list(world: SoapWorld, of: str, item: str, kind: str) -> str:
    """A sequence of elements with one name, which every client can write."""
    name = item if world.style == "document" else "item"
    inner = f'<xsd:element name="{name}" type="{kind}" minOccurs="0" maxOccurs="unbounded" nillable="true"/>'
    return f'<xsd:complexType name="ArrayOf{of}"><xsd:sequence>{inner}</xsd:sequence></xsd:complexType>'
