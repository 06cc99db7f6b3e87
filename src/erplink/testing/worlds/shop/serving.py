"""Starting a world that is a door of the shop: in a thread of a test, or as a process of its own."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from attrs import field, frozen
from starlette.types import ASGIApp

from erplink.errors import FixError
from erplink.testing.worlds.shop.settings import Shop
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.faults import Trait
from erplink.testing.worlds.web.serving import address, in_foreground, in_thread, listen, server_of

BAD_INPUT = 2


@frozen
class Door:
    """A door: the path its API lies under, the faults it can commit, what answers, and what a client has to know."""

    name: str
    root: str
    kinds: Mapping[str, Trait]
    app: Callable[[Site], ASGIApp]
    known: Mapping[str, Any] = field(repr=False)


@contextmanager
def served(door: Door, shop: Shop, port: int) -> Iterator[tuple[Site, str]]:
    """The live shop behind a door, and where the door is, until the end of the block.

    Raises FixError when the orders file, state file, zone, faults or port cannot be used.
    """
    site, listener = _open(door, shop, port)
    try:
        with in_thread(_server(door, site), listener, f"{door.name}-world"):
            yield site, address(listener)
    finally:
        site.close()


def ran(door: Door, shop: Shop, port: int, announce: Callable[[str], None]) -> int:
    """Serve in this process until it is told to stop; the exit code.

    Once it is ready one JSON line with address, credentials and seed is announced. Input that cannot be used (a file,
    a zone, a port, a fault) gives exit code 2 and one sentence on stderr.
    """
    try:
        site, listener = _open(door, shop, port)
    except FixError as error:
        sys.stderr.write(f"erplink: {error}\n")
        return BAD_INPUT
    told = announcement(door, site, address(listener))
    announce(json.dumps(told, ensure_ascii=False))
    try:
        in_foreground(_server(door, site), listener)
    finally:
        site.close()
    return 0


def announcement(door: Door, site: Site, origin: str) -> dict[str, Any]:
    """What a new process tells its parent: where it is, what to log in with, what it holds."""
    return {"url": origin + door.root, **door.known, "seed": site.seed}


def _open(door: Door, shop: Shop, port: int) -> tuple[Site, socket.socket]:
    listener = listen(port)
    try:
        return Site(shop, door.kinds), listener
    except BaseException:
        listener.close()
        raise


def _server(door: Door, site: Site) -> uvicorn.Server:
    server = server_of(door.app(site), site.books.clock)

    def stop() -> None:
        server.should_exit = True

    site.stop = stop
    return server
