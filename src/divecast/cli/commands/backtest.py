"""``divecast backtest``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from divecast.cli import options
from divecast.cli.console import number, print_json, print_lines, print_table, shown
from divecast.cli.settings import read_settings
from divecast.errors import ConfigError

if TYPE_CHECKING:
    from divecast.selection.backtest import Backtest

_SHOWN = {"rrse": "RRSE", "corr": "CORR", "mae": "MAE", "mase": "MASE", "crps": "CRPS", "coverage": "in interval"}


def backtest(
    data: options.Data,
    horizon: options.Horizon = None,
    lookback: options.Lookback = None,
    factor: options.Factors = None,
    folds: Annotated[int, typer.Option("--folds", help="Fits, each scored on rows it has not seen.")] = 5,
    span: Annotated[
        int | None,
        typer.Option("--span", help="Rows each is scored on; when left out all together are the last fifth."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the results.")] = Path("backtest"),
    config: options.Config = None,
    assign: options.Assignments = None,
    as_json: options.Json = False,
    split: options.Shares = None,
    group: options.Group = None,
    workers: options.Workers = 1,
    ray: options.Ray = None,
    seed: options.Seed = None,
    device: options.Device = None,
    time: options.Time = None,
    label: options.LabelColumns = None,
    tz: options.Zone = None,
    channels: options.Channels = None,
    recording: options.Recording = None,
    rate: options.Rate = None,
) -> None:
    """Fit a model again before each of several stretches of time, and score what it forecasts of them.

    Of recordings, some are left out of each fit and forecast: with --group subject and as many folds as subjects, one
    subject at a time. Fits that are there are not made again: after Ctrl-C the same command goes on.
    """
    given = {"horizon": horizon, "lookback": lookback, "factors": factor, "split": split, "group": group}
    data_options = options.of_data(time, label, tz, channels, recording, rate)
    settings = read_settings(config, {**given, "seed": seed, "device": device, **data_options}, assign or ())
    from divecast.cli.commands.fit import build_model
    from divecast.cli.factors import parse_split
    from divecast.cli.inputs import read_data
    from divecast.cli.trials import FAILED, report_failures, stopped, tell
    from divecast.data import Panel, write_frame
    from divecast.selection import backtest as run

    model, named = build_model(settings)
    source = read_data(data, settings, needed_labels=named)
    panel = isinstance(source, Panel)
    if panel and settings.group is not None:
        raise ConfigError(f"expected --group with recordings only, got {settings.group!r} with a panel; leave it out")
    cut = parse_split(settings.split, "time" if panel else "recording", settings.group)
    try:
        found = run(model, source, folds, span=span, split=cut, out=out, workers=workers, ray=ray, watch=tell)
    except KeyboardInterrupt:
        raise stopped(out) from None
    scores = write_frame(found.frame(), out / "scores.csv")
    failed = report_failures(found.folds)
    if as_json:
        said = {"folds": [fold.trial.name for fold in found.folds], "failed": failed, "scores": scores}
        print_json({"command": "backtest", **said, "overall": found.overall(), "accuracy": found.accuracy()})
    else:
        _print(found)
        print_lines(f"Scores of each fold and step: {shown(scores)}")
    if failed:
        raise typer.Exit(FAILED)


def _print(found: "Backtest") -> None:
    """Print each fold's scores over all steps, then mean and standard deviation over the folds."""
    ended = {fold.trial.name: fold.result for fold in found.folds if fold.result is not None}
    groups = [(name, {model: result.overall(model) for model in result.forecasters}) for name, result in ended.items()]
    for at, name in enumerate(("mean", "sd")):
        spreads = found.overall().items()
        groups.append((name, {model: {each: both[at] for each, both in scores.items()} for model, scores in spreads}))
    rows: list[list[str] | None] = []
    for name, scores in groups:
        rows += [[name, model, *(number(found[each]) for each in _SHOWN)] for model, found in scores.items()]
        rows.append(None)
    print_table("Scores over all steps, by fold", ["fold", "model", *_SHOWN.values()], rows)
    for factor, (mean, spread) in found.accuracy().items():
        print_lines(f"{factor} read right: mean {number(mean)}, sd {number(spread)}")
