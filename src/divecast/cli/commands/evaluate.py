"""``divecast evaluate``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from numpy.typing import NDArray

from divecast.cli import options
from divecast.cli.console import number, print_json, print_table
from divecast.cli.settings import read_settings
from divecast.errors import ConfigError, DataError
from divecast.inference.predict import PartName

if TYPE_CHECKING:
    from divecast.data import Panel, Recordings
    from divecast.inference.evaluation import Evaluation

SHOWN_STEPS = ("1", "3", "6", "12", "24", "all")
_MEASURES = ("rrse", "corr", "mae", "mse", "mase", "crps", "coverage", "width")


def evaluate(
    model: options.Model,
    data: options.Data,
    part: Annotated[
        PartName | None,
        typer.Option("--part", help="Part of the data of the fit, test when left out; all for any data."),
    ] = None,
    start: options.Start = None,
    stop: Annotated[
        str | None,
        typer.Option("--stop", help="Time before which the targets end, itself left out; the end when not given."),
    ] = None,
    labels: options.Labels = "known",
    all_steps: Annotated[bool, typer.Option("--all-steps", help="Show every step, not only 1, 3, 6, 12, 24.")] = False,
    baselines: Annotated[bool, typer.Option(help="Score last value, seasonal naive and ridge beside it.")] = True,
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
    """Score forecasts beside simple forecasters on the same windows, for a part or for targets in a span of time."""
    from divecast.cli.loaded import load_with_data

    given = {"device": device, **options.of_data(time, label, tz, channels, recording, rate)}
    fitted, source = load_with_data(model, data, read_settings(config, given))
    spanned = start is not None or stop is not None
    if spanned and part is not None:
        raise ConfigError("expected --part or a span by --start and --stop, got both; leave one out")
    chosen: PartName = "all" if spanned else part or "test"
    if spanned:
        source = span_of(source, start, stop, fitted.info()["lookback"])
    result = fitted.evaluate(source, part=chosen, labels=labels, baselines=baselines)
    if as_json:
        print_json({"command": "evaluate", "part": "span" if spanned else chosen, "scores": _records(result.table())})
    else:
        title = f"Targets from {start or 'the start'} to {stop or 'the end'}" if spanned else f"Part: {chosen}"
        print_scores(title, result, None if all_steps else SHOWN_STEPS)


def span_of(source: "Panel | Recordings", start: str | None, stop: str | None, lookback: int) -> "Panel":
    """The rows of a span of targets, with the look-back before it.

    Raises:
        ConfigError: The data are recordings, which have no clock.
        DataError: The times are not on the clock, or the span is empty or has no look-back before it.
    """
    from divecast.data import Panel

    if not isinstance(source, Panel):
        raise ConfigError("expected --part for recordings, which have no clock; leave --start and --stop out")
    first = lookback if start is None else source.clock.row_of(start)
    last = len(source.values) if stop is None else source.clock.row_of(stop)
    if first < lookback or last <= first:
        raise DataError(
            f"expected a span of targets with {lookback} rows of look-back before it, got rows {first} to {last} of "
            f"{len(source.values)}; give a later --start or --stop"
        )
    return source.rows(first - lookback, last)


def print_scores(title: str, result: "Evaluation", steps: tuple[str, ...] | None) -> None:
    """Print scores step by step.

    Args:
        title: Stands above.
        result: Scores of the model, first, and of others.
        steps: Which steps to show; None for all.
    """
    table, own = result.table(), next(iter(result.scores.values()))
    names = [*table["horizon"].astype(str)]
    rows: list[list[str] | None] = []
    for step in dict.fromkeys(names):
        if steps is None or step in steps:
            if rows:
                rows.append(None)
            rows += [_row(table, at) for at, name in enumerate(names) if name == step]
    header = ["step", "model", "RRSE", "CORR", "MAE", "MSE", "MASE", "CRPS", f"in {own.nominal:.0%}", "width"]
    print_table(title, header, rows)


def _row(table: Mapping[str, NDArray[Any]], at: int) -> list[str]:
    return [str(table[name][at]) for name in ("horizon", "model")] + [number(table[name][at]) for name in _MEASURES]


def _records(table: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    return [{name: column[at] for name, column in table.items()} for at in range(len(table["model"]))]
