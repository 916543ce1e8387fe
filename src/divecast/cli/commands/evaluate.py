"""``divecast evaluate``."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from numpy.typing import NDArray

from divecast.cli.console import number, print_json, print_table
from divecast.cli.inputs import load_with_data
from divecast.cli.options import Adapt, AllSteps, Json, Labels, ModelOptions
from divecast.data import Panel, Source, past_rows
from divecast.errors import ConfigError, DataError
from divecast.inference.evaluation import Evaluation, evaluate_windows, windows_from
from divecast.inference.fitted_model import PartName

SHOWN_STEPS = ("1", "3", "6", "12", "24", "all")
_MEASURES = ("rrse", "corr", "mae", "mse", "mase", "crps", "coverage", "width")


def evaluate(
    inputs: ModelOptions,
    part: Annotated[
        PartName | None,
        typer.Option(
            "--part", help="Part of the data the model was fitted on (default: test); use 'all' for other data."
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", help="Time of the first target, such as 2024-06-01T00:00.")
    ] = None,
    stop: Annotated[
        str | None,
        typer.Option("--stop", help="Time before which the targets end, excluded. Default: the end of the data."),
    ] = None,
    labels: Labels = "known",
    all_steps: AllSteps = False,
    baselines: Annotated[
        bool, typer.Option(help="Also score simple forecasters: last value, seasonal naive and ridge.")
    ] = True,
    n_paths: Annotated[
        int,
        typer.Option("--n-paths", min=0, help="Also score totals and peaks, with so many sample paths; some hundred."),
    ] = 0,
    every: Annotated[int, typer.Option("--every", min=1, help="Score one forecast origin in this many.")] = 1,
    adapt: Adapt = False,
    as_json: Json = False,
) -> None:
    """Score forecasts, beside simple forecasters on the same windows, for a part or a span of time."""
    spanned = start is not None or stop is not None
    if spanned and part is not None:
        raise ConfigError(
            "A part and a span of time exclude each other", hint="Use either {part} or {start} and {stop}"
        )
    model, source = load_with_data(inputs)
    fitted, chosen = model.fitted_model, part or "test"
    if spanned:
        aligned = fitted.source(source)
        windows = windows_from(fitted, aligned, span_of(aligned, start, stop, fitted.shape.lookback), every)
    else:
        windows = fitted.windows(source, chosen, "score", every)
    result = evaluate_windows(fitted, windows, labels, baselines, n_paths, adapt)
    joint = None if result.joint is None else result.joint.table()
    if as_json:
        more = {} if joint is None else {"joint": _records(joint)}
        part_name = "span" if spanned else chosen
        print_json({"command": "evaluate", "part": part_name, "scores": _records(result.table()), **more})
    else:
        title = f"Targets from {start or 'the start'} to {stop or 'the end'}" if spanned else f"Part: {chosen}"
        print_scores(title, result, None if all_steps else SHOWN_STEPS)
        if joint is not None:
            rows: list[list[str] | None] = [
                [str(joint["what"][row]), *(number(joint[name][row]) for name in list(joint)[1:])]
                for row in range(len(joint["what"]))
            ]
            print_table("Sample paths", ["what", "n", "in 90%", "width", "CRPS", "energy", "variogram"], rows)


def span_of(source: Source, start: str | None, stop: str | None, lookback: int) -> range:
    """Return the rows of a span of targets.

    Raises:
        ConfigError: the data are recordings, which have no clock.
        DataError: the times are not on the clock, or the span is empty or has no look-back before it.
    """
    if not isinstance(source, Panel):
        raise ConfigError("Recordings have no clock, so a span of time cannot be scored", hint="Use {part}")
    n_rows = len(past_rows(source).values)
    first = lookback if start is None else source.clock.row_of(start)
    last = n_rows if stop is None else min(n_rows, source.clock.row_of(stop, after_end=True))
    if first < lookback:
        raise DataError(
            f"The targets begin at row {first}, the look-back before them needs {lookback} rows",
            hint="Use a later {start}",
        )
    if last <= first:
        raise DataError(f"The span of targets is empty: rows {first} to {last} of {n_rows}", hint="Use a later {stop}")
    return range(first, last)


def print_scores(title: str, result: Evaluation, steps: tuple[str, ...] | None) -> None:
    """Print scores by step.

    Args:
        title: title of the table.
        result: scores of the model, first, and of other forecasters.
        steps: steps to show; None for all.
    """
    table, own = result.table(), next(iter(result.scores.values()))
    names = [*table["horizon"].astype(str)]
    rows: list[list[str] | None] = []
    for step in dict.fromkeys(names):
        if steps is None or step in steps:
            if rows:
                rows.append(None)
            rows += [_row(table, row) for row, name in enumerate(names) if name == step]
    header = ["step", "model", "RRSE", "CORR", "MAE", "MSE", "MASE", "CRPS", f"in {own.nominal:.0%}", "width"]
    print_table(title, header, rows)


def _row(table: Mapping[str, NDArray[Any]], row: int) -> list[str]:
    return [str(table[name][row]) for name in ("horizon", "model")] + [number(table[name][row]) for name in _MEASURES]


def _records(table: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    return [{name: column[row] for name, column in table.items()} for row in range(len(next(iter(table.values()))))]
