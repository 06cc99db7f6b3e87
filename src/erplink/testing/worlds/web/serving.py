"""A web server on loopback: in a thread for a test, or in this process until it is told to stop."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import uvicorn
from starlette.types import ASGIApp

from erplink.errors import ConfigInvalid
from erplink.testing.worlds.web.connection import Protocol, dated


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 is any free one. Raises ConfigInvalid when it cannot be used."""
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


def address(listener: socket.socket) -> str:
    """Where a socket listens: ``http://127.0.0.1:8000``."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def server_of(app: ASGIApp, clock: Callable[[], datetime]) -> uvicorn.Server:
    """A server that is not running yet, dating its replies by this clock."""
    config = uvicorn.Config(
        dated(app, clock),
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
    return uvicorn.Server(config)


@contextmanager
def in_thread(server: uvicorn.Server, listener: socket.socket, name: str) -> Iterator[None]:
    """Run a server in a thread and stop it at the end of the block."""
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name=name)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def in_foreground(server: uvicorn.Server, listener: socket.socket) -> None:
    """Run a server until it is told to stop."""
    gc.freeze()
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return
    finally:
        listener.close()
