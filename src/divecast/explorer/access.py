"""Access control: who may send requests, and how large; checked before a request is processed.

A page of another site must not reach a server on loopback. It could do so under a host name of its own that resolves to
127.0.0.1 (DNS rebinding), which the check of Host prevents, or by cross-origin requests, which the check of Origin
prevents. Any other address needs the token.
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
class AccessRules:
    """Conditions that a request must meet.

    Attributes:
        hosts: accepted host names, without the port; None for any.
        token: required token; None for none.
        body_bytes: largest body.
        body_seconds: time within which the body must arrive.
    """

    hosts: frozenset[str] | None
    token: str | None
    body_bytes: int
    body_seconds: float

    @classmethod
    def of(cls, host: str, token: str | None, body_bytes: int, body_seconds: float) -> "AccessRules":
        """Return the rules of a server that listens on ``host``.

        Raises:
            ConfigError: an address that other machines can reach has no token, or the token is too short or not
                printable ASCII.
        """
        if token is not None and not (len(token) >= LEAST_TOKEN and token.isascii() and token.isprintable()):
            raise ConfigError(
                f"The token must have at least {LEAST_TOKEN} printable ASCII characters",
                hint='Create one with: python -c "import secrets; print(secrets.token_urlsafe())"',
                argument="token",
            )
        if is_loopback(host):
            return cls(_LOOPBACK | {host}, token, body_bytes, body_seconds)
        if token is None:
            raise ConfigError(
                f"Other machines can reach {host or 'an empty host'}, so a token is needed",
                hint="Pass {token}, set the environment variable DIVECAST_TOKEN, or listen on 127.0.0.1",
                argument="token",
            )
        return cls(None, token, body_bytes, body_seconds)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class AccessMiddleware:
    """An ASGI application that refuses requests against the rules and passes on the others, with the whole body read.

    Args:
        app: the application behind it.
        rules: conditions that a request must meet.
    """

    def __init__(self, app: ASGIApp, rules: AccessRules) -> None:
        self._app, self._rules = app, rules

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
        outcome = refusal_of(self._rules, headers) or await self._body(headers, receive)
        if isinstance(outcome, Response):
            await outcome(scope, receive, send_safe)
        elif outcome is not None:
            await self._app(scope, _replayed(outcome, receive), send_safe)

    async def _body(self, headers: Headers, receive: Receive) -> bytes | Response | None:
        """Return the body, its refusal, or None if the client has disconnected."""
        rules = self._rules
        too_large = _refusal(413, f"The body is larger than {rules.body_bytes} bytes. Ask for less at once.")
        if int(headers.get("content-length", "0")) > rules.body_bytes:
            return too_large
        parts, size = list[bytes](), 0
        try:
            async with asyncio.timeout(rules.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > rules.body_bytes:
                        return too_large
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            return _refusal(408, f"The body did not arrive within {rules.body_seconds:g} seconds.", Connection="close")


def refusal_of(rules: AccessRules, headers: Headers) -> Response | None:
    """Return the refusal of a request by its headers; None if it is allowed."""
    host, origin = headers.get("host", ""), headers.get("origin")
    if rules.hosts is not None and _without_port(host) not in rules.hosts:
        return _refusal(400, f"The Host of a request must be {' or '.join(sorted(rules.hosts))}.")
    if origin is not None and origin.partition("://")[2] != host:
        return _refusal(403, "The Origin of a request must be this server.")
    if rules.token is not None and not _shows(headers.get("authorization", ""), rules.token):
        challenge = 'Bearer realm="divecast", Basic realm="divecast, with the token as password"'
        return _refusal(
            401,
            "The token is missing or wrong. Send it as Authorization: Bearer TOKEN.",
            **{"WWW-Authenticate": challenge},
        )
    return None


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _shows(authorization: str, token: str) -> bool:
    """Return whether a header has the token: as a bearer token, or as the password of basic authentication."""
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
    """Return a ``receive`` that returns the body first, and then waits for the client to disconnect."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again
