"""``divecast check``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.figure import Figure, check_figure, draw_figure
from divecast.cli.settings import read_settings
from divecast.inference.predict import PartName

Rows = Literal["findings", "dimensions", "classes", "labels", "readings"]


def check(
    model: options.Model,
    data: options.Data,
    part: Annotated[PartName, typer.Option("--part", help="Part of the data of the fit; all for any data.")] = "test",
    every: Annotated[int, typer.Option("--every", min=1, help="Look at one window in this many.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Also write a table: CSV, CSV.gz or Parquet file.")
    ] = None,
    rows: Annotated[Rows, typer.Option("--rows", help="What that table is of.")] = "dimensions",
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
    """Say whether the code is sound: what is fine, and for what is not, which setting to change."""
    from divecast.cli.loaded import load_with_data
    from divecast.data import write_frame

    if out is not None:
        options.check_table(out)
    check_figure(figure)
    given = {"device": device, **options.of_data(time, label, tz, channels, recording, rate)}
    fitted, source = load_with_data(model, data, read_settings(config, given))
    health = fitted.check(source, part, every)
    if out is not None:
        write_frame(health.frame(rows), out)
    if figure is not None:
        from divecast.plots import HealthDisplay

        draw_figure(HealthDisplay.from_health(health), figure, silent=as_json)
    if as_json:
        about = {"windows": health.measured.n_windows, "part": part, "fine": health.fine, "table": out}
        print_json({"command": "check", **about, "findings": [asdict(finding) for finding in health.findings]})
        return
    print_lines(str(health))
    if out is not None:
        print_lines(f"The {rows} are in {shown(out)}")
