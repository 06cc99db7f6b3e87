"""``erplink mock``: a world in the foreground."""

from __future__ import annotations

import errno
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from attrs import evolve, frozen

from erplink.cli.extras import WORLD, require
from erplink.cli.overrides import overridden
from erplink.errors import ConfigInvalid

if TYPE_CHECKING:
    from erplink.testing.worlds.shop.settings import Shop

Announce = Callable[[str], None]
_KINGDEE = ("url", "acct_id", "username", "password", "app_id", "app_secret")
_OPEN = frozenset({"url", "wsdl", "company"})
_BESIDE = frozenset({"house", "auth", "seed"})
_NO_PORT = frozenset({errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL})


@frozen
class Mock:
    """What a person asked a stand-in for."""

    port: int
    orders: Path | None
    state: Path | None
    sample: bool
    zone: str
    latency: float
    faults: str
    json: bool

    def settings(self) -> dict[str, Any]:
        """What every world understands of it."""
        return {
            "zone": _zone(self.zone),
            "latency": self.latency,
            "orders": self.orders,
            "sample": self.sample and self.orders is None,
            "state": self.state,
            "faults": _faults(self.faults),
        }


def run(mock: Mock) -> None:
    """Run a Kingdee world until it is stopped. Leaves with the world's own exit code when it cannot start."""
    require("erplink mock", WORLD, "testing")
    from erplink.testing.worlds.kingdee.serve import run as run_world
    from erplink.testing.worlds.kingdee.settings import KingdeeWorld

    world = KingdeeWorld(**mock.settings())
    _serve(mock, partial(run_world, world), _print_kingdee)


def run_rest(mock: Mock, house: str, changes: Sequence[str]) -> None:
    """Run a REST world until it is stopped. Leaves with the world's own exit code when it cannot start."""
    require("erplink mock", WORLD, "testing")
    from erplink.testing.worlds.rest import house as house_of
    from erplink.testing.worlds.rest import run as run_world

    world = overridden(house_of(house), changes)
    world = evolve(world, shop=_shop(mock, world.shop))
    _serve(mock, partial(run_world, world), partial(_print_house, "REST"))


def run_soap(mock: Mock, house: str, changes: Sequence[str]) -> None:
    """Run a SOAP world until it is stopped. Leaves with the world's own exit code when it cannot start."""
    require("erplink mock", WORLD, "testing")
    from erplink.testing.worlds.soap import house as house_of
    from erplink.testing.worlds.soap import run as run_world

    world = overridden(house_of(house), changes)
    world = evolve(world, shop=_shop(mock, world.shop))
    _serve(mock, partial(run_world, world), partial(_print_house, "SOAP"))


def run_cosmic(mock: Mock, changes: Sequence[str]) -> None:
    """Run a Cosmic world until it is stopped. Leaves with the world's own exit code when it cannot start."""
    require("erplink mock", WORLD, "testing")
    from erplink.testing.worlds.cosmic import CosmicWorld
    from erplink.testing.worlds.cosmic import run as run_world

    world = overridden(CosmicWorld(), changes)
    world = evolve(world, shop=_shop(mock, world.shop))
    _serve(mock, partial(run_world, world), partial(_print_line_of, "Cosmic"))


def run_xingchen(mock: Mock, changes: Sequence[str]) -> None:
    """Run a Xingchen world until it is stopped. Leaves with the world's own exit code when it cannot start."""
    require("erplink mock", WORLD, "testing")
    from erplink.testing.worlds.xingchen import XingchenWorld
    from erplink.testing.worlds.xingchen import run as run_world

    world = overridden(XingchenWorld(), changes)
    world = evolve(world, shop=_shop(mock, world.shop))
    _serve(mock, partial(run_world, world), partial(_print_line_of, "Xingchen"))


def _shop(mock: Mock, shop: Shop) -> Shop:
    return evolve(shop, **mock.settings())


def _serve(mock: Mock, run_world: Callable[..., int], announce: Announce) -> None:
    from erplink.testing.worlds.web.faults import BadFault

    try:
        code = run_world(port=mock.port, announce=_print_line if mock.json else announce)
    except BadFault as error:
        raise ConfigInvalid(f"--faults: {error}", next_step="correct it") from None
    except OSError as error:
        if error.errno not in _NO_PORT:
            raise
        raise ConfigInvalid(
            f"port {mock.port} cannot be used: {error.strerror}",
            next_step="choose another --port; 0 takes any free one",
        ) from None
    if code:
        raise SystemExit(code)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, OSError, ValueError):
        raise ConfigInvalid(
            f"{name!r} is not a time zone", where="--zone", next_step="write an IANA name such as Asia/Shanghai"
        ) from None


def _faults(text: str) -> tuple[dict[str, Any], ...]:
    try:
        return msgspec.json.decode(text if text.startswith("[") else f"[{text}]", type=tuple[dict[str, Any], ...])
    except msgspec.DecodeError as error:
        raise ConfigInvalid(
            f"--faults cannot be read: {error}", next_step='write it like {"rate": 0.1, "seed": 7}, or a list of them'
        ) from None


def _print_line(line: str) -> None:
    print(line, flush=True)


def _print_kingdee(line: str) -> None:
    """Say how to log in, in lines that a shell understands when they are pasted into it."""
    ready: dict[str, str] = json.loads(line)
    print("A Kingdee world is running on this machine. To log in:\n")
    _print_exports({f"ERPLINK_KINGDEE_{name.upper()}": ready[name] for name in _KINGDEE})


def _print_line_of(kind: str, line: str) -> None:
    """The same for another line of Kingdee: its settings under the names they have in Python."""
    ready: dict[str, str] = json.loads(line)
    print(f"A {kind} world is running on this machine. To log in:\n")
    told = {name: value for name, value in ready.items() if name not in _BESIDE}
    _print_exports({f"ERPLINK_{kind.upper()}_{name.upper()}": value for name, value in told.items()})


def _print_house(kind: str, line: str) -> None:
    """The same for a house: where it is, and its credentials as the secrets of a manifest."""
    ready: dict[str, str] = json.loads(line)
    print(f"A {kind} world, house {ready['house']}, is running on this machine. To log in ({ready['auth']}):\n")
    told = {name: value for name, value in ready.items() if name not in _BESIDE}
    _print_exports(
        {f"ERPLINK_{kind if name in _OPEN else 'SECRET'}_{name.upper()}": value for name, value in told.items()}
    )


def _print_exports(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    print("\nCtrl-C stops it.", flush=True)
