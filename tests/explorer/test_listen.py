"""A real server on a free port."""

import asyncio
import socket
import time
from contextlib import ExitStack, suppress

import httpx
import pytest

from divecast import ConfigError
from divecast.web import client_timeouts
from divecast.web.connections import Waiting
from divecast.web.listen import address_of, open_socket
from explorer.asking import Asked, listening
from loops import run


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


def seconds_until_ended(line, fed, most=10.0):
    """How long a connection lives that is fed a byte now and then."""
    began = time.monotonic()
    line.settimeout(0.05)
    while time.monotonic() - began < most:
        try:
            line.sendall(bytes([next(fed)]) if fed else b"")
            if line.recv(1) == b"":
                break
        except TimeoutError:  # nothing was said, it is open
            continue
        except OSError:
            break
    return time.monotonic() - began


@pytest.mark.parametrize("head", [b"", b"GET /model HTTP/1.1\r\nX: " + b"0" * 300])
def test_who_does_not_end_the_head_of_a_request_is_given_up(of_hours, monkeypatch, head):
    monkeypatch.setattr(client_timeouts, "HEAD_SECONDS", 0.25)
    with listening(Asked(of_hours.explorer).app) as port:
        with socket.create_connection(("127.0.0.1", port), 10) as line:
            assert 0.2 < seconds_until_ended(line, iter(head) if head else None) < 5.0  # though bytes keep coming
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as kept:
            for _ in range(3):  # together longer than one head may take
                assert kept.get("/model").status_code == 200
                time.sleep(0.12)


def test_who_only_connects_shuts_nobody_out(of_hours):
    with listening(Asked(of_hours.explorer).app) as port, ExitStack() as opened:
        lines = [opened.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(40)]
        assert httpx.get(f"http://127.0.0.1:{port}/model", timeout=10).status_code == 200
        lines[0].settimeout(10)
        with suppress(ConnectionResetError):
            assert lines[0].recv(1) == b""  # the oldest was closed
        lines[-1].sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert lines[-1].recv(12) == b"HTTP/1.1 200"


def test_the_oldest_of_those_that_wait_are_closed():
    waiting, closed = Waiting(most=3, most_of_one=2), []
    for number, address in enumerate("aabac"):
        waiting.enter(number, address, lambda number=number: closed.append(number))
        waiting.enter(number, address, lambda: closed.append("twice"))
    assert closed == [0, 1]
    waiting.leave(2)
    waiting.leave(2)
    assert len(waiting) == 2


def test_who_does_not_take_the_answer_is_given_up(of_hours, monkeypatch):
    monkeypatch.setattr(client_timeouts, "TAKE_SECONDS", 0.1)
    size = 50_000_000  # more than the system keeps
    large = Asked(of_hours.explorer, page="x" * size)
    with listening(large.app) as port, socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        time.sleep(2.0)  # long past the limit, on a loaded machine too
        taken = 0
        with suppress(ConnectionResetError):
            while more := line.recv(1 << 20):
                taken += len(more)
        assert 0 < taken < size


def test_a_port_that_is_taken_is_a_mistake():
    with open_socket("127.0.0.1", 0) as opened:
        port = opened.getsockname()[1]
        assert address_of(opened) == f"http://127.0.0.1:{port}/"
        with pytest.raises(ConfigError, match="port="):
            open_socket("127.0.0.1", port)
    for host in ("203.0.113.7", "no.such.name.invalid"):
        with pytest.raises(ConfigError, match="port="):
            open_socket(host, 0)
