"""``divecast narrate``."""

from typing import Annotated

import typer

from divecast.cli.console import print_json, print_lines
from divecast.cli.inputs import load_with_data
from divecast.cli.options import ForecastOptions, Json
from divecast.cli.places import read_places


def narrate(
    inputs: ForecastOptions,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help="Time of the first forecast step, such as 2024-06-01T00:00; for recordings NAME, or NAME@SECOND of "
            "the end of the window. Default: the end of the data.",
        ),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option("--series", help="Series to tell. Default: the one whose forecast departs most."),
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Unit of the values, such as MWh, for the text.")] = None,
    as_json: Json = False,
) -> None:
    """Tell one forecast of one series as a paragraph: parts, what is usual, what is unusual, and past accuracy.

    No language model writes it; with --json each number of the text is one of the facts beside it.
    """
    model, source = load_with_data(inputs)
    places = read_places(None if at is None else [at], source)
    narrative = model.narrate(source, at=places, series=series, unit=unit)
    if as_json:
        print_json({"command": "narrate", "text": narrative.text, "facts": narrative.facts})
    else:
        print_lines(narrative.text)
