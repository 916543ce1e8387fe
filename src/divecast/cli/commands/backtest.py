"""``divecast backtest``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from divecast.cli.console import number, print_json, print_lines, print_table, shown
from divecast.cli.factors import parse_split
from divecast.cli.files import Writes
from divecast.cli.inputs import read_data
from divecast.cli.options import Adapt, FitOptions, FolderOut, Json, Raw, Ray, Workers
from divecast.cli.trials import FAILED, build_model, report_failures, stopped, tell
from divecast.data import Panel, write_frame
from divecast.errors import ConfigError

if TYPE_CHECKING:
    from divecast.selection.backtest import Backtest

_SHOWN = {"rrse": "RRSE", "corr": "CORR", "mae": "MAE", "mase": "MASE", "crps": "CRPS", "coverage": "in interval"}
_TABLE = "scores.csv"


def _files(values: Mapping[str, Any]) -> list[Path]:
    """What is written, from the values of all options."""
    return [values["out"], values["out"] / _TABLE]


def backtest(
    inputs: FitOptions,
    folds: Annotated[int, typer.Option("--folds", help="Number of fits, each scored on rows it has not seen.")] = 5,
    span: Annotated[
        int | None,
        typer.Option("--span", help="Rows each fold is scored on. Default: all folds together are the last fifth."),
    ] = None,
    out: Annotated[FolderOut, Writes(_files)] = Path("backtest"),
    adapt: Adapt = False,
    workers: Workers = 1,
    ray: Ray = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Fit a model before each of several spans of time, and score its forecasts of them.

    With recordings, each fold leaves some of them out of the fit: with --group subject and as many folds as subjects,
    one subject at a time. After Ctrl-C, the same command resumes with the folds that are missing.
    """
    from divecast import backtest as run

    settings = inputs.settings()
    model = build_model(settings)
    source = read_data(inputs.data.path, settings, model.plan)
    is_panel = isinstance(source, Panel)
    if is_panel and settings.group is not None:
        raise ConfigError("A group needs recordings, and the data are a panel", hint="Leave {group} out")
    split = parse_split(settings.split, "time" if is_panel else "recording", settings.group)
    try:
        result = run(
            model, source, folds, span=span, split=split, adapt=adapt, out=out, workers=workers, ray=ray, watch=tell
        )
    except KeyboardInterrupt:
        raise stopped(out) from None
    scores = write_frame(result.frame(), out / _TABLE, raw=raw)
    failed = report_failures(result.folds)
    if as_json:
        facts = {"folds": [fold.trial.name for fold in result.folds], "failed": failed, "scores": scores}
        print_json({"command": "backtest", **facts, "overall": result.overall(), "accuracy": result.accuracy()})
    else:
        _print(result)
        print_lines(f"Scores by fold and step: {shown(scores)}")
    if failed:
        raise typer.Exit(FAILED)


def _print(result: "Backtest") -> None:
    """Print each fold's scores over all steps, then their mean and standard deviation over the folds."""
    groups = [
        (fold.trial.name, {model: fold.result.overall(model) for model in fold.result.forecasters})
        for fold in result.folds
        if fold.result is not None
    ]
    for index, name in enumerate(("mean", "sd")):
        spreads = result.overall().items()
        groups.append(
            (name, {model: {score: pair[index] for score, pair in scores.items()} for model, scores in spreads})
        )
    rows: list[list[str] | None] = []
    for name, models in groups:
        rows += [[name, model, *(number(scores[score]) for score in _SHOWN)] for model, scores in models.items()]
        rows.append(None)
    print_table("Scores over all steps, by fold", ["fold", "model", *_SHOWN.values()], rows)
    for factor, (mean, spread) in result.accuracy().items():
        print_lines(f"{factor} inferred correctly: mean {number(mean)}, sd {number(spread)}")
