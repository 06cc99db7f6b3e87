"""A wire to PostgreSQL that knows its messages: it checks the password, counts calls, and commits faults on them.

A call is a login or a transaction. What passes is relayed to a real server, which has been logged in to by a driver.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from threading import Lock, Thread

import psycopg
from attrs import define, field

from erplink.testing.contract.subject import REFUSAL, Calls, Fault

_NO_ENCRYPTION = frozenset({80877103, 80877104})
"""Requests for TLS and for GSSAPI."""
_ERRORS: Mapping[Fault, tuple[str, str]] = {
    "server_error": ("XX000", "cache lookup failed for relation 4711"),
    "busy": ("53300", "remaining connection slots are reserved"),
    "locked": ("55P03", "canceling statement due to lock timeout"),
    "no_permission": ("42501", "permission denied for table orders"),
    "refused": ("P0001", REFUSAL),
    "password_expired": ("28P01", "password authentication failed for user"),
    "session_lost": ("57P01", "terminating connection due to administrator command"),
}
_GREETING = (b"SET lock_timeout", b"pg_catalog.version", b"standard_conforming_strings")
"""What a client asks and sets once, when it has been let in: it belongs to the login."""
_TOLD = ("server_version", "server_encoding", "client_encoding", "DateStyle", "TimeZone", "integer_datetimes")
_TOLD_TOO = ("standard_conforming_strings", "session_authorization", "is_superuser")


@define
class Armed:
    """A fault to come: how often, on which calls, after how many of them."""

    fault: Fault
    times: int
    calls: Calls
    skip: int

    def strikes(self, kind: Calls | None) -> bool:
        """Whether it strikes a call of a kind; a login has none."""
        meant = kind is None if self.fault == "password_expired" else self.calls in ("all", kind)
        if not meant or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@define
class Wire:
    """What came in so far, and what is still to go wrong. ``dsn`` is the server's, ``password`` what clients need."""

    dsn: str = field(repr=False)
    password: str = field(repr=False)
    calls: int = 0
    logins: int = 0
    refused: int = 0
    suffered: int = 0
    armed: list[Armed] = field(factory=list)
    _lock: Lock = field(factory=Lock)

    def reset(self) -> None:
        """As if nobody had come."""
        with self._lock:
            self.calls = self.logins = self.refused = self.suffered = 0
            self.armed.clear()

    @contextmanager
    def listening(self) -> Iterator[int]:
        """Answer on loopback as long as the block lasts; the port."""
        with closing(socket.create_server(("127.0.0.1", 0))) as door:
            lines: list[socket.socket] = []
            accepting = Thread(target=self._accept, args=(door, lines), daemon=True)
            accepting.start()
            try:
                yield int(door.getsockname()[1])
            finally:
                with suppress(OSError):
                    door.shutdown(socket.SHUT_RDWR)
                for line in lines:
                    with suppress(OSError):
                        line.shutdown(socket.SHUT_RDWR)
                accepting.join()

    def came(self, kind: Calls | None) -> Fault | None:
        """Count a call; what goes wrong with it."""
        with self._lock:
            self.calls += 1
            for each in self.armed:
                if each.strikes(kind):
                    self.suffered += 1
                    return each.fault
        return None

    def _accept(self, door: socket.socket, lines: list[socket.socket]) -> None:
        serving: list[Thread] = []
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                break
            lines.append(client)
            serving.append(Thread(target=self._serve, args=(client,), daemon=True))
            serving[-1].start()
        for each in serving:
            each.join()

    def _serve(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError, EOFError):
            started = _startup(client)
            fault = self.came(None)
            if fault is not None:
                if fault in _ERRORS:
                    client.sendall(_error(*_ERRORS[fault], severity="FATAL"))
                return
            client.sendall(b"R" + struct.pack("!ii", 8, 3))
            _, said = _message(client)
            if said.rstrip(b"\0").decode() != self.password:
                with self._lock:
                    self.refused += 1
                client.sendall(_error("28P01", "password authentication failed for user", severity="FATAL"))
                return
            try:
                server = psycopg.connect(self.dsn, dbname=started["database"], autocommit=True)
            except psycopg.OperationalError:
                client.sendall(_error("3D000", f'database "{started["database"]}" does not exist', severity="FATAL"))
                return
            with closing(server), closing(socket.socket(fileno=os.dup(server.fileno()))) as far:
                far.setblocking(True)
                with self._lock:
                    self.logins += 1
                client.sendall(_welcome(server))
                self._relay(client, far)

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what belongs together, and its answer, until somebody hangs up or a fault ends it."""
        doomed: Fault | None = None
        begun: Calls | None = None
        while True:
            batch = _batch(client)
            if b"BEGIN" in batch:
                begun = "reads" if b"READ ONLY" in batch else "writes"
            elif begun is not None:
                fault = None if any(word in batch for word in _GREETING) else self.came(begun)
                begun = None
                if fault == "session_lost":
                    client.sendall(_error(*_ERRORS[fault], severity="FATAL"))
                if fault in ("dropped", "session_lost"):
                    return
                if fault is not None and fault in _ERRORS:
                    client.sendall(_error(*_ERRORS[fault]) + _framed(b"Z", b"E"))
                    continue
                doomed = fault
            server.sendall(batch)
            answer = _answer(server)
            if doomed is not None and (b"COMMIT" in batch or b"ROLLBACK" in batch):
                if doomed == "cut_short":
                    client.sendall(answer[: len(answer) // 2])
                return
            client.sendall(answer)


def _startup(client: socket.socket) -> dict[str, str]:
    """What a client says of itself, once it is content without encryption."""
    while True:
        (length,) = struct.unpack("!i", _exactly(client, 4))
        body = _exactly(client, length - 4)
        (code,) = struct.unpack("!i", body[:4])
        if code not in _NO_ENCRYPTION:
            words = body[4:].rstrip(b"\0").decode().split("\0")
            return dict(zip(words[::2], words[1::2], strict=True))
        client.sendall(b"N")


def _welcome(server: psycopg.Connection[tuple[object, ...]]) -> bytes:
    told = b"R" + struct.pack("!ii", 8, 0)
    for name in (*_TOLD, *_TOLD_TOO):
        value = server.info.parameter_status(name)
        if value is not None:
            told += _framed(b"S", name.encode() + b"\0" + value.encode() + b"\0")
    return told + _framed(b"K", struct.pack("!ii", 1, 1)) + _framed(b"Z", b"I")


def _error(code: str, words: str, severity: str = "ERROR") -> bytes:
    fields = {b"S": severity, b"V": severity, b"C": code, b"M": words}
    return _framed(b"E", b"".join(key + value.encode() + b"\0" for key, value in fields.items()) + b"\0")


def _framed(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _batch(client: socket.socket) -> bytes:
    """The messages that belong together: up to one that wants an answer."""
    found = b""
    while True:
        kind, body = _message(client)
        found += _framed(kind, body)
        if kind in (b"S", b"Q"):
            return found
        if kind == b"X":
            raise EOFError


def _answer(server: socket.socket) -> bytes:
    """What the server says, up to its being ready."""
    found = bytearray()
    while True:
        kind, body = _message(server)
        found += _framed(kind, body)
        if kind == b"Z":
            return bytes(found)


def _message(line: socket.socket) -> tuple[bytes, bytes]:
    kind = _exactly(line, 1)
    (length,) = struct.unpack("!i", _exactly(line, 4))
    return kind, _exactly(line, length - 4)


def _exactly(line: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        more = line.recv(count - len(found))
        if not more:
            raise EOFError
        found += more
    return bytes(found)
