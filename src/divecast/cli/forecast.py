"""``divecast forecast``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.settings import read_settings


def forecast(
    model: options.Model,
    data: options.Data,
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV, CSV.gz or Parquet file of the forecasts.")] = Path(
        "forecasts.parquet"
    ),
    layout: Annotated[
        options.Layout,
        typer.Option(
            "--layout", help="long: a row a channel and step, with quantiles; wide: a column a channel, means only."
        ),
    ] = "long",
    start: options.Start = None,
    stop: Annotated[
        str | None,
        typer.Option("--stop", help="Last time a forecast may start at; right after the data when left out."),
    ] = None,
    every: Annotated[int, typer.Option("--every", min=1, help="Rows from one forecast to the next.")] = 1,
    level: Annotated[
        list[float] | None, typer.Option("--level", min=0.0, max=1.0, help="A quantile; repeat for more.")
    ] = None,
    labels: options.Labels = "known",
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
    """Forecast the steps after the end of the data, or from rolling starts between --start and --stop."""
    from divecast.cli.loaded import load_with_data
    from divecast.data import write_frame

    options.check_table(out)
    given = {"device": device, "levels": level, **options.of_data(time, label, tz, channels, recording, rate)}
    settings = read_settings(config, given)
    fitted, source = load_with_data(model, data, settings)
    result = fitted.forecast(
        source, start=start, stop=stop, every=every, labels=labels, levels=tuple(sorted(settings.levels))
    )
    write_frame(result.frame(layout), out)
    windows, horizon, n_channels = result.mean.shape
    if as_json:
        size = {"windows": windows, "horizon": horizon, "channels": n_channels}
        print_json({"command": "forecast", "forecasts": out, "layout": layout, "levels": result.levels, **size})
    else:
        print_lines(f"{windows} forecasts of {horizon} steps x {n_channels} channels are in {shown(out)}")
