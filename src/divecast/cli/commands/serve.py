"""``divecast serve``."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from divecast._optional import need
from divecast.cli.console import print_json, print_lines, say
from divecast.cli.listening import LOCAL, Host, Port, Token
from divecast.cli.options import Json


def serve(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL...", help="Files of models, as FILE or NAME=FILE; the name stands in addresses."),
    ],
    host: Host = LOCAL,
    port: Port = 8766,
    token: Token = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=256, help="Processes, of one thread each; each loads all models.")
    ] = 1,
    max_mb: Annotated[int, typer.Option("--max-mb", min=1, max=2048, help="Largest body of a request, MB.")] = 16,
    max_seconds: Annotated[
        float, typer.Option("--max-seconds", min=0.1, help="Time for an answer, with the time it waits.")
    ] = 30.0,
    device: Annotated[str, typer.Option("--device", help="Device: cpu, cuda, mps or auto.")] = "cpu",
    as_json: Json = False,
) -> None:
    """Serve models over HTTP: forecasts, parts and paths of the rows in a request, which are not kept.

    The address / describes the API, /openapi.json too. Stop it with Ctrl-C; SIGHUP loads the files again.
    """
    for package in ("fastapi", "uvicorn", "prometheus_client"):
        need(package)
    from divecast.service.limits import ServiceLimits
    from divecast.service.serve import Service
    from divecast.service.serve import serve as run
    from divecast.service.served import files_of
    from divecast.web.access import AccessRules
    from divecast.web.listen import open_socket

    limits = replace(ServiceLimits(), body_bytes=max_mb << 20, seconds=max_seconds)
    rules = AccessRules.of(host, token, limits.body_bytes, limits.body_seconds)
    rules = replace(rules, requests=limits.open, requests_of_one=limits.open)
    service = Service(files_of(models), rules, limits, device)
    loaded = service.load()  # what cannot be read is an error here, not of each worker
    names = [*loaded]
    del loaded
    with open_socket(host, port) as bound:

        def announce(address: str) -> None:
            if as_json:
                print_json({"command": "serve", "address": address, "models": names})
            else:
                print_lines(f"Serving {', '.join(names)} at {address} (Ctrl-C stops it)")
            sys.stdout.flush()  # the process that started this one waits for the address

        say(f"Starting {workers} worker{'s' if workers > 1 else ''}.")
        run(service, bound, workers, announce)
