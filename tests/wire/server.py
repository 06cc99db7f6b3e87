"""A scripted HTTP server on loopback that can fail at the level of sockets."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from attrs import field, frozen, mutable


@frozen
class Request:
    """What came in. The body is empty when the server dropped the connection before reading it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@frozen
class Say:
    """A reply; ``declared`` makes Content-Length another figure than the body's."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(factory=dict)
    declared: int | None = None
    cookies: tuple[str, ...] = ()


Fault = Literal["drop unread", "drop read", "silent"]
Route = Callable[[Request], Say | Fault]


@mutable
class Served:
    url: str
    requests: list[Request] = field(factory=list)
    lock: threading.Lock = field(factory=threading.Lock)

    def paths(self) -> list[str]:
        with self.lock:
            return [request.path for request in self.requests]


@contextmanager
def serving(route: Route) -> Iterator[Served]:
    """Serve one route; ends with the block, whatever the clients do."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}")
    connections: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            thread = threading.Thread(target=_converse, args=(connection, route, served), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield served
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(10)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(10)


def refused_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _converse(connection: socket.socket, route: Route, served: Served) -> None:
    connection.settimeout(10)
    with connection, contextlib.suppress(OSError):
        stream = connection.makefile("rb")
        with stream:
            while (head := _head(stream.readline, stream.readline)) is not None:
                play = route(head)
                unread = play == "drop unread"
                body = b"" if unread else stream.read(int(head.headers.get("content-length", "0")))
                with served.lock:
                    served.requests.append(Request(head.method, head.path, head.headers, body))
                if not isinstance(play, Say):
                    _fail(connection, play)
                    return
                connection.sendall(_render(play))
                if play.declared is not None:
                    return


def _head(first: Callable[[], bytes], line: Callable[[], bytes]) -> Request | None:
    start = first().split()
    if len(start) < 3:
        return None
    headers = {}
    while (text := line().strip()) != b"":
        name, _, value = text.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Request(start[0].decode(), start[1].decode(), headers)


def _fail(connection: socket.socket, play: Fault) -> None:
    if play == "silent":
        connection.recv(1)
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _render(say: Say) -> bytes:
    length = len(say.body) if say.declared is None else say.declared
    lines = [f"HTTP/1.1 {say.status} X", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in say.headers.items()]
    lines += [f"Set-Cookie: {cookie}; path=/; HttpOnly" for cookie in say.cookies]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + say.body
