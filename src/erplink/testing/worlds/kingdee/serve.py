"""Starting a world: inside a test in a thread, or as a process of its own."""

from __future__ import annotations

import gc
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from attrs import frozen

from erplink.errors import ConfigInvalid, FixError
from erplink.testing.worlds.kingdee.app import ROOT, build_app
from erplink.testing.worlds.kingdee.connection import Protocol, dated
from erplink.testing.worlds.kingdee.settings import Credentials, KingdeeWorld
from erplink.testing.worlds.kingdee.site import Site

BAD_INPUT = 2


@frozen
class Running:
    """A world that answers: its address, what to log in with, and the live site behind it."""

    url: str
    credentials: Credentials
    site: Site


@contextmanager
def serve(world: KingdeeWorld, *, port: int = 0) -> Iterator[Running]:
    """Run a world on a loopback port (0: any free one) in a thread, and stop it at the end of the block.

    Raises FixError when the orders file, state file, zone, faults or port cannot be used.

    >>> with serve(KingdeeWorld()) as running:
    ...     running.url.endswith("/k3cloud/")
    True
    """
    site, listener = _open(world, port)
    server = _server(site)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="kingdee-world")
    thread.start()
    try:
        yield Running(_url(listener), world.credentials, site)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        site.close()


def run(world: KingdeeWorld, *, port: int = 0, announce: Callable[[str], None] = print) -> int:
    """Run a world in this process until it is told to stop; the exit code.

    Once it is ready one JSON line with address, credentials and seed is announced. Input that cannot be used (a file,
    a zone, a port, a fault) gives exit code 2 and one sentence on stderr.
    """
    try:
        site, listener = _open(world, port)
    except FixError as error:
        sys.stderr.write(f"erplink: {error}\n")
        return BAD_INPUT
    gc.freeze()
    announce(json.dumps(announcement(world, site, _url(listener)), ensure_ascii=False))
    try:
        _server(site).run(sockets=[listener])
    except KeyboardInterrupt:
        return 0
    finally:
        listener.close()
        site.close()
    return 0


def announcement(world: KingdeeWorld, site: Site, url: str) -> dict[str, Any]:
    """What a new process tells its parent: where it is, what to log in with, what it holds."""
    credentials = world.credentials
    return {
        "url": url,
        "acct_id": credentials.acct_id,
        "username": credentials.username,
        "password": credentials.password,
        "app_id": credentials.app_id,
        "app_secret": credentials.app_secret,
        "seed": site.seed,
    }


def _open(world: KingdeeWorld, port: int) -> tuple[Site, socket.socket]:
    listener = _listen(port)
    try:
        return Site(world), listener
    except BaseException:
        listener.close()
        raise


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio turns Nagle's algorithm off; otherwise every reply waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise ConfigInvalid(f"port {port} cannot be used: {error}", next_step="give another, or 0 for any") from error
    listener.listen(128)
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}{ROOT}"


def _server(site: Site) -> uvicorn.Server:
    config = uvicorn.Config(
        dated(build_app(site), site.world.clock),
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    site.stop = stop
    return server
