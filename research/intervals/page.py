"""Write docs/intervals.md from research/intervals/results.jsonl; no number there is typed by hand.

python -m research.intervals.page
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from research.common import mean_sd, number, read_lines, spread, table
from research.intervals.faults import FAULTS, OBSERVED
from research.intervals.faults import OUT as FAULT_LINES
from research.intervals.run import CASES
from research.model_versions import write_page
from research.scripts import page_options

LINES = Path(__file__).with_name("results.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "intervals.md"
Line = dict[str, Any]

INTRO = """# What intervals and paths hold

Written by `python -m research.intervals.page`; each line behind it is a fit by `python -m research.intervals.run CASE`
with the settings of the race, scored on the test part. All shares are of a nominal 90 %. How intervals and paths are
made, and what they cannot know: [uncertainty.md](uncertainty.md).

## Single numbers

The share that the 90 % interval holds: of all, of the step of the horizon and of the series with the smallest and the
largest share; the same of all and of the steps for a model that observes each row before the next forecast
(`evaluate(adapt=True)`); CRPS and mean absolute error in the units of the data.
"""

JOINT = """## Sums and peaks

From 400 sample paths and some 300 origins: what the 90 % interval holds of the total of a series over the horizon, of
the sum of all series in a step, of their total over the horizon, and of their largest step; for paths as `forecast`
draws them, and for paths of the same margins whose numbers are drawn one by one. Energy and variogram score of the
vector of the panel's steps: ratio of paths to numbers drawn one by one, below 1 is better.
"""
SUMS = ("total of a series", "step of the panel", "total of the panel", "peak of the panel")


FAULTY = """## After an outage, a change or a fault

The shipped loads, by `python -m research.intervals.faults loads`: {seeds} models of {epochs} passes, test part, windows
from {origins}, of which one series is changed, each in turn. What the 90 % interval holds of it, at all
steps and at the first one, and of the others; mean absolute error and width of the interval in units of the spread of
the series. The last line is of half of the series, from two days after the change on, of a model that observes every
row.
"""

SILENT = """Where all values of a window are missing, the mean absolute error of the forecast is {model} of the
spread; that of the effects of the target rows alone is {effects}, and that of the average of the series in training by
hour and weekend {average}.
"""


def page(lines: Sequence[Line], faults: Sequence[Line]) -> str:
    """Return the page."""
    by_case = {case: [line for line in lines if line["case"] == case and not line["quick"]] for case in CASES}
    there = {case: runs for case, runs in by_case.items() if runs}
    header = ["case", "seeds", "all", "steps", "series", "all, observed", "steps, observed", "CRPS", "MAE"]
    single = [
        [
            case,
            str(len(runs)),
            mean_sd(spread([run["held"]["all"] for run in runs])),
            *(f"{_mean(runs, part, 0):.3f} to {_mean(runs, part, 1):.3f}" for part in ("step", "series")),
            *_observed(runs),
            *(number(_mean_of(runs, name)) for name in ("crps", "mae")),
        ]
        for case, runs in there.items()
    ]
    sums = [
        [
            case,
            *(
                f"{_joint(runs, 'paths', what, 'coverage'):.2f} / {_joint(runs, 'one by one', what, 'coverage'):.2f}"
                for what in SUMS
            ),
            *(
                f"{_joint(runs, 'paths', SUMS[1], score) / _joint(runs, 'one by one', SUMS[1], score):.3f}"
                for score in ("energy", "variogram")
            ),
        ]
        for case, runs in there.items()
    ]
    columns = ["case", *SUMS, "energy", "variogram"]
    return "\n".join([INTRO, table(header, single), "", JOINT, table(columns, sums), "", *_after_faults(faults)])


def _after_faults(lines: Sequence[Line]) -> list[str]:
    """Return the section on faults; none without a line."""
    runs = [line for line in lines if not line["quick"]]
    if not runs:
        return []
    measures = ("all", "first", "others", "mae", "width")
    rows = []
    for name in (*FAULTS, OBSERVED):
        found = [run["held"][name] for run in runs]
        means = [sum(each[measure] for each in found) / len(found) for measure in measures if measure in found[0]]
        rows.append([name, *(f"{mean:.3f}" for mean in means), *[""] * (len(measures) - len(means))])
    header = ["what happened", "all steps", "first step", "others", "MAE", "width"]
    every = runs[0]["every"]
    origins = "every origin" if every == 1 else f"one origin in {every}"
    text = FAULTY.format(seeds=len(runs), epochs=runs[0]["epochs"], origins=origins)
    silent = {name: _over_spread(runs, name) for name in ("model", "effects", "average")}
    return [text, table(header, rows), "", SILENT.format(**silent)]


def _observed(runs: Sequence[Line]) -> tuple[str, str]:
    """Return the cells of a model that observes; empty where it was not measured."""
    found = [run["observed"] for run in runs if "observed" in run]
    if not found:
        return "", ""
    least, most = (sum(each["step"][end] for each in found) / len(found) for end in (0, 1))
    return mean_sd(spread([each["all"] for each in found])), f"{least:.3f} to {most:.3f}"


def _over_spread(runs: Sequence[Line], name: str) -> str:
    return f"{sum(run['without values'][name] for run in runs) / len(runs):.3f}"


def _mean(runs: Sequence[Line], part: str, at: int) -> float:
    return sum(run["held"][part][at] for run in runs) / len(runs)


def _mean_of(runs: Sequence[Line], name: str) -> float:
    return sum(run["held"][name] for run in runs) / len(runs)


def _joint(runs: Sequence[Line], paths: str, what: str, score: str) -> float:
    return sum(run["joint"][paths][what][score] for run in runs) / len(runs)


if __name__ == "__main__":
    options = page_options(__doc__, LINES, PAGE)
    lines, faults = read_lines(options.lines), read_lines(FAULT_LINES)
    write_page(options.out, page(lines, faults), lines + faults)
    print(options.out)
