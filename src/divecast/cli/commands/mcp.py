"""``divecast mcp``."""

import sys
from typing import Annotated, Literal

import typer

from divecast._optional import need
from divecast.cli.console import print_json, print_lines, say
from divecast.cli.inputs import load_with_data
from divecast.cli.listening import LOCAL, Host, Port, Token
from divecast.cli.options import ForecastOptions, Json


def mcp(
    inputs: ForecastOptions,
    transport: Annotated[
        Literal["stdio", "http"],
        typer.Option("--transport", help="Answer on stdin and stdout of this process, or over streamable HTTP."),
    ] = "stdio",
    unit: Annotated[
        str | None, typer.Option("--unit", help="Unit of the values, such as MWh, for the answers.")
    ] = None,
    host: Host = LOCAL,
    port: Port = 8766,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Serve a model to language models by the Model Context Protocol: forecasts, parts, scenarios, anomalies, scores.

    A client starts it by itself with --transport stdio. With http it runs until Ctrl-C, at the path /mcp.
    """
    need("mcp")
    if transport == "http":
        need("uvicorn")
        from divecast.web.access import AccessRules

        AccessRules.of(host, token, 0, 0)  # raises before the work
    model, source = load_with_data(inputs)
    from divecast.agents.desk import Desk
    from divecast.agents.server import BODY_BYTES, BODY_SECONDS, PATH, build_app, serve_stdio

    desk = Desk.of(model, source, unit)
    if transport == "stdio":
        say("Ready on stdin and stdout.")
        serve_stdio(desk)
        return
    from divecast.web.access import AccessRules
    from divecast.web.listen import listen, open_socket

    rules = AccessRules.of(host, token, BODY_BYTES, BODY_SECONDS)
    with open_socket(host, port) as server_socket:

        def announce(address: str) -> None:
            address = f"{address.rstrip('/')}{PATH}"
            if as_json:
                print_json({"command": "mcp", "address": address})
            else:
                print_lines(f"The server is at {address} (Ctrl-C stops it)")
            sys.stdout.flush()  # the process that started this one waits for the address

        listen(build_app(desk, rules), server_socket, announce)
