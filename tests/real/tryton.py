"""The ERP Tryton, installed from the package registry, filled through its own client, served on loopback."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from attrs import field, frozen

from tests.brokers.own_server import free_port
from tests.real.cache import kept, needed
from tests.real.programs import run, served

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "tryton-requirements.txt"
SEED = HERE / "tryton_seed.py"
MODULES = ("sale", "stock", "account", "account_invoice")
DATABASE = "erp"
USER = "admin"
PASSWORD = "erplink-real"


@frozen
class Line:
    """Goods of an order; a return has quantities and amounts below zero."""

    product: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


@frozen
class Order:
    """An order as Tryton's own client reads it; amounts in CNY, instants in UTC."""

    id: int
    number: str | None
    state: str
    customer: str
    reference: str | None
    date: date
    return_of: str | None
    untaxed: Decimal
    tax: Decimal
    total: Decimal
    created: datetime
    written: datetime | None
    lines: tuple[Line, ...]

    @property
    def confirmed(self) -> bool:
        """Whether it counts as sold (or, below zero, as given back)."""
        return self.state in {"processing", "done"}


@frozen
class Customer:
    """A party with a code; the phone is in the format that Tryton shows."""

    id: int
    code: str
    name: str
    phone: str
    email: str
    created: datetime
    written: datetime | None


@frozen
class Expected:
    """What is in the freshly seeded system."""

    company: int
    warehouse: int
    keys: Mapping[str, str] = field(repr=False)
    orders: tuple[Order, ...]
    customers: tuple[Customer, ...]
    stock: Mapping[str, Decimal]

    @property
    def confirmed(self) -> tuple[Order, ...]:
        """Orders and returns that are confirmed."""
        return tuple(order for order in self.orders if order.confirmed)


@frozen
class Tryton:
    """A running Tryton: where it is, who may come in, and what it holds."""

    url: str
    expected: Expected
    folder: Path = field(repr=False)
    database: str = DATABASE
    user: str = USER
    password: str = field(default=PASSWORD, repr=False)

    @property
    def rest(self) -> str:
        """The address under which models are read and written."""
        return f"{self.url}/{self.database}/rest/model"

    @property
    def rpc(self) -> str:
        """The address that JSON-RPC calls are posted to."""
        return f"{self.url}/{self.database}/rpc/"

    @property
    def company(self) -> int:
        """The id of the only company."""
        return self.expected.company

    @property
    def key(self) -> str:
        """The administrator's key of the REST door."""
        return self.expected.keys["admin"]

    def rows(self, statement: str, *given: object) -> list[tuple[Any, ...]]:
        """What a SELECT finds in Tryton's own database now."""
        with closing(sqlite3.connect(f"file:{self.folder / 'erp.sqlite'}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(statement, given).fetchall()


def encoded(value: object) -> str:
    """JSON as the REST door takes it in addresses and headers."""
    return base64.urlsafe_b64encode(json.dumps(value, ensure_ascii=False).encode()).decode()


def installed() -> Path:
    """The Python that has Tryton. Skips the test where it cannot be installed."""

    def install(folder: Path) -> None:
        run([sys.executable, "-m", "venv", "venv"], folder)
        run(["venv/bin/python", "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS], folder)

    with needed("Tryton from the registry of Python's packages"):
        return kept("tryton", REQUIREMENTS, make=install) / "venv" / "bin" / "python"


def seeded(python: Path) -> Path:
    """A folder with Tryton's database, filled, and the figures that its own client then reads."""

    def seed(folder: Path) -> None:
        _configure(folder, port=0)
        (folder / "erp.sqlite").touch()
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        admin = [str(python), "-m", "trytond.cli.admin", "-c", "trytond.conf", "-d", DATABASE]
        given = ["--email", "admin@example.com", "--activate-dependencies", "--update", *MODULES]
        run([*admin, *given], folder, env={"TRYTONPASSFILE": "password"})
        run([python, SEED, folder], folder)

    return kept("tryton-seeded", REQUIREMENTS, SEED, PASSWORD, make=seed)


def _configure(folder: Path, port: int) -> None:
    text = (
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
        "[session]\nmax_attempt = 1\n"  # of 5: each further one takes twice as long
    )
    (folder / "trytond.conf").write_text(text, encoding="utf-8")


@contextmanager
def running(folder: Path) -> Iterator[Tryton]:
    """A Tryton of one's own in an empty folder, freshly seeded; gone after the block."""
    python = installed()
    kept_in = seeded(python)
    shutil.copy(kept_in / "erp.sqlite", folder)
    port = free_port()
    _configure(folder, port)
    expected = msgspec.json.decode((kept_in / "expected.json").read_bytes(), type=Expected)
    command: list[str | Path] = [python, "-m", "trytond.cli", "-c", folder / "trytond.conf", "-d", DATABASE]
    with served(command, port, folder / "trytond.log"):
        yield Tryton(f"http://127.0.0.1:{port}", expected, folder)
