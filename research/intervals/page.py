"""Write docs/intervals.md from research/intervals/results.jsonl; no number there is typed by hand.

python -m research.intervals.page
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from research.common import mean_sd, number, read_lines, spread, table
from research.intervals.run import CASES
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
largest share; CRPS and mean absolute error in the units of the data.
"""

JOINT = """## Sums and peaks

From 400 sample paths and some 300 origins: what the 90 % interval holds of the total of a series over the horizon, of
the sum of all series in a step, of their total over the horizon, and of their largest step; for paths as `forecast`
draws them, and for paths of the same margins whose numbers are drawn one by one. Energy and variogram score of the
vector of the panel's steps: ratio of paths to numbers drawn one by one, below 1 is better.
"""
SUMS = ("total of a series", "step of the panel", "total of the panel", "peak of the panel")


def page(lines: Sequence[Line]) -> str:
    """Return the page."""
    by_case = {case: [line for line in lines if line["case"] == case and not line["quick"]] for case in CASES}
    there = {case: runs for case, runs in by_case.items() if runs}
    header = ["case", "seeds", "all", "steps", "series", "CRPS", "MAE"]
    single = [
        [
            case,
            str(len(runs)),
            mean_sd(spread([run["held"]["all"] for run in runs])),
            *(f"{_mean(runs, part, 0):.3f} to {_mean(runs, part, 1):.3f}" for part in ("step", "series")),
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
    return "\n".join([INTRO, table(header, single), "", JOINT, table(columns, sums), ""])


def _mean(runs: Sequence[Line], part: str, at: int) -> float:
    return sum(run["held"][part][at] for run in runs) / len(runs)


def _mean_of(runs: Sequence[Line], name: str) -> float:
    return sum(run["held"][name] for run in runs) / len(runs)


def _joint(runs: Sequence[Line], paths: str, what: str, score: str) -> float:
    return sum(run["joint"][paths][what][score] for run in runs) / len(runs)


if __name__ == "__main__":
    options = page_options(__doc__, LINES, PAGE)
    options.out.write_text(page(read_lines(options.lines)), encoding="utf-8")
    print(options.out)
