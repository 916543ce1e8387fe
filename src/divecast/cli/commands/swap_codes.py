"""``divecast swap-codes``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli import options
from divecast.cli.console import print_json
from divecast.cli.contrasted import contrast_as_json, print_contrast
from divecast.cli.figure import Figure, check_figure, draw_figure
from divecast.cli.places import At, read_places
from divecast.cli.settings import read_settings
from divecast.explain.counterfactuals.swap import CodeBlock


def swap_codes(
    model: options.Model,
    data: options.Data,
    other: Annotated[
        list[str],
        typer.Option("--other", help="The window whose code is taken, as --at; one for all, or as many as those."),
    ],
    at: At = None,
    block: Annotated[
        CodeBlock, typer.Option("--block", help="b, which is tied to the factors, or a, which is not.")
    ] = "b",
    factor: Annotated[
        list[str] | None, typer.Option("--factor", help="Take of b only the block of this factor; repeat for more.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV, CSV.gz or Parquet file of both forecasts.")] = Path(
        "swap_codes.parquet"
    ),
    windows_out: Annotated[
        Path | None,
        typer.Option("--windows-out", help="Also write both reconstructions of the window to this file."),
    ] = None,
    labels: options.Labels = "known",
    level: Annotated[
        list[float] | None, typer.Option("--level", help="A quantile to forecast; repeat for more.")
    ] = None,
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
    """Forecast windows as they are, and with a part of another window's code."""
    from divecast.cli.loaded import load_with_data
    from divecast.data import write_frame

    for place in filter(None, (out, windows_out)):
        options.check_table(place)
    check_figure(figure)
    given = {"device": device, "levels": level, **options.of_data(time, label, tz, channels, recording, rate)}
    settings = read_settings(config, given)
    fitted, source = load_with_data(model, data, settings)
    places, others = read_places(at, source), read_places(other, source)
    levels, taken = tuple(sorted(settings.levels)), tuple(factor or ())
    found = fitted.swap_codes(source, other=others, at=places, block=block, factors=taken, labels=labels, levels=levels)
    write_frame(found.frame(), out)
    if windows_out:
        write_frame(found.window_frame(), windows_out)
    if figure is not None:
        from divecast.plots import WhatIfDisplay

        draw_figure(WhatIfDisplay.from_counterfactual(found), figure, silent=as_json)
    if as_json:
        files = {"forecasts": out, "reconstructions": windows_out}
        print_json({"command": "swap-codes", **files, "block": block, **contrast_as_json(found)})
    else:
        print_contrast(found, f"other's {block}", out, windows_out)
