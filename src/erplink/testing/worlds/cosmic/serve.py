"""Starting a Cosmic world: inside a test in a thread, or as a process of its own."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from attrs import asdict, frozen

from erplink.errors import FixError
from erplink.testing.worlds.cosmic.app import ROOT, build_app
from erplink.testing.worlds.cosmic.faults import KINDS
from erplink.testing.worlds.cosmic.settings import CosmicWorld, Credentials
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.serving import address, in_foreground, in_thread, listen, server_of

BAD_INPUT = 2


@frozen
class Running:
    """A world that answers: the address of its platform, that of its control door, and what to log in with."""

    url: str
    door: str
    credentials: Credentials
    world: CosmicWorld
    site: Site


@contextmanager
def serve(world: CosmicWorld, *, port: int = 0) -> Iterator[Running]:
    """Run a world on a loopback port (0: any free one) in a thread, and stop it at the end of the block.

    Raises FixError when the orders file, state file, zone, faults or port cannot be used.

    >>> with serve(CosmicWorld()) as running:
    ...     running.url.endswith("/ierp/")
    True
    """
    site, listener = _open(world, port)
    try:
        with in_thread(_server(site, world), listener, "cosmic-world"):
            origin = address(listener)
            yield Running(origin + ROOT, f"{origin}/_world/", world.credentials, world, site)
    finally:
        site.close()


def run(world: CosmicWorld, *, port: int = 0, announce: Callable[[str], None] = print) -> int:
    """Run a world in this process until it is told to stop; the exit code.

    Once it is ready one JSON line with address, credentials and seed is announced. Input that cannot be used (a file,
    a zone, a port, a fault) gives exit code 2 and one sentence on stderr.
    """
    try:
        site, listener = _open(world, port)
    except FixError as error:
        sys.stderr.write(f"erplink: {error}\n")
        return BAD_INPUT
    announce(json.dumps(announcement(world, site, address(listener) + ROOT), ensure_ascii=False))
    try:
        in_foreground(_server(site, world), listener)
    finally:
        site.close()
    return 0


def announcement(world: CosmicWorld, site: Site, url: str) -> dict[str, Any]:
    """What a new process tells its parent: where it is, what to log in with, what it holds."""
    return {"url": url, **asdict(world.credentials), "seed": site.seed}


def _open(world: CosmicWorld, port: int) -> tuple[Site, socket.socket]:
    listener = listen(port)
    try:
        return Site(world.shop, KINDS), listener
    except BaseException:
        listener.close()
        raise


def _server(site: Site, world: CosmicWorld) -> uvicorn.Server:
    server = server_of(build_app(site, world), site.books.clock)

    def stop() -> None:
        server.should_exit = True

    site.stop = stop
    return server
