"""``divecast paths``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast._text import plural
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.inputs import load_with_data
from divecast.cli.options import (
    FigureOut,
    ForecastOptions,
    ForecastSpan,
    Json,
    Labels,
    Levels,
    Raw,
    Reconcile,
    TableOut,
)
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.cli.sums import groups_in, reconciled
from divecast.data import write_frame
from divecast.errors import ConfigError
from divecast.inference.results.ensemble import Ensemble, Period


def paths(
    inputs: ForecastOptions,
    span: ForecastSpan,
    out: TableOut = Path("paths.parquet"),
    n_paths: Annotated[int, typer.Option("--n-paths", min=1, help="Number of sample paths.")] = 1000,
    panel: Annotated[bool, typer.Option("--panel", help="Sum all series, step by step.")] = False,
    reconcile: Reconcile = None,
    exceeds: Annotated[
        float | None, typer.Option("--exceeds", help="Probability that a value, or that sum, is above this number.")
    ] = None,
    total: Annotated[
        Period | None, typer.Option("--total", help="Sum the steps of each day, week, month, year, or of the horizon.")
    ] = None,
    peak: Annotated[Period | None, typer.Option("--peak", help="The largest value of each.")] = None,
    level: Levels = None,
    labels: Labels = "known",
    figure: FigureOut = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Draw sample paths, and write quantiles of their totals, peaks and exceedances.

    First series are summed (--panel, --groups), or series and sums are made to add up (--reconcile); then values are
    compared (--exceeds), then the steps are summed or their largest is taken (--total, --peak). Without any of these,
    the quantiles of each step are written.
    """
    check_tables(out)
    check_figure(figure)
    if total is not None and peak is not None:
        raise ConfigError("A total and a peak exclude each other", hint="Use either {total} or {peak}")
    settings = inputs.settings(level)
    if panel and settings.groups is not None:
        raise ConfigError("All series and groups of them exclude each other", hint="Use either {panel} or {groups}")
    if settings.groups is not None:
        groups_in(settings.groups)  # so that a mistake in it shows at once
    add_up = reconciled(settings.groups, reconcile)
    model, source = load_with_data(inputs, settings, summed=reconcile in (None, "bottom_up"))
    forecast = model.forecast(
        source,
        start=span.start,
        stop=span.stop,
        every=span.every,
        labels=labels,
        n_paths=n_paths,
        own_origin=settings.own_origin if span.own_origin is None else span.own_origin,
    )
    found: Ensemble = add_up(forecast).ensemble
    if panel:
        found = found.total("step")
    elif settings.groups is not None and reconcile is None:
        found = found.total(groups_in(settings.groups, found.names))
    found = found if exceeds is None else found.exceeds(exceeds)
    found = found if total is None else found.total(total)
    found = found if peak is None else found.peak(peak)
    levels = settings.rising_levels
    write_frame(found.frame(levels), out, raw=raw)
    if figure is not None:
        draw(found, figure, silent=as_json)
    size = {"windows": len(found.starts), "series": len(found.names), "paths": n_paths}
    if as_json:
        print_json({"command": "paths", "table": out, "what": found.what, "levels": levels, **size})
    else:
        print_lines(f"{found.what}, {plural(n_paths, 'path')}, {plural(len(found.starts), 'forecast')}: {shown(out)}")
