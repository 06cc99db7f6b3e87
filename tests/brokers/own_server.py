"""A broker of one's own on a free port, which a test may kill and start again; what it was told, it keeps."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import define

from tests.brokers.streams import lacking

_READY = {"nats": "Server is ready", "redis": "Ready to accept connections"}


@define
class OwnServer:
    """Its process, and how to start another one in its place."""

    kind: str
    port: int
    command: list[str]
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"{self.kind}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if _READY[self.kind] in line:
                return
        raise AssertionError("".join(said))

    def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@contextmanager
def own_server(kind: str, folder: Path) -> Iterator[OwnServer]:
    """A server that runs; gone after the block. Skips the test where its program is not installed."""
    program = f"{kind}-server"
    if shutil.which(program) is None:
        lacking(f"the program {program} is not installed")
    port = free_port()
    folder.mkdir()
    options = {
        "nats": ["-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)],
        "redis": ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes"],
    }
    server = OwnServer(kind, port, [program, *options[kind]])
    server.start()
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
        return port
