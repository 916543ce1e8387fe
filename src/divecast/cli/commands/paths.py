"""``divecast paths``."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from divecast._text import plural
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.files import Reads
from divecast.cli.inputs import load_with_data
from divecast.cli.options import FigureOut, ForecastOptions, ForecastSpan, Json, Labels, Levels, Raw, TableOut
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.data import write_frame
from divecast.data.names import one_form
from divecast.errors import ConfigError
from divecast.inference.results.ensemble import LEVELS, Ensemble, Groups, Period


def paths(
    inputs: ForecastOptions,
    span: ForecastSpan,
    out: TableOut = Path("paths.parquet"),
    n_paths: Annotated[int, typer.Option("--n-paths", min=1, help="Number of sample paths.")] = 1000,
    panel: Annotated[bool, typer.Option("--panel", help="Sum all series, step by step.")] = False,
    groups: Annotated[
        Path | None,
        typer.Option(
            "--groups", help="Sum groups of series, which may lie in groups: a TOML or JSON file of NAME = [...]."
        ),
        Reads(),
    ] = None,
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

    First series are summed (--panel, --groups), then compared (--exceeds), then the steps are summed or their largest
    is taken (--total, --peak). Without any of these, the quantiles of each step are written.
    """
    check_tables(out)
    check_figure(figure)
    if total is not None and peak is not None:
        raise ConfigError("A total and a peak exclude each other", hint="Use either {total} or {peak}")
    if panel and groups is not None:
        raise ConfigError("All series and groups of them exclude each other", hint="Use either {panel} or {groups}")
    members = None if groups is None else _read_groups(groups)
    model, source = load_with_data(inputs)
    forecast = model.forecast(
        source,
        start=span.start,
        stop=span.stop,
        every=span.every,
        labels=labels,
        n_paths=n_paths,
        own_origin=inputs.settings().own_origin if span.own_origin is None else span.own_origin,
    )
    found: Ensemble = forecast.ensemble
    found = found.total("step") if panel else found if members is None else found.total(members)
    found = found if exceeds is None else found.exceeds(exceeds)
    found = found if total is None else found.total(total)
    found = found if peak is None else found.peak(peak)
    levels = sorted({*level}) if level else LEVELS
    write_frame(found.frame(levels), out, raw=raw)
    if figure is not None:
        draw(found, figure, silent=as_json)
    size = {"windows": len(found.starts), "series": len(found.names), "paths": n_paths}
    if as_json:
        print_json({"command": "paths", "table": out, "what": found.what, "levels": levels, **size})
    else:
        print_lines(f"{found.what}, {plural(n_paths, 'path')}, {plural(len(found.starts), 'forecast')}: {shown(out)}")


def _read_groups(path: Path) -> Groups:
    try:
        text = one_form(path.read_text("utf-8"))
        groups: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"The groups in {path} cannot be read: {error}", argument="groups") from error
    if not isinstance(groups, dict) or not groups:
        raise ConfigError(expected="names of groups with lists of series", found=f"{groups!r:.80}", argument="groups")
    return groups
