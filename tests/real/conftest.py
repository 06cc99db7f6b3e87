"""Real systems, each started once for a module and holding its seed; a test that writes takes a module of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real import soap
from tests.real import tryton as erp
from tests.real.soap import NodeSoap, PhpSoap
from tests.real.tryton import Tryton


@pytest.fixture(scope="module")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    """The ERP Tryton."""
    with erp.running(tmp_path_factory.mktemp("tryton")) as system:
        yield system


@pytest.fixture(scope="module")
def node_soap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeSoap]:
    """An order service on node-soap: document/literal, WS-Security UsernameToken."""
    with soap.running_node(tmp_path_factory.mktemp("node")) as service:
        yield service


@pytest.fixture(scope="module")
def php_soap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhpSoap]:
    """An ERP's door on PHP's SoapServer: rpc/encoded, a session that expires, XML within strings."""
    with soap.running_php(tmp_path_factory.mktemp("php")) as service:
        yield service
