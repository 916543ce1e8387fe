"""``divecast search``."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from divecast.cli.console import print_json, print_lines, print_table, shown
from divecast.cli.factors import parse_split
from divecast.cli.files import Writes
from divecast.cli.inputs import read_data
from divecast.cli.options import FitOptions, FolderOut, Json, Raw, Ray, SplitWay, Workers
from divecast.cli.settings import parse_assignment
from divecast.cli.trials import FAILED, build_model, report_failures, stopped, tell
from divecast.data import write_frame
from divecast.errors import ConfigError
from divecast.selection.search import By

if TYPE_CHECKING:
    from divecast.selection.search import SearchResult

_SHOWN = ("crps", "rrse", "mae", "mase", "accuracy", "seconds")
_TRY = "--try NAME=[VALUE, VALUE], such as training.learning_rate=[0.001, 0.004]"
_TABLE = "candidates.csv"


def _files(values: Mapping[str, Any]) -> list[Path]:
    """What is written, from the values of all options."""
    return [values["out"], values["out"] / _TABLE]


def search(
    inputs: FitOptions,
    tries: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            help=r"Setting and its values, such as model.code.n_conditional=\[8, 16], or a range, with --draws: "
            "training.learning_rate={low = 0.001, high = 0.01, log = true}. Repeat for several settings.",
        ),
    ] = None,
    by: Annotated[By, typer.Option("--by", help="Score on the validation part to rank by.")] = "crps",
    draws: Annotated[
        int | None,
        typer.Option(
            "--draws", help="Number of combinations, each chosen by the scores of those before. Default: all."
        ),
    ] = None,
    runs: Annotated[int, typer.Option("--runs", help="Fits per combination, with consecutive seeds.")] = 1,
    prune: Annotated[
        bool, typer.Option("--prune", help="Stop a fit whose forecast loss is above the median of former ones.")
    ] = False,
    split_by: SplitWay = None,
    out: Annotated[FolderOut, Writes(_files)] = Path("search"),
    workers: Workers = 1,
    ray: Ray = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Fit a model with each combination of settings, and rank them by a score on the validation part.

    After Ctrl-C, the same command resumes with the fits that are missing; with more values or draws it adds their fits.
    """
    from divecast import search as run

    settings = inputs.settings(split_by=split_by)
    candidates = dict(parse_assignment(text, _TRY) for text in tries or ())
    if not candidates:
        raise ConfigError(expected=_TRY, found="no --try")
    model = build_model(settings)
    split = parse_split(settings.split, settings.split_by, settings.group)
    source = read_data(inputs.data.path, settings, model.plan)
    try:
        result = run(
            model,
            source,
            candidates,
            split,
            by=by,
            draws=draws,
            runs=runs,
            prune=prune,
            out=out,
            workers=workers,
            ray=ray,
            watch=tell,
        )
    except KeyboardInterrupt:
        raise stopped(out) from None
    table = write_frame(result.frame(), out / _TABLE, raw=raw)
    failed = report_failures([run for candidate in result.candidates for run in candidate.runs])
    if as_json:
        ranked = [{"settings": candidate.settings, "score": candidate.score} for candidate in result.candidates]
        facts = {"best": result.best, "candidates": ranked, "failed": failed, "table": table}
        print_json({"command": "search", "by": by, **facts})
    else:
        _print(result)
        best = " ".join(f"--set {shlex.quote(f'{name}={json.dumps(value)}')}" for name, value in result.best.items())
        print_lines(f"All combinations: {shown(table)}", f"Best: the options of this command and {best}")
    if failed:
        raise typer.Exit(FAILED)


def _print(result: "SearchResult") -> None:
    table = result.table()
    names = [name for name in _SHOWN if name in table]
    rows: list[list[str] | None] = [
        [f"{row + 1}", *(str(table[name][row]) for name in result.best), *(f"{table[name][row]:.5g}" for name in names)]
        for row in range(len(result.candidates))
    ]
    print_table(f"Settings by {result.by} on the validation part, best first", ["", *result.best, *names], rows)
