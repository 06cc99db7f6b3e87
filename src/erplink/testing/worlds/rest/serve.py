"""Starting a REST world: inside a test in a thread, or as a process of its own."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from attrs import frozen

from erplink.errors import FixError
from erplink.testing.worlds.rest.app import build_app
from erplink.testing.worlds.rest.faults import kinds_of
from erplink.testing.worlds.rest.routes import ROOT
from erplink.testing.worlds.rest.settings import Auth, Credentials, RestWorld
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.serving import address, in_foreground, in_thread, listen, server_of

BAD_INPUT = 2
_PROOFS: Mapping[Auth, tuple[str, ...]] = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "api_key_header": ("api_key",),
    "api_key_query": ("api_key",),
    "oauth2_client": ("client_id", "client_secret"),
    "oauth2_password": ("client_id", "client_secret", "username", "password"),
    "hmac": ("app_key", "app_secret"),
    "login": ("username", "password"),
    "cookie": ("username", "password"),
}


@frozen
class Running:
    """A world that answers: the address of its API, that of its control door, what to log in with, and what it is."""

    url: str
    door: str
    credentials: Credentials
    world: RestWorld
    site: Site


@contextmanager
def serve(world: RestWorld, *, port: int = 0) -> Iterator[Running]:
    """Run a world on a loopback port (0: any free one) in a thread, and stop it at the end of the block.

    Raises FixError when the orders file, state file, zone, faults or port cannot be used.

    >>> with serve(RestWorld()) as running:
    ...     running.url.endswith("/api/")
    True
    """
    site, listener = _open(world, port)
    try:
        with in_thread(_server(site, world), listener, "rest-world"):
            origin = address(listener)
            yield Running(origin + ROOT, f"{origin}/_world/", world.credentials, world, site)
    finally:
        site.close()


def run(world: RestWorld, *, port: int = 0, announce: Callable[[str], None] = print) -> int:
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


def announcement(world: RestWorld, site: Site, url: str) -> dict[str, Any]:
    """What a new process tells its parent: where it is, what to log in with, what it holds."""
    proofs = (*_PROOFS[world.auth], *(("company",) if world.company else ()))
    known = {name: getattr(world.credentials, name) for name in proofs}
    return {"url": url, "house": world.name, "auth": world.auth, **known, "seed": site.seed}


def _open(world: RestWorld, port: int) -> tuple[Site, socket.socket]:
    listener = listen(port)
    try:
        return Site(world.shop, kinds_of(world)), listener
    except BaseException:
        listener.close()
        raise


def _server(site: Site, world: RestWorld) -> uvicorn.Server:
    server = server_of(build_app(site, world), site.books.clock)

    def stop() -> None:
        server.should_exit = True

    site.stop = stop
    return server
