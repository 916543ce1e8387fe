"""Write docs/joint_future.md from research/joint_future/results.jsonl; no number there is typed by hand.

python -m research.joint_future.page
"""

from statistics import fmean, stdev
from typing import Any

from research.common import DOCS, read_lines, table
from research.joint_future.run import DIMS, OUT
from research.model_versions import write_page
from research.scripts import page_options

RIVAL = "vectors by hour"
INTRO = f"""# Does a code of the joint future make better paths?

Written by `python -m research.joint_future.page`; each line behind it is one run of
`python -m research.joint_future.run CASE --data PATH --models FOLDER`.

The forecaster sees the window, so for the *mean* a function of the window adds nothing: I(y; a | x) = 0. What the
window cannot tell is the *joint* future, whose errors go together over steps and series. Sample paths take that from
whole error vectors of the validation part, at the same time of day ([uncertainty.md](uncertainty.md)): *{RIVAL}*.

Here a code of {DIMS} dimensions is learned for it, of a fitted model: q(a|x,y,b) reads the errors of all steps and
series, p(a|x,b) the model's own code, the forecast, the errors of the forecasts of the day before and the time of the
year; the decoder gives the errors. It is fitted to errors of the validation part, or of every third origin of the
training part; every fifth week of them stops the fit. A path is a draw of a from p(a|x,b), plus what the code leaves of
a whole vector. *Prior without x* draws a from one normal for all windows; *margins of the forecast* keeps the order of
the paths alone and takes their values from the quantiles. *Vectors by hour and season* draws vectors of the same time
of the year more often.

Test part, 400 origins, 400 paths: energy and variogram score of the panel's steps (the sum of all series) and CRPS of
its total over the horizon, as ratios to *{RIVAL}*, below 1 is better, mean ± standard deviation over seeds; and what
the 90 % interval of the total holds.
"""
VERDICT = """## What it says

On EIA the code is at best level with whole vectors in energy, by the order of the paths alone, and up to 3 % behind:
where the error of the panel goes, and how large it gets, cannot be read from what is known at its origin, and a prior
that fits the year of validation does not fit the next. On the loads and bike sharing some forms are ahead by up to 1 %
in energy, and up to 3 % in the variogram score (loads) or the total (bike sharing), mostly with intervals of the total
that hold too little. None is ahead on all, so divecast draws whole vectors, and a serves the reconstruction. Vectors of
the same time of the year have a better variogram score on EIA, and are level by the others.
"""


def page(lines: list[dict[str, Any]]) -> str:
    """Return the page."""
    parts = [INTRO]
    for case in dict.fromkeys(line["case"] for line in lines):
        own = [line["scores"] for line in lines if line["case"] == case]
        rows = [[way, *_cells(own, way)] for way in own[0]]
        head = ["paths", "energy", "variogram", "total", "held"]
        parts.append(f"## {case}\n\n{len(own)} seed{'s' * (len(own) > 1)}.\n\n{table(head, rows)}")
    return "\n\n".join(part.strip() for part in [*parts, VERDICT]) + "\n"


def _cells(scores: list[dict[str, Any]], way: str) -> list[str]:
    ratios = ([each[way][name] / each[RIVAL][name] for each in scores] for name in ("energy", "variogram", "total"))
    return [*(_mean_sd(each) for each in ratios), f"{fmean(each[way]['held'] for each in scores):.2f}"]


def _mean_sd(values: list[float]) -> str:
    return f"{fmean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def main() -> None:
    """Write the page."""
    args = page_options(__doc__, OUT, DOCS / "joint_future.md")
    lines = read_lines(args.lines)
    write_page(args.out, page(lines), lines)
    print(args.out)


if __name__ == "__main__":
    main()
