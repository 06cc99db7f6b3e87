"""Names on the wire: namespaces, types, and how an entity and its records are called."""

from __future__ import annotations

from collections.abc import Mapping

from erplink.testing.worlds.shop.catalogue import Kind

SHOP = "urn:example:shop"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
ENVELOPES: Mapping[str, str] = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
SINGLES: Mapping[str, str] = {
    "orders": "Order",
    "shipments": "Shipment",
    "returns": "Return",
    "receipts": "Receipt",
    "customers": "Customer",
    "products": "Product",
}
TYPES: Mapping[Kind, str] = {
    "text": "string",
    "whole": "long",
    "number": "decimal",
    "flag": "boolean",
    "time": "dateTime",
    "status": "string",
}
"""The types of XML Schema."""


def plural(entity: str) -> str:
    """The element around records: ``Orders``."""
    return entity.capitalize()


def pascal(name: str) -> str:
    """A field in the style of .NET.

    >>> pascal("customer_code")
    'CustomerCode'
    """
    return "".join(part.capitalize() for part in name.split("_"))
