"""Who may ask, and with how much: checked before anything of a request is looked at.

A page of another site must not reach a server on loopback: it could under a name of its own that it lets point to
127.0.0.1 (DNS rebinding), which the check of the host ends, or blindly across origins, which the check of the origin
ends. Any other address needs the token.
"""

import asyncio
import binascii
import hmac
from base64 import b64decode
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from divecast.errors import ConfigError
from divecast.explorer.refusal import Refusal

LEAST_TOKEN = 16
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ALWAYS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Door:
    """What a request must have.

    Attributes:
        hosts: names that it may have been sent to, without the port; any when None.
        token: that it must show; none when None.
        body_bytes: of its body at most.
        body_seconds: within which the body must have come.
    """

    hosts: frozenset[str] | None
    token: str | None
    body_bytes: int
    body_seconds: float

    @classmethod
    def of(cls, host: str, token: str | None, body_bytes: int, body_seconds: float) -> "Door":
        """Return the door of a server that listens on ``host``.

        Raises:
            ConfigError: an address that others reach has no token, or the token is too short or no plain text.
        """
        if token is not None and not (len(token) >= LEAST_TOKEN and token.isascii() and token.isprintable()):
            raise ConfigError(
                f"expected a token of at least {LEAST_TOKEN} plain characters; make one with: "
                'python -c "import secrets; print(secrets.token_urlsafe())"'
            )
        if is_loopback(host):
            return cls(_LOOPBACK | {host}, token, body_bytes, body_seconds)
        if token is None:
            raise ConfigError(
                f"others can reach {host or 'an empty host'}: give --token, or the environment variable "
                "DIVECAST_TOKEN, or listen on 127.0.0.1"
            )
        return cls(None, token, body_bytes, body_seconds)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Doorkeeper:
    """An ASGI application that sends away what does not meet a door, and hands on the rest, the body read whole.

    Args:
        app: what stands behind it.
        door: what a request must have.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_ALWAYS)
            await send(message)

        headers = Headers(scope=scope)
        found = refusal_of(self._door, headers) or await self._body(headers, receive)
        if isinstance(found, Response):
            await found(scope, receive, send_safe)
        elif found is not None:
            await self._app(scope, _replayed(found, receive), send_safe)

    async def _body(self, headers: Headers, receive: Receive) -> bytes | Response | None:
        """Return the body, why it is refused, or None where the client has gone."""
        door = self._door
        too_large = _refusal(413, f"expected a body of at most {door.body_bytes} bytes; ask for less at once")
        if int(headers.get("content-length", "0")) > door.body_bytes:
            return too_large
        parts, size = list[bytes](), 0
        try:
            async with asyncio.timeout(door.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > door.body_bytes:
                        return too_large
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            return _refusal(408, f"expected the whole body within {door.body_seconds:g} seconds", Connection="close")


def refusal_of(door: Door, headers: Headers) -> Response | None:
    """Return why a request may not come in; None where it may."""
    host, origin = headers.get("host", ""), headers.get("origin")
    if door.hosts is not None and _without_port(host) not in door.hosts:
        return _refusal(400, f"expected a request to {' or '.join(sorted(door.hosts))}, got another Host")
    if origin is not None and origin.partition("://")[2] != host:
        return _refusal(403, "expected a request from a page of this server, got another Origin")
    if door.token is not None and not _shows(headers.get("authorization", ""), door.token):
        asked = 'Bearer realm="divecast", Basic realm="divecast, with the token as password"'
        return _refusal(401, "expected the token, as Authorization: Bearer TOKEN", **{"WWW-Authenticate": asked})
    return None


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _shows(authorization: str, token: str) -> bool:
    """Whether a request shows the token: as a bearer, or as the password that a browser asks its user for."""
    kind, _, shown = authorization.partition(" ")
    if kind.lower() == "basic":
        try:
            shown = b64decode(shown, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return False
    elif kind.lower() != "bearer":
        return False
    return hmac.compare_digest(shown.strip().encode("utf-8", "replace"), token.encode())


def _refusal(status: int, error: str, **headers: str) -> Response:
    text = Refusal(error=error).model_dump_json()
    return Response(text, status, headers, "application/json")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives the body first, and then waits for the client to go."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again
