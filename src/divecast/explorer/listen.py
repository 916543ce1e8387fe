"""The explorer on an address of this machine."""

import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from divecast.errors import ConfigError
from divecast.explorer.client_timeouts import PunctualProtocol

_CONNECTIONS = 512


def open_socket(host: str, port: int) -> socket.socket:
    """Bind an address; port 0 takes a free one.

    Raises:
        ConfigError: it cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_CONNECTIONS)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host} port {port} ({error}); give another --port or --host") from error


def address_of(open_: socket.socket) -> str:
    """Return the address of an open socket as a browser takes it."""
    host, port = open_.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def make_server(app: ASGIApp) -> uvicorn.Server:
    """Return a server for ``run(sockets=[...])``: it ends at Ctrl-C, after the requests in hand or five seconds."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=PunctualProtocol,
            access_log=False,
            log_level="warning",
            server_header=False,
            ws="none",
            lifespan="on",
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=5,
        )
    )


def listen(app: ASGIApp, open_: socket.socket, say: Callable[[str], None]) -> None:
    """Answer until Ctrl-C; ``say`` gets the address."""
    say(address_of(open_))
    try:
        make_server(app).run(sockets=[open_])
    except KeyboardInterrupt:  # the usual end
        return
    finally:
        open_.close()
