"""A real server on a free port."""

import asyncio
import socket
import time

import httpx
import pytest

from divecast import ConfigError
from divecast.serve.listen import address_of, open_socket
from serve.asking import Asked, listening, run


def said(port, *parts):
    """What comes back when bytes are sent as they are."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        for part in parts:
            line.sendall(part)
            time.sleep(0.02)
        found = b""
        while more := line.recv(65536):
            found += more
    return found


HEAD = b"POST /encode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"


def test_requests_over_the_wire(of_hours):
    wanted = of_hours.answer("/forecast", {})
    own = Asked(of_hours.explorer)  # a server that ends closes its pool
    with listening(own.app) as port:

        async def ask():
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
                return await asyncio.gather(*(http.post("/forecast", json={}) for _ in range(12)))

        assert [response.json() for response in run(ask())] == [wanted] * 12
        assert said(port, HEAD + b"Content-Length: 2\r\n\r\n", b"{", b"}").startswith(b"HTTP/1.1 200")
        assert said(port, HEAD + b"Content-Length: 99999999\r\n\r\n").startswith(b"HTTP/1.1 413")
        chunks = [b"8000\r\n" + b" " * 0x8000 + b"\r\n"] * 4
        assert said(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *chunks).startswith(b"HTTP/1.1 413")
        assert said(port, b"GET / HTTP/1.1\r\nHost: evil.org\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 400")
        assert said(port, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
        socket.create_connection(("127.0.0.1", port)).close()
        assert httpx.get(f"http://127.0.0.1:{port}/").text == "<p>page</p>"
    assert own.post("/forecast", {}).status_code == 503


def test_a_port_that_is_taken_is_a_mistake():
    with open_socket("127.0.0.1", 0) as opened:
        port = opened.getsockname()[1]
        assert address_of(opened) == f"http://127.0.0.1:{port}/"
        with pytest.raises(ConfigError, match="--port"):
            open_socket("127.0.0.1", port)
    for host in ("203.0.113.7", "no.such.name.invalid"):
        with pytest.raises(ConfigError, match="--port"):
            open_socket(host, 0)
