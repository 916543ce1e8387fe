"""Clients that send what they should not to a server on loopback, and what they get."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

HEAD = b"POST /forecast HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
JSON = (b"", b"{", b"[" * 50_000, b"9" * 9000, b"nul", b"\x00", b'"\\ud800"', b"\xff\xfe{}", b"{}{}", b'{"at":', b"'a'")
FIELDS = (
    b'{"at": ["/etc/passwd"]}',
    b'{"at": ["../../../../etc/passwd"]}',
    b'{"channels": ["file:///etc/passwd"]}',
    b'{"levels": [1e999]}',
    b'{"levels": [NaN]}',
    b'{"window": {"values": {}}}',
    b'{"at": {"$ref": "/etc/passwd"}}',
    b'{"model": "../weights"}',
)
PATHS = (
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/..%5c..%5cetc%5cpasswd",
    "//etc/passwd",
    "/etc/passwd",
    "/static/../../etc/passwd",
    "/model/../../etc/passwd",
    "/model/..;/etc/passwd",
    "/model.safetensors",
    "/%00/etc/passwd",
    "/model%00.html",
    "/%c0%ae%c0%ae/etc/passwd",
    "/proc/self/environ",
    "http://127.0.0.1/../etc/passwd",
    "file:///etc/passwd",
    "/docs",
    "/redoc",
    "/.git/config",
)
INSIDE = (b"root:", b"PATH=", b"[core]", b"safetensors")
"""What an answer would have in it, were a file read."""


@dataclass(frozen=True, slots=True)
class Attack:
    """What some clients do.

    Attributes:
        name: of the attack, as the page shows it.
        clients: for each the parts it sends, one after another.
        pause: seconds between parts.
        allowed: the outcomes that are right: a status, or ``closed``.
        reads_after: seconds until the clients begin to read.
        seconds: after which it is given up, which no attack should need.
    """

    name: str
    clients: tuple[Iterable[bytes], ...]
    allowed: frozenset[str]
    pause: float = 0.0
    reads_after: float = 0.0
    seconds: float = 60.0


def attacks(n: int, body_bytes: int, long_answer: bytes) -> tuple[Attack, ...]:
    """Return all of them, ``n`` clients each at most.

    Args:
        n: clients.
        body_bytes: that a request may have.
        long_answer: a body to which the answer is far larger than what the system keeps for a slow reader.
    """
    draw = random.Random(0)  # noqa: S311  no secret
    slow_body = (HEAD + b"Content-Length: 100000\r\n\r\n", *itertools.repeat(b" ", 400))
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    chunked = (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *itertools.repeat(chunk, 2 + body_bytes // 0x8000))
    refused = frozenset({"400", "422"})
    unread = HEAD.replace(b"/forecast", b"/traverse") + sized(long_answer)
    declared = HEAD + b"Content-Length: 999999999\r\n\r\n"
    return (
        Attack("nothing is sent", ((b"",),) * n, frozenset({"closed"})),
        Attack("heads byte by byte", (drips(HEAD + b"X: " + b"0" * 400),) * n, frozenset({"closed"}), 0.2),
        Attack("bodies byte by byte", (slow_body,) * n, frozenset({"408"}), 0.2),
        Attack("bodies said to be too large", ((declared,),) * n, frozenset({"413"})),
        Attack("bodies that grow too large", (chunked,) * n, frozenset({"413", "closed"})),
        Attack("no JSON", tuple((HEAD + sized(text),) for text in JSON), refused),
        Attack("no right fields", tuple((HEAD + sized(text),) for text in FIELDS), refused),
        Attack("no HTTP", tuple((draw.randbytes(200) + b"\r\n\r\n",) for _ in range(n)), frozenset({"400", "closed"})),
        Attack("heads too large", ((HEAD + b"X: " + b"0" * 1_000_000,),) * n, frozenset({"400", "closed"})),
        Attack("paths out of the server", tuple((got(path),) for path in PATHS), frozenset({"400", "404", "closed"})),
        Attack("other hosts", ((got("/model", "evil.org"),), (got("/model", ""),)), frozenset({"400"})),
        Attack("answers not taken", ((unread,),) * min(n, 4), frozenset({"closed"}), reads_after=150.0, seconds=300.0),
    )


def drips(text: bytes) -> tuple[bytes, ...]:
    """Return the bytes one by one."""
    return tuple(bytes([each]) for each in text)


def sized(body: bytes) -> bytes:
    """Return the end of a head and a body."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def got(path: str, host: str = "127.0.0.1") -> bytes:
    """Return a request for a path, as it is."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


async def outcomes(attack: Attack, port: int) -> Counter[str]:
    """Let all clients of an attack at the server at once, and count what they get."""
    return Counter(await asyncio.gather(*(_outcome(attack, parts, port) for parts in attack.clients)))


async def _outcome(attack: Attack, parts: Iterable[bytes], port: int) -> str:
    try:
        async with asyncio.timeout(attack.seconds):
            return await _said(attack, parts, port)
    except TimeoutError:
        return "still open"


async def _said(attack: Attack, parts: Iterable[bytes], port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
    try:
        answer = asyncio.ensure_future(_read_late(reader, attack.reads_after) if attack.reads_after else _read(reader))
        for part in parts:
            writer.write(part)
            await asyncio.wait((answer,), timeout=attack.pause)
            if answer.done() or writer.is_closing():
                break
        return await answer
    finally:
        writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> str:
    try:
        whole = await reader.read(1 << 20)
    except ConnectionError:
        return "closed"
    if any(secret in whole for secret in INSIDE):
        return "a file was read"
    return whole.split(b" ", 2)[1].decode() if whole.startswith(b"HTTP/1.1 ") else "closed"


async def _read_late(reader: asyncio.StreamReader, seconds: float) -> str:
    """Read at last, and tell whether the whole answer is still there."""
    await asyncio.sleep(seconds)
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        await reader.readexactly(length)
    except (ConnectionError, asyncio.IncompleteReadError):
        return "closed"
    return f"{length} bytes at last"
