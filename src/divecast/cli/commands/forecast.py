"""``divecast forecast``."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from divecast._text import plural
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
    ray: options.Ray = None,
    as_json: options.Json = False,
) -> None:
    """Forecast the steps after the end of the data, or from rolling starts between --start and --stop.

    Forecasts are written as they are made: neither they nor the data, a store or a Parquet file, need fit in memory.
    """
    from divecast.cli.forecast_parts import tables_from_ray
    from divecast.cli.forecast_tables import Asked, streamed
    from divecast.cli.loaded import load_model
    from divecast.data import write_frames

    options.check_table(out)
    given = {"device": device, "levels": level, **options.of_data(time, label, tz, channels, recording, rate)}
    settings = read_settings(config, given)
    fitted = load_model(model, settings)
    asked, about = Asked(data, settings, layout, start, stop, every, labels), fitted.info()
    with streamed(asked, fitted, out) as near:
        made = nullcontext(near.tables(fitted)) if ray is None else tables_from_ray(near, fitted, model, ray, out)
        with made as tables:
            rows = write_frames(tables, out)
    horizon, n_channels = about["horizon"], len(about["channels"])
    windows = rows // (horizon * (n_channels if layout == "long" else 1))
    if as_json:
        size = {"windows": windows, "horizon": horizon, "channels": n_channels}
        print_json({"command": "forecast", "forecasts": out, "layout": layout, "levels": asked.levels, **size})
    else:
        forecasts, steps = plural(windows, "forecast"), plural(horizon, "step")
        print_lines(f"In {shown(out)}: {forecasts} of {steps} x {plural(n_channels, 'channel')}")
