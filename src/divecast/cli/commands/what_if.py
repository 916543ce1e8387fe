"""``divecast what-if``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines
from divecast.cli.contrasted import contrast_as_json, moved_classes, print_contrast
from divecast.cli.figure import Figure, check_figure, draw_figure
from divecast.cli.places import At, UnlabelledCode, parse_class, read_places
from divecast.cli.settings import read_settings
from divecast.errors import ConfigError


def what_if(
    model: options.Model,
    data: options.Data,
    to: Annotated[
        list[str],
        typer.Option(
            "--to", help="Factor and class to move it to, such as weekday=Sunday; repeat for several at once."
        ),
    ],
    at: At = None,
    unlabelled_code: UnlabelledCode = "adjusted",
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV, CSV.gz or Parquet file of both forecasts.")] = Path(
        "what_if.parquet"
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
    """Forecast windows as they are, and as if they were of another class; the class is that of a window's last row."""
    from divecast.cli.loaded import load_with_data
    from divecast.data import write_frame

    asked = parse_classes(to)
    for place in filter(None, (out, windows_out)):
        options.check_table(place)
    check_figure(figure)
    given = {"device": device, "levels": level, **options.of_data(time, label, tz, channels, recording, rate)}
    settings = read_settings(config, given)
    fitted, source = load_with_data(model, data, settings)
    levels = tuple(sorted(settings.levels))
    found = fitted.what_if(
        source, to=asked, at=read_places(at, source), unlabelled_code=unlabelled_code, labels=labels, levels=levels
    )
    write_frame(found.frame(), out)
    if windows_out:
        write_frame(found.window_frame(), windows_out)
    if figure is not None:
        from divecast.plots import WhatIfDisplay

        draw_figure(WhatIfDisplay.from_counterfactual(found), figure, silent=as_json)
    if as_json:
        files = {"forecasts": out, "reconstructions": windows_out}
        print_json({"command": "what-if", **files, **contrast_as_json(found)})
    else:
        print_contrast(found, "what if", out, windows_out)
        print_lines(*moved_classes(found))


def parse_classes(pairs: Sequence[str]) -> dict[str, str]:
    """Read the pairs of ``--to``.

    Raises:
        ConfigError: one is no such pair, or a factor is named twice.
    """
    found: dict[str, str] = {}
    for text in pairs:
        factor, name = parse_class("--to", text)
        if factor in found:
            raise ConfigError(f"expected each factor once, got --to {factor}= twice: one class can be asked at a time")
        found[factor] = name
    return found
