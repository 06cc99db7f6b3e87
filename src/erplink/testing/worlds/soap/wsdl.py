"""The WSDL of the service: over HTTP, and as files in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from erplink.testing.worlds.soap.contract import OPERATIONS, REQUEST, Argument, Operation
from erplink.testing.worlds.soap.names import ENCODING, SHOP, XSD
from erplink.testing.worlds.soap.schema import schema
from erplink.testing.worlds.soap.settings import SoapWorld

WSDL, TYPES = "shop.wsdl", "types.xsd"
"""The names of the two documents."""
NOWHERE = "http://erp-internal.invalid:8080/soap/shop"
"""The address in a WSDL that was made on another machine."""
_BINDINGS: Mapping[str, str] = {
    "1.1": "http://schemas.xmlsoap.org/wsdl/soap/",
    "1.2": "http://schemas.xmlsoap.org/wsdl/soap12/",
}


def documents(world: SoapWorld, address: str) -> Mapping[str, str]:
    """The WSDL for a service at this address, and the schema beside it, by their names."""
    return {WSDL: wsdl(world, address), TYPES: schema(world)}


def save_wsdl(world: SoapWorld, address: str, folder: Path) -> Path:
    """Write both into a folder; the path of the WSDL."""
    for name, text in documents(world, address).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / WSDL


def wsdl(world: SoapWorld, address: str) -> str:
    """The WSDL; it imports the schema by a relative address."""
    where = NOWHERE if world.wrong_address else address
    operations = list(OPERATIONS.values())
    inner = (
        f'<wsdl:types><xsd:schema><xsd:import namespace="{SHOP}" schemaLocation="{TYPES}"/></xsd:schema></wsdl:types>'
        + "".join(_messages(world, one) for one in operations)
        + f'<wsdl:portType name="ShopPortType">{"".join(map(_port, operations))}</wsdl:portType>'
        + f'<wsdl:binding name="ShopBinding" type="tns:ShopPortType">'
        f'<soap:binding style="{world.style}" transport="http://schemas.xmlsoap.org/soap/http"/>'
        f"{''.join(_bound(world, one) for one in operations)}</wsdl:binding>"
        f'<wsdl:service name="Shop"><wsdl:port name="ShopPort" binding="tns:ShopBinding">'
        f'<soap:address location="{where}"/></wsdl:port></wsdl:service>'
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<wsdl:definitions name="Shop" '
        f'xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="{_BINDINGS[world.version]}" '
        f'xmlns:xsd="{XSD}" xmlns:tns="{SHOP}" targetNamespace="{SHOP}">{inner}</wsdl:definitions>\n'
    )


def action_of(operation: str) -> str:
    """The SOAPAction of an operation."""
    return f"{SHOP}#{operation}"


def _messages(world: SoapWorld, one: Operation) -> str:
    if world.style == "document":
        taken = f'<wsdl:part name="parameters" element="tns:{one.name}"/>'
        given = f'<wsdl:part name="parameters" element="tns:{one.name}Response"/>'
    else:
        takes = (Argument(REQUEST, f"tns:{one.name}{REQUEST}"),) if one.optional else one.takes
        taken = "".join(f'<wsdl:part name="{each.name}" type="{each.type}"/>' for each in takes)
        given = f'<wsdl:part name="return" type="{"xsd:string" if world.strings else one.result}"/>'
    return (
        f'<wsdl:message name="{one.name}In">{taken}</wsdl:message>'
        f'<wsdl:message name="{one.name}Out">{given}</wsdl:message>'
    )


def _port(one: Operation) -> str:
    return (
        f'<wsdl:operation name="{one.name}"><wsdl:input message="tns:{one.name}In"/>'
        f'<wsdl:output message="tns:{one.name}Out"/></wsdl:operation>'
    )


def _bound(world: SoapWorld, one: Operation) -> str:
    body = '<soap:body use="literal"/>'
    if world.style == "rpc":
        body = f'<soap:body use="encoded" namespace="{SHOP}" encodingStyle="{ENCODING}"/>'
    return (
        f'<wsdl:operation name="{one.name}"><soap:operation soapAction="{action_of(one.name)}"/>'
        f"<wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>"
    )
