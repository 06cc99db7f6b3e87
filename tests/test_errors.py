"""Every error class can be met from a public door, and says what happened, where, and the next step."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable
from copy import copy
from pathlib import Path

import pytest

import erplink.errors
from erplink import Link, connect
from erplink.erp.kingdee import Kingdee
from erplink.errors import ErplinkError
from erplink.facade.step import step
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling
from tests.link.company import PLAIN, Company, company
from tests.link.test_loop import SHOP

Door = Callable[[Company], object]


def _unreachable(erp: Company) -> object:
    erp.arm({"kind": "drop_before_commit", "next": 50})
    with connect(erp.settings()) as connected:
        return connected.raw.call("Submit", {"formid": "SAL_SaleOrder", "data": {"Numbers": ["1"]}})


def _busy(erp: Company) -> object:
    from erplink.testing.clock import VirtualClock, VirtualIo

    erp.arm({"kind": "call_limit", "next": 50})
    with connect(erp.settings()) as connected:
        real = connected.io
        io = VirtualIo(lambda call: step(real.send(call)), clock=VirtualClock(real.now()))
        return step(erp.settings().open(io, parallel=1).get("orders", "1001"))


def _paused(erp: Company) -> object:
    once_a_day = Calling(rate=Rate(1, per=86_400.0))
    with connect(erp.settings(calling=once_a_day)) as connected:
        return connected.orders.get("1001")


def _server_fault(erp: Company) -> object:
    erp.arm({"kind": "bad_gateway", "next": 50})
    with connect(erp.settings()) as connected:
        return connected.raw.call("Submit", {"formid": "SAL_SaleOrder", "data": {"Numbers": ["1"]}})


def _not_found(erp: Company) -> object:
    with erp.connect() as connected:
        return connected.orders.get("no such order")


def _refused(erp: Company) -> object:
    with erp.connect() as connected:
        return connected.raw.call("Audit", {"formid": "SAL_SaleOrder", "data": {"Numbers": ["1001"]}})


def _conflict(erp: Company) -> object:
    with erp.link() as link:
        return link.policies.publish(PLAIN.replace('per_yuan: "1"', 'per_yuan: "3"'))


def _shape_changed(erp: Company) -> object:
    with connect(erp.settings(custom={"orders": {"created_at": "FBillNo"}})) as connected:
        return connected.orders.get("1001")


def _insufficient(erp: Company) -> object:
    with erp.link() as link:
        link.sync()
        return link.points.redeem(link.members.find(code="C1"), 10**9, gift="GIFT-001", key="k")


def _config(erp: Company) -> object:
    return Kingdee(url="erp.example.com", acct_id="x", username="y", password="z")


def _policy(erp: Company) -> object:
    with Link.open("sqlite://", space="acme") as link:
        return link.policies.publish(PLAIN.replace("rounding", "rounding").replace("clock", "clokc"))


def _file(erp: Company) -> object:
    with erp.link() as link:
        return link.opening.load(erp.folder / "orders.csv")


def _unsupported(erp: Company) -> object:
    with erp.connect() as connected:
        connected.orders.act("1001", "fly")
    return None


def _login(erp: Company) -> object:
    with connect(erp.settings(app_secret="wrong")) as connected:
        return next(connected.orders.list())


def _not_permitted(erp: Company) -> object:
    erp.arm({"kind": "no_permission", "next": 50})
    with erp.connect() as connected:
        return next(connected.orders.list())


def _write(erp: Company) -> object:
    with erp.link(writes=frozenset()) as link:
        link.sync()
        return link.points.redeem(link.members.find(code="C1"), 1, gift="GIFT-001", key="k")


def _store(erp: Company) -> object:
    with erp.link():
        pass
    database = sqlite3.connect(erp.folder / "books.db")
    database.execute("UPDATE erplink_version SET version_num = '0099'")
    database.commit()
    database.close()
    return Link.open(f"sqlite:///{erp.folder / 'books.db'}", space="acme")


def _away(erp: Company) -> object:
    return Link.open("postgresql://nobody@127.0.0.1:1/books", space="acme")


def _protocol(erp: Company) -> object:
    connected = erp.connect()
    connected.close()
    return connected.orders.get("1001")


DOORS: dict[str, Door] = {
    "Unreachable": _unreachable,
    "Busy": _busy,
    "Paused": _paused,
    "ServerFault": _server_fault,
    "NotFound": _not_found,
    "Refused": _refused,
    "Conflict": _conflict,
    "ShapeChanged": _shape_changed,
    "InsufficientBalance": _insufficient,
    "ConfigInvalid": _config,
    "PolicyInvalid": _policy,
    "FileInvalid": _file,
    "Unsupported": _unsupported,
    "LoginRefused": _login,
    "NotPermitted": _not_permitted,
    "WriteNotAllowed": _write,
    "StoreMismatch": _store,
    "StoreUnavailable": _away,
    "ProtocolBroken": _protocol,
}


FOR_HANDLERS = {"NotKnownYet"}
"""Raised by whoever handles a message, and met by nobody else: the message is parked."""


def leaves(kind: type[ErplinkError]) -> set[str]:
    below = [each for each in kind.__subclasses__() if each.__module__ == erplink.errors.__name__]
    return {kind.__name__} if not below else {name for each in below for name in leaves(each)}


def test_every_error_class_has_a_door_where_it_is_met() -> None:
    assert leaves(ErplinkError) == DOORS.keys() | FOR_HANDLERS


@pytest.mark.parametrize("name", DOORS)
def test_an_error_says_what_and_what_to_do(tmp_path: Path, name: str) -> None:
    with company(tmp_path, *SHOP) as erp:
        with pytest.raises(getattr(erplink.errors, name)) as raised:
            DOORS[name](erp)
        error = raised.value
        assert type(error).__name__ == name
        assert error.what
        assert error.next_step
        assert str(error.advised("call us")) == str(error).replace(error.next_step, "call us")
        assert vars(copy(error)) == vars(pickle.loads(pickle.dumps(error))) == vars(error)
        known = erp.running.credentials
        assert not any(secret in str(error) for secret in (known.password, known.app_secret))
