"""A wire to PostgreSQL that can be cut, at any moment or at a chosen one."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread
from typing import Literal

from sqlalchemy.engine import make_url

Fate = Literal["pass", "lost", "unanswered"]
"""What becomes of what the client sends: it arrives; the wire breaks before; it breaks before the answer comes."""


class Wire:
    """A relay on loopback. ``fate`` is asked about each piece that the client sends; while ``cut``, nobody gets in."""

    def __init__(self, url: str) -> None:
        self.fate: Callable[[bytes], Fate] = lambda _: "pass"
        self.cut = False
        self._far = make_url(url)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self.url = (
            self._far.set(host="127.0.0.1", port=self._door.getsockname()[1])
            .difference_update_query(["host"])
            .update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
            .render_as_string(hide_password=False)
        )
        Thread(target=self._answer, daemon=True).start()

    def break_off(self) -> None:
        """Cut the wire under everybody who talks, and let nobody in."""
        self.cut = True
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End of the wire."""
        self.break_off()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _answer(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if self.cut:
                near.close()
                continue
            Thread(target=self._relay, args=(near, self._reach()), daemon=True).start()

    def _reach(self) -> socket.socket:
        folder, port = self._far.query.get("host"), self._far.port or 5432
        if folder:
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{folder}/.s.PGSQL.{port}")
            return far
        return socket.create_connection((self._far.host or "127.0.0.1", port))

    def _relay(self, near: socket.socket, far: socket.socket) -> None:
        self._lines += [near, far]
        with closing(near), closing(far), suppress(OSError):
            while True:
                ready, _, _ = select.select([near, far], [], [])
                for side in ready:
                    data = side.recv(65536)
                    if not data or not self._carry(data, near, far, to_far=side is near):
                        return

    def _carry(self, data: bytes, near: socket.socket, far: socket.socket, *, to_far: bool) -> bool:
        fate = self.fate(data) if to_far else "pass"
        if fate == "lost":
            return False
        (far if to_far else near).sendall(data)
        if fate == "unanswered":
            select.select([far], [], [], 0.5)  # in a pipeline, not every piece is answered
            return False
        return True


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    """A wire to a database, gone after the block."""
    relay = Wire(url)
    try:
        yield relay
    finally:
        relay.close()
