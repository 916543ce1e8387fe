"""``divecast what-if``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines, print_table, shown
from divecast.cli.figure import Figure, check_figure, draw_figure
from divecast.cli.places import At, KeepA, read_places
from divecast.cli.settings import read_settings
from divecast.errors import ConfigError

if TYPE_CHECKING:
    from divecast.explain.counterfactual import Counterfactual

_MOST_SHOWN = 12


def what_if(  # noqa: PLR0913  typer reads an option from each parameter
    model: options.Model,
    data: options.Data,
    to: Annotated[
        list[str],
        typer.Option("--to", help="Factor and class to move it to, such as weekday=Sun; repeat for several at once."),
    ],
    at: At = None,
    a: KeepA = "adjusted",
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
    found = fitted.what_if(source, to=asked, at=read_places(at, source), a=a, labels=labels, levels=levels)
    write_frame(found.frame(), out)
    if windows_out:
        write_frame(found.window_frame(), windows_out)
    if figure is not None:
        from divecast.report import WhatIfDisplay

        draw_figure(WhatIfDisplay.from_counterfactual(found), figure, silent=as_json)
    if as_json:
        classes = {"factors": found.factors, "before": found.before.names, "after": found.after.names}
        certain = {"before_probability": found.before.probabilities}
        files = {"forecasts": out, "reconstructions": windows_out}
        print_json({"command": "what-if", **files, "windows": len(found.difference), **classes, **certain})
    else:
        _print(found, out, windows_out)


def parse_classes(pairs: Sequence[str]) -> dict[str, str]:
    """Read ``factor=class`` pairs.

    Raises:
        ConfigError: one is no such pair, or a factor is named twice.
    """
    found: dict[str, str] = {}
    for text in pairs:
        factor, equals, name = (part.strip() for part in text.partition("="))
        if not (factor and equals and name):
            raise ConfigError(f"expected --to FACTOR=CLASS, such as --to weekday=Sun, got {text!r}")
        if factor in found:
            raise ConfigError(f"expected each factor once, got --to {factor}= twice: one class can be asked at a time")
        found[factor] = name
    return found


def _print(found: "Counterfactual", out: Path, windows_out: Path | None) -> None:
    windows, horizon, n_channels = found.difference.shape
    factual, other = (forecast.mean.mean(axis=(0, 1)) for forecast in (found.factual, found.counterfactual))
    change = np.abs(found.difference).mean(axis=(0, 1))
    largest = np.argsort(-change / (np.abs(factual) + np.abs(other) + 1e-12))[:_MOST_SHOWN]
    rows = [(found.factual.channels[at], *(f"{x[at]:.4g}" for x in (factual, other, change))) for at in largest]
    title = f"Mean over {windows} x {horizon} steps" + (
        f", {_MOST_SHOWN} most changed" if n_channels > len(rows) else ""
    )
    print_table(title, ["channel", "as it is", "what if", "mean |change|"], rows)
    print_lines(*_classes(found))
    print_lines(f"Both forecasts of {windows} windows, {horizon} steps x {n_channels} channels, are in {shown(out)}")
    if windows_out:
        print_lines(f"Both reconstructions are in {shown(windows_out)}")


def _classes(found: "Counterfactual") -> list[str]:
    """Say what was moved, for the first window."""
    said, end = [], found.factual.keys.stamps[0, 0]
    for at, factor in enumerate(found.factors):
        old, new, share = found.before.names[0, at], found.after.names[0, at], found.before.probabilities[0, at]
        known = "known" if share == 1.0 else f"inferred, probability {share:.2f}"
        if old != new:
            said.append(f"{factor} at the last row of the first window, {end}: {old} ({known}) -> {new}")
    return said or [f"The last row of the first window, {end}, is of that class already."]
