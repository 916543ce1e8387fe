"""``divecast explore``."""

import sys
from typing import Annotated

import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines, say
from divecast.cli.settings import read_settings

_SERVING = "Serving"


def explore(
    model: options.Model,
    data: options.Data,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; any but this machine's own needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="DIVECAST_TOKEN",
            show_default=False,
            help="What a request must show; better given by the environment, where no list of processes shows it.",
        ),
    ] = None,
    with_page: Annotated[bool, typer.Option("--page/--no-page", help="Make the page, too, or answer at once.")] = True,
    config: options.Config = None,
    device: options.Device = None,
    time: options.Time = None,
    label: options.LabelColumns = None,
    tz: options.Zone = None,
    channels: options.Channels = None,
    recording: options.Recording = None,
    rate: options.Rate = None,
    as_json: options.Json = False,
) -> None:
    """Serve the report's page and the questions behind it: forecast, encode, what-if, traverse, anomalies.

    Ends at Ctrl-C. The address and /openapi.json say what can be asked.
    """
    from divecast._optional import need

    for package in ("fastapi", "uvicorn"):
        need(package)
    from divecast.cli.loaded import load_with_data
    from divecast.explorer.access import Door
    from divecast.explorer.app import build_app
    from divecast.explorer.explorer import Explorer
    from divecast.explorer.listen import listen, open_socket
    from divecast.explorer.page import explorer_page, plain_page

    Door.of(host, token, 0, 0)  # refuses before the work
    given = {"device": device, **options.of_data(time, label, tz, channels, recording, rate)}
    fitted, source = load_with_data(model, data, read_settings(config, given))
    with open_socket(host, port) as opened:
        explorer = Explorer.of(fitted, source)
        say("Getting ready; this takes a moment.")
        explorer.prepare()
        page = explorer_page(fitted, source) if with_page else plain_page()
        door = Door.of(host, token, explorer.limits.body_bytes, explorer.limits.body_seconds)

        def tell(address: str) -> None:
            if as_json:
                print_json({"command": "explore", "address": address})
            else:
                print_lines(f"The explorer is at {address} (Ctrl-C ends it)")
            sys.stdout.flush()  # whoever started this waits for the address

        listen(build_app(explorer, door, page), opened, tell)
