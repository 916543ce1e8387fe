"""``divecast why``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer

from divecast.cli import options
from divecast.cli.commands.evaluate import SHOWN_STEPS
from divecast.cli.console import print_json, print_lines, print_table, shown
from divecast.cli.figure import Figure, check_figure, draw_figure
from divecast.cli.places import At, read_places
from divecast.cli.settings import read_settings
from divecast.inference.predict import PartName

if TYPE_CHECKING:
    from divecast.explain.attribution.attribution import Attribution

Rows = Literal["step", "window", "channel", "attention"]


def why(
    model: options.Model,
    data: options.Data,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Also write a table: CSV, CSV.gz or Parquet file.")
    ] = None,
    rows: Annotated[
        Rows, typer.Option("--rows", help="Rows of that table: a part and step, or this by window or by channel.")
    ] = "step",
    part: Annotated[PartName, typer.Option("--part", help="Part of the data of the fit; all for any data.")] = "all",
    every: Annotated[
        int,
        typer.Option("--every", min=1, help="Explain one window in this many; hourly, 5 or 11 mix hours and weekdays."),
    ] = 1,
    at: At = None,
    labels: options.Labels = "known",
    all_steps: Annotated[bool, typer.Option("--all-steps", help="Show every step, not only 1, 3, 6, 12, 24.")] = False,
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
    """Say what forecasts rest on: share of each factor, of a, and of the window itself, without --at of all windows.

    Shares are by ablation: each part of the code is set to its prior mean, and the change of the forecast is measured.
    """
    from divecast.cli.loaded import load_with_data
    from divecast.data import write_frame

    if out is not None:
        options.check_table(out)
    check_figure(figure)
    given = {"device": device, **options.of_data(time, label, tz, channels, recording, rate)}
    fitted, source = load_with_data(model, data, read_settings(config, given))
    found = fitted.why(source, part, every, at=read_places(at, source), labels=labels)
    if out is not None:
        write_frame(found.frame(rows), out)
    if figure is not None:
        from divecast.plots import WhyDisplay

        draw_figure(WhyDisplay.from_attribution(found), figure, silent=as_json)
    if as_json:
        print_json({"command": "why", "table": out, **_as_json(found)})
        return
    _print_steps(found, all_steps)
    print_lines(str(found))
    if out is not None:
        print_lines(f"The shares by {rows} are in {shown(out)}")


def _print_steps(found: "Attribution", all_steps: bool) -> None:
    several = bool(np.isfinite(found.window_share).any())
    columns = [*found.share, *([found.window_share] if several else [])]
    header = ["step", *found.parts, *(["window alone*"] if several else [])]
    lines = [
        [str(step + 1), *(_percent(column[step]) for column in columns)]
        for step in range(found.share.shape[1])
        if all_steps or str(step + 1) in SHOWN_STEPS
    ]
    print_table("Share in what the code does to the forecast", header, lines)
    if several:
        print_lines("* share of the variance of the forecasts that is there without the code", "")


def _percent(share: float) -> str:
    return f"{share:.0%}" if np.isfinite(share) else ""


def _as_json(found: "Attribution") -> dict[str, Any]:
    agreement = found.agreement
    return {
        "windows": len(found.change),
        "parts": found.parts,
        "share": dict(zip(found.parts, found.overall, strict=True)),
        "share_by_step": dict(zip(found.parts, found.share, strict=True)),
        "window_share": found.window_share_overall,
        "window_share_by_step": found.window_share,
        "additivity": found.additivity,
        "fused_share": found.fused_share,
        "attention": {
            "agrees": agreement.agrees,
            "rank_correlation": agreement.overall,
            "by_factor": dict(zip(agreement.factors, agreement.by_factor, strict=True)),
        },
        "said": str(found).splitlines(),
    }
