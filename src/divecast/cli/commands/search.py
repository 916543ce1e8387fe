"""``divecast search``."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines, print_table, shown
from divecast.cli.settings import parse_assignment, read_settings
from divecast.errors import ConfigError
from divecast.selection.search import By

if TYPE_CHECKING:
    from divecast.selection.search import Search

_SHOWN = ("crps", "rrse", "mae", "mase", "accuracy", "seconds")
_TRY = "--try NAME=[VALUE, VALUE], such as training.learning_rate=[0.001, 0.004]"


def search(
    data: options.Data,
    tries: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            help=r"Setting and its values, as model.code.n_conditional=\[8, 16]; repeat for more.",
        ),
    ] = None,
    by: Annotated[By, typer.Option("--by", help="Score on the validation part.")] = "crps",
    draws: Annotated[int | None, typer.Option("--draws", help="Combinations to draw; all when left out.")] = None,
    runs: Annotated[int, typer.Option("--runs", help="Fits of each combination, of seeds that follow.")] = 1,
    horizon: options.Horizon = None,
    lookback: options.Lookback = None,
    factor: options.Factors = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the results.")] = Path("search"),
    config: options.Config = None,
    assign: options.Assignments = None,
    as_json: options.Json = False,
    split: options.Shares = None,
    split_by: options.SplitWay = None,
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
    """Fit a model with each combination of settings and say which forecasts the validation part best.

    Fits that are there are not made again: after Ctrl-C the same command goes on, and with more values it adds theirs.
    """
    given = {"horizon": horizon, "lookback": lookback, "factors": factor, "split": split, "split_by": split_by}
    data_options = options.of_data(time, label, tz, channels, recording, rate)
    given |= {"group": group, "seed": seed, "device": device}
    settings = read_settings(config, {**given, **data_options}, assign or ())
    from divecast.cli.commands.fit import build_model
    from divecast.cli.factors import parse_split
    from divecast.cli.inputs import read_data
    from divecast.cli.trials import FAILED, report_failures, stopped, tell
    from divecast.data import write_frame
    from divecast.selection import search as run

    asked = dict(parse_assignment(text, _TRY) for text in tries or ())
    if not asked:
        raise ConfigError(f"expected {_TRY}, got no --try")
    model, named = build_model(settings)
    cut = parse_split(settings.split, settings.split_by, settings.group)
    source = read_data(data, settings, needed_labels=named)
    who: dict[str, Any] = {"out": out, "workers": workers, "ray": ray, "watch": tell}
    try:
        found = run(model, source, asked, cut, by=by, draws=draws, runs=runs, **who)
    except KeyboardInterrupt:
        raise stopped(out) from None
    table = write_frame(found.frame(), out / "candidates.csv")
    failed = report_failures([run for candidate in found.candidates for run in candidate.runs])
    if as_json:
        ranked = [{"settings": each.settings, "score": each.score} for each in found.candidates]
        said = {"best": found.best, "candidates": ranked, "failed": failed, "table": table}
        print_json({"command": "search", "by": by, **said})
    else:
        _print(found)
        best = " ".join(f"--set {shlex.quote(f'{name}={json.dumps(value)}')}" for name, value in found.best.items())
        print_lines(f"All of them: {shown(table)}", f"Best: the options of this fit, and {best}")
    if failed:
        raise typer.Exit(FAILED)


def _print(found: "Search") -> None:
    table = found.table()
    names = [name for name in _SHOWN if name in table]
    rows: list[list[str] | None] = [
        [f"{at + 1}", *(str(table[name][at]) for name in found.best), *(f"{table[name][at]:.5g}" for name in names)]
        for at in range(len(found.candidates))
    ]
    title = f"Settings by {found.by} on the validation part, the best first"
    print_table(title, ["", *found.best, *names], rows)
