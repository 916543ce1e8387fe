"""``divecast demo``."""

import shlex
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from divecast.cli.commands.evaluate import SHOWN_STEPS, print_scores
from divecast.cli.console import print_json, print_lines, program, say, shown
from divecast.cli.options import FolderOut, Json
from divecast.config import TrainingConfig
from divecast.data import ByTime, Panel, datasets, split, write_frame
from divecast.errors import ArtifactError
from divecast.estimator import DeepDIVE

if TYPE_CHECKING:
    from divecast.inference.results import Forecast

HORIZON, LOOKBACK, FACTORS = 24, 168, ("hour", "weekday")
_FULL = TrainingConfig(epochs=8)
_QUICK = TrainingConfig(epochs=1, window_stride=5)  # 5 does not divide a day, so every hour is seen

_PROFILES = ("H0-A", "G0-A")
_SHOPS = ("G0-A", "G6-A")  # low on Sundays, and high
_DAYS = 7
_WEDNESDAY_AT_ONE = 2 * 24 + 1  # hours since Monday, midnight

# Files in the demo's folder.
MODEL, LAST_DAY, ROLLING = "model.safetensors", "forecast_last_day.csv", "forecasts_test.csv"
CODES, SCORES, REPORT = "codes.csv", "evaluation.csv", "report.html"


def demo(
    out: FolderOut = Path("demo"),
    quick: Annotated[bool, typer.Option("--quick", help="Train for one short epoch, only to try things out.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Random seed.")] = 0,
    as_json: Json = False,
) -> None:
    """Fit, forecast, encode, score and report on the shipped loads of 27 consumer classes; minutes on two cores."""
    _make_folder(out)
    panel = datasets.load("loads")
    model = DeepDIVE(HORIZON, LOOKBACK, FACTORS, training=_QUICK if quick else _FULL, seed=seed)
    began = monotonic()
    _say(as_json, f"Fitting the loads: {len(panel.values)} hours x {len(panel.channels)} series")
    model.fit(panel, progress=not as_json)
    seconds = monotonic() - began
    model.save(out / MODEL)
    rolling = _write_tables(model, panel, out)
    scores = model.evaluate(panel)
    write_frame(scores.frame(), out / SCORES)
    if not as_json:
        print_scores("Test part, the last fifth of the year", scores, SHOWN_STEPS)
    figures = _draw(model, panel, rolling, out)
    _say(as_json, "Writing the report")
    report = _report(model, panel, out)
    if as_json:
        files = {"model": MODEL, "last_day": LAST_DAY, "rolling": ROLLING, "codes": CODES, "scores": SCORES}
        paths = {name: out / file for name, file in files.items()}
        print_json({"command": "demo", "seconds": seconds, **paths, "figures": figures, "report": report})
        return
    print_lines(
        f"Fitted in {seconds:.0f} s.",
        f"Model:                {shown(out / MODEL)}",
        f"Forecast, last day:   {shown(out / LAST_DAY)}",
        f"Forecasts, test part: {shown(out / ROLLING)}",
        f"Codes, test part:     {shown(out / CODES)}",
        f"Scores:               {shown(out / SCORES)}",
        f"Figures:              {', '.join(map(shown, figures)) or _missing('matplotlib', 'plot')}",
        f"Report:               {_missing('plotly', 'report') if report is None else shown(report)}",
        "Next:",
        *(f"  {shlex.join([*program(), *command])}" for command in next_commands(panel, out)),
    )


def next_commands(panel: Panel, out: Path) -> list[list[str]]:
    """Return commands to try on what the demo wrote, as words."""
    model, first = str(out / MODEL), str(panel.clock.stamps()[first_hour_of_a_wednesday(panel)])
    commands = [
        ["info", model],
        ["evaluate", model, "loads", "--all-steps"],
        ["what-if", model, "loads", "--at", first, "--to", "weekday=Sun", "--out", str(out / "what_if.csv")],
        ["anomalies", model, "loads", "--subset", "test", "--out", str(out / "anomalies.csv")],
    ]
    if all(find_spec(package) for package in ("fastapi", "uvicorn", "plotly")):
        commands.append(["explore", model, "loads"])
    return commands


def first_hour_of_a_wednesday(panel: Panel) -> int:
    """Return the row of 1:00 of the first Wednesday in the second half of the test part.

    The window of a forecast from there ends at midnight, so the weekday of its last row is Wednesday, too.
    """
    test = split(panel, ByTime()).test.rows()
    rows = test[len(test) // 2 :]
    hours_of_week = (panel.clock.local(rows) - np.datetime64("1970-01-05")) // np.timedelta64(1, "h") % (7 * 24)
    return int(rows[hours_of_week == _WEDNESDAY_AT_ONE][0])


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"The folder {out} cannot be created: {error}", hint="Choose another {out}") from error


def _say(silent: bool, line: str) -> None:
    if not silent:
        say(line)


def _missing(package: str, extra: str) -> str:
    return f"needs {package}: pip install 'divecast[{extra}]'"


def _write_tables(model: DeepDIVE, panel: Panel, out: Path) -> "Forecast":
    """Write forecasts and codes, and return one forecast per day over the test part, each from midnight."""
    stamps = panel.clock.stamps()
    write_frame(model.forecast(panel, start=stamps[-HORIZON], stop=stamps[-HORIZON]).frame(), out / LAST_DAY)
    test = split(panel, ByTime()).test.rows()
    wall = panel.clock.local(test)
    midnight = test[wall == wall.astype("datetime64[D]")][0]
    rolling = model.forecast(panel, start=stamps[midnight], stop=stamps[-HORIZON], every=HORIZON)
    write_frame(rolling.frame(), out / ROLLING)
    write_frame(model.encode(panel, part="test").frame(), out / CODES)
    return rolling


def _draw(model: DeepDIVE, panel: Panel, rolling: "Forecast", out: Path) -> list[Path]:
    """Draw the figures, if matplotlib is installed, and return their files."""
    if find_spec("matplotlib") is None:
        return []
    from divecast.plots import CodeDisplay, plot, write_picture

    first = max(0, len(rolling.mean) // 2 - 1)
    week = range(first, min(first + _DAYS, len(rolling.mean)))
    start = panel.clock.stamps()[first_hour_of_a_wednesday(panel)]
    answer = model.what_if(panel, factor="weekday", to="Sun", at=start)
    figures = {
        "forecasts.png": plot(rolling, data=panel, series=_known(panel, _PROFILES), windows=list(week)),
        "code_map.png": CodeDisplay.from_estimator(model, panel, "test").plot(),
        "what_if.png": plot(answer, series=_known(panel, _SHOPS)),
    }
    return [write_picture(figure, out / name) for name, figure in figures.items()]


def _known(panel: Panel, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in panel.channels] or list(panel.channels[:2])


def _report(model: DeepDIVE, panel: Panel, out: Path) -> Path | None:
    """Write the report, if plotly is installed, and return its file."""
    if find_spec("plotly") is None:
        return None
    from divecast.page import write_report

    write_report(model, panel, out / REPORT)
    return out / REPORT
