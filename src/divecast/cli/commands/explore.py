"""``divecast explore``."""

import sys
from typing import Annotated

import typer

from divecast._optional import need
from divecast.cli.console import print_json, print_lines, say
from divecast.cli.inputs import load_with_data
from divecast.cli.listening import LOCAL, Host, Port, Token
from divecast.cli.options import ForecastOptions, Json


def explore(
    inputs: ForecastOptions,
    host: Host = LOCAL,
    port: Port = 8765,
    token: Token = None,
    with_page: Annotated[
        bool, typer.Option("--page/--no-page", help="Build the report page too, or start at once without it.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Serve the report page and an HTTP API: forecast, encode, what-if, traverse, anomalies.

    Stop it with Ctrl-C. The address /openapi.json describes the API.
    """
    for package in ("fastapi", "uvicorn"):
        need(package)
    from divecast.explorer.app import build_app
    from divecast.explorer.explorer import Explorer
    from divecast.explorer.page import explorer_page, plain_page
    from divecast.web.access import AccessRules
    from divecast.web.listen import listen, open_socket

    AccessRules.of(host, token, 0, 0)  # raises before the work
    model, source = load_with_data(inputs)
    with open_socket(host, port) as server_socket:
        explorer = Explorer.of(model, source)
        say("Preparing; this takes a moment.")
        explorer.prepare()
        page = explorer_page(model, source) if with_page else plain_page()
        rules = AccessRules.of(host, token, explorer.limits.body_bytes, explorer.limits.body_seconds)

        def announce(address: str) -> None:
            if as_json:
                print_json({"command": "explore", "address": address})
            else:
                print_lines(f"The explorer is at {address} (Ctrl-C stops it)")
            sys.stdout.flush()  # the process that started this one waits for the address

        listen(build_app(explorer, rules, page), server_socket, announce)
