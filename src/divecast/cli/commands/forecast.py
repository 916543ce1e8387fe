"""``divecast forecast``."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from divecast._text import plural
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.forecast_parts import tables_from_ray
from divecast.cli.forecast_tables import ForecastRequest, streamed
from divecast.cli.inputs import load_model
from divecast.cli.options import (
    ForecastOptions,
    ForecastSpan,
    Json,
    Labels,
    Layout,
    Levels,
    Raw,
    Ray,
    Reconcile,
    TableOut,
)
from divecast.cli.outputs import check_tables
from divecast.data import write_frames
from divecast.errors import ConfigError

_N_PATHS = 1000  # of which reconciled quantiles are


def forecast(
    inputs: ForecastOptions,
    span: ForecastSpan,
    out: TableOut = Path("forecasts.parquet"),
    layout: Annotated[
        Layout,
        typer.Option(
            "--layout",
            help="long: one row per series and step, with quantiles; wide: one column per series, means only.",
        ),
    ] = "long",
    level: Levels = None,
    labels: Labels = "known",
    reconcile: Reconcile = None,
    n_paths: Annotated[
        int | None,
        typer.Option("--n-paths", min=1, help="Number of sample paths, of which reconciled quantiles are; 1,000."),
    ] = None,
    ray: Ray = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Forecast the steps after the end of the data, or from rolling starts between --start and --stop.

    Forecasts are written one after another: neither they nor the data (a store or a Parquet file) need fit in memory.
    """
    check_tables(out)
    if n_paths is not None and not reconcile:
        raise ConfigError(
            "--n-paths is the number of paths of reconciled quantiles, and nothing is reconciled",
            hint="Leave it out, give --reconcile, or draw paths with divecast paths",
        )
    settings = inputs.settings(level)
    model = load_model(inputs.model, settings)
    own_origin = settings.own_origin if span.own_origin is None else span.own_origin
    request = ForecastRequest(
        inputs.data.path,
        settings,
        layout,
        span.start,
        span.stop,
        span.every,
        labels,
        own_origin,
        reconcile,
        (n_paths or _N_PATHS) if reconcile else 0,
    )
    series: set[str] = set()
    with streamed(request, model, out) as local:
        if ray is None:
            tables: Any = nullcontext(local.tables(model, series=series))
        else:
            tables = tables_from_ray(local, model, inputs.model, ray, out)
        with tables as parts:
            n_rows = write_frames(parts, out, raw=raw)
    horizon, fitted = model.horizon, model.fitted_model
    n_channels = len(series or fitted.series or fitted.channels)
    n_windows = n_rows // (horizon * (n_channels if layout == "long" else 1))
    if as_json:
        size = {"windows": n_windows, "horizon": horizon, "channels": n_channels}
        print_json(
            {"command": "forecast", "forecasts": out, "layout": layout, "levels": settings.rising_levels, **size}
        )
    else:
        forecasts, steps = plural(n_windows, "forecast"), plural(horizon, "step")
        print_lines(f"{forecasts} of {steps} x {plural(n_channels, 'channel')}: {shown(out)}")
