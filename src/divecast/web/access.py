"""Access control: who may send requests, and how large; checked before a request is processed.

A page of another site must not reach a server on loopback. It could do so under a host name of its own that resolves to
127.0.0.1 (DNS rebinding), which the check of Host prevents, or by cross-origin requests, which the check of Origin
prevents. Any other address needs the token.
"""

import asyncio
import binascii
import hmac
import re
from base64 import b64decode
from collections import Counter
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from divecast.errors import ConfigError
from divecast.web.refusal import Refusal

LEAST_TOKEN = 16
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]]+))(?::[0-9]{1,5})?")
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
        requests: requests at a time, from their head until the response is taken.
        requests_of_one: those from one address.
    """

    hosts: frozenset[str] | None
    token: str | None
    body_bytes: int
    body_seconds: float
    requests: int = 512
    requests_of_one: int = 96

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
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        self._open[address] += 1
        try:
            await self._answer(address, scope, receive, send)
        finally:
            self._open[address] -= 1
            self._open += Counter()  # forgets those that are 0

    async def _answer(self, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_ALWAYS)
            await send(message)

        headers = Headers(scope=scope)
        outcome = self._too_many(address) or refusal_of(self._rules, headers) or await self._body(headers, receive)
        if isinstance(outcome, Response):
            await outcome(scope, receive, send_safe)
        elif outcome is not None:
            await self._app(scope, _replayed(outcome, receive), send_safe)

    def _too_many(self, address: str) -> Response | None:
        """Return the refusal of a request while too many others are open; None if there are not."""
        rules = self._rules
        if self._open[address] > rules.requests_of_one:
            who = f"{rules.requests_of_one} requests from this address"
        elif self._open.total() > rules.requests:
            who = f"{rules.requests} requests"
        else:
            return None
        return _refusal(503, f"The server has {who} already. Try again in a moment.", **{"Retry-After": "1"})

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
    (host, *more), origin = headers.getlist("host") or [""], headers.get("origin")
    if more or (rules.hosts is not None and _without_port(host) not in rules.hosts):
        names = "one" if rules.hosts is None else " or ".join(sorted(rules.hosts))
        return _refusal(400, f"The Host of a request must be {names}.")
    if origin is not None and origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()):
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
    """Return the name of a Host, without the port and the brackets of an address; empty if it is malformed."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found else ""


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
