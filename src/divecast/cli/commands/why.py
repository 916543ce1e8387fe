"""``divecast why``."""

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from divecast.cli.commands.evaluate import SHOWN_STEPS
from divecast.cli.console import print_json, print_lines, print_table, shown
from divecast.cli.inputs import load_with_data
from divecast.cli.options import AllSteps, Every, ExtraTableOut, FigureOut, ForecastOptions, Json, Labels, Part, Raw
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.cli.places import read_places
from divecast.data import write_frame
from divecast.explain.attribution.attribution import Rows
from divecast.inference.parts import forecast_parts

if TYPE_CHECKING:
    from divecast import DeepDIVE
    from divecast.data import Source
    from divecast.explain.attribution.attribution import Attribution
    from divecast.inference.predict import LabelMode
    from divecast.inference.results import ForecastParts

_MOST_PARTS = 300  # windows


def why(
    inputs: ForecastOptions,
    out: ExtraTableOut = None,
    rows: Annotated[
        Rows, typer.Option("--rows", help="Rows of that table: one per part and step, also by window or by channel.")
    ] = "step",
    part: Part = "all",
    every: Every = 1,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            help="Time of the first forecast step, such as 2024-06-01T00:00; for recordings NAME, or NAME@SECOND of "
            "the end of the window. Repeat for several windows. Default: all windows of --part.",
        ),
    ] = None,
    labels: Labels = "known",
    all_steps: AllSteps = False,
    figure: FigureOut = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Attribute forecasts to the factors and to the window, and to code a where the forecaster reads it.

    By ablation: each part of the code in turn is set to its prior mean, and the change of the forecast is measured.
    Printed as well: the parts that the forecasts are made of, such as the effect of each factor and covariate.
    For hourly data, --every 5 or 11 mixes hours and weekdays.
    """
    check_tables(out)
    check_figure(figure)
    model, source = load_with_data(inputs)
    attribution = model.why(source, part, every, at=read_places(at, source), labels=labels)
    if out is not None:
        write_frame(attribution.frame(rows), out, raw=raw)
    if figure is not None:
        draw(attribution, figure, silent=as_json)
    if as_json:
        parts = _parts(model, attribution, source, labels)
        shares = dict(zip(parts.names, parts.share, strict=True))
        print_json({"command": "why", "table": out, **_as_json(attribution), "parts": shares})
        return
    _print_steps(attribution, all_steps)
    print_lines(str(attribution))
    print_lines(str(_parts(model, attribution, source, labels)))
    if out is not None:
        print_lines(f"Shares by {rows}: {shown(out)}")


def _parts(model: "DeepDIVE", attribution: "Attribution", source: "Source", mode: "LabelMode") -> "ForecastParts":
    """Return the parts of the explained forecasts; of many, of some hundred, evenly spaced."""
    origins = attribution.keys.origins
    windows = model.fitted_model.windows(source)
    chosen = np.flatnonzero(np.isin(windows.origins, origins[:: -(-len(origins) // _MOST_PARTS)]))
    return forecast_parts(model.fitted_model, windows.subset(chosen), mode)


def _print_steps(attribution: "Attribution", all_steps: bool) -> None:
    several = bool(np.isfinite(attribution.window_share).any())
    columns = [*attribution.share, *([attribution.window_share] if several else [])]
    header = ["step", *attribution.components, *(["window alone*"] if several else [])]
    rows = [
        [str(step + 1), *(_percent(column[step]) for column in columns)]
        for step in range(attribution.share.shape[1])
        if all_steps or str(step + 1) in SHOWN_STEPS
    ]
    print_table("Share of each part in the effect of the code on the forecast", header, rows)
    if several:
        print_lines("* share of the forecasts' variance that remains without the code", "")


def _percent(share: float) -> str:
    return f"{share:.0%}" if np.isfinite(share) else ""


def _as_json(attribution: "Attribution") -> dict[str, Any]:
    agreement = attribution.agreement
    return {
        "windows": len(attribution.change),
        "components": attribution.components,
        "share": dict(zip(attribution.components, attribution.overall, strict=True)),
        "share_by_step": dict(zip(attribution.components, attribution.share, strict=True)),
        "window_share": attribution.window_share_overall,
        "window_share_by_step": attribution.window_share,
        "additivity": attribution.additivity,
        "fused_share": attribution.fused_share,
        "attention": {
            "agrees": agreement.agrees,
            "rank_correlation": agreement.overall,
            "by_factor": dict(zip(agreement.factors, agreement.by_factor, strict=True)),
        },
        "summary": str(attribution).splitlines(),
    }
