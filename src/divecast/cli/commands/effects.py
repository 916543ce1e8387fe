"""``divecast effects``."""

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from divecast.cli.console import number, print_json, print_lines, print_table, shown
from divecast.cli.inputs import load_model
from divecast.cli.options import Config, ExtraTableOut, FigureOut, Json, Model, Raw
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.cli.settings import read_settings
from divecast.data import write_frame
from divecast.data.names import one_form
from divecast.errors import ConfigError

if TYPE_CHECKING:
    from divecast.explain.effects.curves import EffectCurve, EffectCurves


def effects(
    model: Model,
    series: Annotated[
        str | None,
        typer.Option("--series", help="Series to print and draw; the table has all. Default: the first."),
    ] = None,
    out: ExtraTableOut = None,
    figure: FigureOut = None,
    config: Config = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Print what the classes of each factor, and the values of each covariate, add to a series.

    These effects are those that the fit has learned, so no data are needed. For the parts of forecasts see 'why'.
    """
    check_tables(out)
    check_figure(figure)
    curves = load_model(model, read_settings(config, {})).effects()
    channel = _channel(curves, series)
    if out is not None:
        write_frame(curves.frame(), out, raw=raw)
    if figure is not None:
        from divecast.plots import EffectsDisplay

        draw(EffectsDisplay.from_effects(curves, curves.channels[channel]), figure, silent=as_json)
    if as_json:
        of_series = {"series": curves.channels[channel], "curves": [_as_json(each, channel) for each in curves.curves]}
        shares = {name: float(np.mean(share)) for name, share in curves.shares.items()}
        print_json({"command": "effects", "table": out, "shares": shares, **of_series})
        return
    print_table(
        f"Effects on {curves.channels[channel]}, original units",
        ["effect", "share of the variance", "lowest", "at", "highest", "at"],
        [_row(curves, curve, channel) for curve in curves.curves],
    )
    print_lines(str(curves))
    if out is not None:
        print_lines(f"Curves of all series: {shown(out)}")


def _channel(curves: "EffectCurves", series: str | None) -> int:
    if series is None:
        return 0
    series = one_form(series)
    if series not in curves.channels:
        named = ", ".join(map(repr, curves.channels[:10])) + (", ..." if len(curves.channels) > 10 else "")
        raise ConfigError(expected=f"a series out of {named}", found=repr(series), argument="series")
    return curves.channels.index(series)


def _row(curves: "EffectCurves", curve: "EffectCurve", channel: int) -> list[str]:
    effect = curve.effect[:, :, channel]
    ends = [np.unravel_index(place, effect.shape) for place in (effect.argmin(), effect.argmax())]
    cells = [
        text for value, by in ends for text in (number(float(effect[value, by])), _place(curve, channel, value, by))
    ]
    share = "" if curve.aspect else f"{float(curves.shares[curve.name][channel]):.1%}"
    return [curve.title, share, *cells]


def _place(curve: "EffectCurve", channel: int, value: Any, by: Any) -> str:
    """The class or value, and the part of the day, of a point of a curve."""
    there = curve.values_of(channel)[value]
    at = f"{there:.4g}" if curve.kind == "number" else str(there)
    return " ".join(part for part in (at, curve.by[by]) if part)


def _as_json(curve: "EffectCurve", channel: int) -> dict[str, Any]:
    return {
        "effect_of": curve.name,
        "aspect": curve.aspect,
        "kind": curve.kind,
        "values": list(curve.values_of(channel)),
        "by": list(curve.by),
        "effect": curve.effect[:, :, channel],
    }
