"""A connection that can be cut: a port on loopback that passes everything on to another one, or does not."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Lock, Thread
from types import TracebackType
from typing import Self


class Proxy:
    """Passes bytes on. ``cut(n)`` breaks every connection and refuses the next ``n``; then all is well again."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        self._to_refuse = 0
        self.refused = 0
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._door.getsockname()[1]
        return port

    def cut(self, refusals: int) -> None:
        """Be away until so many have tried to connect."""
        with self._lock:
            self._to_refuse = refusals
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.cut(0)
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            with self._lock:
                refuse = self._to_refuse > 0
                self._to_refuse -= refuse
                self.refused += refuse
            if refuse:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._open |= {client, server}
            Thread(target=self._pass_on, args=(client, server), daemon=True).start()
            Thread(target=self._pass_on, args=(server, client), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with self._lock:
            mine = self._open & {source}
            self._open -= mine
        for each in mine:
            each.close()
