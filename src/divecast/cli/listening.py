"""Options of the commands that listen for requests."""

from typing import Annotated

import typer

LOCAL = "127.0.0.1"

Host = Annotated[str, typer.Option("--host", help="Address to listen on; any address but a local one needs a token.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="DIVECAST_TOKEN",
        show_default=False,
        help="Token that requests must present; safer in the environment, where lists of processes do not show it.",
    ),
]
