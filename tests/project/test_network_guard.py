"""The guard itself: nothing leaves this machine, whatever library tries."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.network import OutsideNetworkError, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", b"localhost", None, ""])
def test_this_machine_is_reachable(host: object) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.com", b"example.com", "0.0.0.0", 7])
def test_everything_else_is_outside(host: object) -> None:
    assert not is_loopback(host)


def test_a_socket_to_another_host_is_refused() -> None:
    with socket.socket() as sock, pytest.raises(OutsideNetworkError, match="192.0.2.1"):
        sock.connect(("192.0.2.1", 80))


def test_a_name_outside_is_not_even_looked_up() -> None:
    with pytest.raises(OutsideNetworkError, match="erp.example.com"):
        socket.getaddrinfo("erp.example.com", 443)


def test_an_http_client_is_refused_too() -> None:
    with httpx.Client(trust_env=False) as client, pytest.raises(OutsideNetworkError):
        client.get("http://192.0.2.1/")


def test_loopback_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        answering, _ = server.accept()
        with answering:
            answering.sendall(b"hello")
        assert client.recv(5) == b"hello"
