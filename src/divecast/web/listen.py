"""The server on an address of this machine."""

import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from divecast.errors import ConfigError
from divecast.web.client_timeouts import TimeoutProtocol
from divecast.web.connections import Waiting

_CONNECTIONS = 512


def open_socket(host: str, port: int) -> socket.socket:
    """Bind an address; port 0 takes a free one.

    Raises:
        ConfigError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_CONNECTIONS)
    except OSError as error:
        raise ConfigError(
            f"Cannot listen on {host} port {port} ({error})", hint="Choose another {port} or {host}", argument="port"
        ) from error


def address_of(bound: socket.socket) -> str:
    """Return the URL of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def server_settings(app: Any, waiting: Waiting | None = None, **more: Any) -> uvicorn.Config:
    """Return the settings of a server; Ctrl-C stops it, after at most five seconds for open requests.

    Args:
        app: the application, or with ``factory=True`` what returns it.
        waiting: connections that may wait for a request.
        **more: further settings of uvicorn.
    """
    return uvicorn.Config(
        app,
        http=partial(TimeoutProtocol, waiting=waiting or Waiting()),  # type: ignore[arg-type]  # called as a class is
        access_log=False,
        log_level="warning",
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_keep_alive=10,
        timeout_graceful_shutdown=5,
        **more,
    )


def make_server(app: ASGIApp) -> uvicorn.Server:
    """Return a server for ``run(sockets=[...])``."""
    return uvicorn.Server(server_settings(app))


def listen(app: ASGIApp, bound: socket.socket, report_address: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; ``report_address`` is called with the URL."""
    report_address(address_of(bound))
    try:
        make_server(app).run(sockets=[bound])
    except KeyboardInterrupt:  # the usual end
        return
    finally:
        bound.close()
