"""``divecast traverse``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast._text import plural
from divecast.cli import options
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.figure import Figure, check_figure, draw_figure
from divecast.cli.places import At, UnlabelledCode, read_places
from divecast.cli.settings import read_settings


def traverse(
    model: options.Model,
    data: options.Data,
    dimension: Annotated[
        str,
        typer.Option(
            "--dimension",
            "-d",
            help="As in the table of encode: a3, b_hour0; b_hour goes through the classes of the hour.",
        ),
    ],
    at: At = None,
    unlabelled_code: UnlabelledCode = "kept",
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV, CSV.gz or Parquet file of what comes out.")] = Path(
        "traversal.parquet"
    ),
    position: Annotated[
        list[float] | None,
        typer.Option("--position", help="Where to stop, sd of the prior or number of the class; repeat for more."),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option("--n", help="Number of positions where none is named; 9, or each class, when left out."),
    ] = None,
    span: Annotated[float, typer.Option("--span", help="Farthest position, sd of the prior.")] = 3.0,
    figure: Figure = None,
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
    """Move one dimension of the code of windows, and write windows and forecasts along the way."""
    from divecast.cli.loaded import load_with_data
    from divecast.data import write_frame

    options.check_table(out)
    check_figure(figure)
    given = {"device": device, **options.of_data(time, label, tz, channels, recording, rate)}
    fitted, source = load_with_data(model, data, read_settings(config, given))
    found = fitted.traverse(
        source,
        dimension,
        at=read_places(at, source),
        unlabelled_code=unlabelled_code,
        positions=position or None,
        n=n,
        span=span,
    )
    write_frame(found.frame(), out)
    if figure is not None:
        from divecast.plots import TraversalDisplay

        draw_figure(TraversalDisplay.from_traversal(found), figure, silent=as_json)
    windows = len(found.own_position)
    if as_json:
        way = {"dimension": dimension, "unit": found.unit, "positions": found.positions, "own": found.own_position}
        print_json({"command": "traverse", "traversal": out, "windows": windows, **way})
    else:
        ends = f"{found.positions.min():g} to {found.positions.max():g} ({found.unit})"
        print_lines(
            f"{plural(windows, 'window')} at {plural(len(found.positions), 'position')} of {dimension}, {ends}: see "
            f"{shown(out)}; "
            f"the first window's own position is {found.own_position[0]:.3g}"
        )
