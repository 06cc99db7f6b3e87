from __future__ import annotations

import httpx
import pytest

from tests.real.soap import NodeSoap, PhpSoap

pytestmark = pytest.mark.real


def test_x(node_soap: NodeSoap) -> None:
    assert len(node_soap.figures().orders) == 250
    assert "wsdl" in httpx.get(node_soap.url + "?wsdl").text


def test_y(php_soap: PhpSoap) -> None:
    assert len(php_soap.figures().bills) == 90
    assert "arrayType" in httpx.get(php_soap.url + "?wsdl").text
