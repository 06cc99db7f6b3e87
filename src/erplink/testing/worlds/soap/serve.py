"""Starting a SOAP world: inside a test in a thread, or as a process of its own."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from attrs import frozen

from erplink.errors import FixError
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.soap.app import SERVICE, build_app
from erplink.testing.worlds.soap.faults import kinds_of
from erplink.testing.worlds.soap.settings import Credentials, SoapWorld
from erplink.testing.worlds.web.serving import address, in_foreground, in_thread, listen, server_of

BAD_INPUT = 2


@frozen
class Running:
    """A world that answers: the address of its service, that of its control door, what to log in with, what it is."""

    url: str
    door: str
    credentials: Credentials
    world: SoapWorld
    site: Site

    @property
    def wsdl(self) -> str:
        """The address of the WSDL."""
        return f"{self.url}?wsdl"


@contextmanager
def serve(world: SoapWorld, *, port: int = 0) -> Iterator[Running]:
    """Run a world on a loopback port (0: any free one) in a thread, and stop it at the end of the block.

    Raises FixError when the orders file, state file, zone, faults or port cannot be used.

    >>> with serve(SoapWorld()) as running:
    ...     running.url.endswith("/soap/shop")
    True
    """
    site, listener = _open(world, port)
    try:
        with in_thread(_server(site, world), listener, "soap-world"):
            origin = address(listener)
            yield Running(origin + SERVICE, f"{origin}/_world/", world.credentials, world, site)
    finally:
        site.close()


def run(world: SoapWorld, *, port: int = 0, announce: Callable[[str], None] = print) -> int:
    """Run a world in this process until it is told to stop; the exit code.

    Once it is ready one JSON line with addresses, credentials and seed is announced. Input that cannot be used (a file,
    a zone, a port, a fault) gives exit code 2 and one sentence on stderr.
    """
    try:
        site, listener = _open(world, port)
    except FixError as error:
        sys.stderr.write(f"erplink: {error}\n")
        return BAD_INPUT
    announce(json.dumps(announcement(world, site, address(listener) + SERVICE), ensure_ascii=False))
    try:
        in_foreground(_server(site, world), listener)
    finally:
        site.close()
    return 0


def announcement(world: SoapWorld, site: Site, url: str) -> dict[str, Any]:
    """What a new process tells its parent: where it is, what to log in with, what it holds."""
    known = world.credentials
    proofs = {} if world.auth == "none" else {"username": known.username, "password": known.password}
    return {"url": url, "wsdl": f"{url}?wsdl", "house": world.name, "auth": world.auth, **proofs, "seed": site.seed}


def _open(world: SoapWorld, port: int) -> tuple[Site, socket.socket]:
    listener = listen(port)
    try:
        return Site(world.shop, kinds_of(world)), listener
    except BaseException:
        listener.close()
        raise


def _server(site: Site, world: SoapWorld) -> uvicorn.Server:
    server = server_of(build_app(site, world), site.books.clock)

    def stop() -> None:
        server.should_exit = True

    site.stop = stop
    return server
