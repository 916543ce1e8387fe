"""Write docs/figures_at_a_glance.md, the main figures of several studies, from their lines; none is typed by hand.

python -m research.at_a_glance
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from research.common import DOCS, mean_sd, read_lines, spread, table
from research.model_versions import write_page
from research.race.page import latest
from research.race.page_tables import heat_of
from research.race.roster import ROSTER
from research.race.tracks import TRACKS
from research.read_motion.folds import FACTORS, SHARES
from research.read_motion.run import OWN

HERE = Path(__file__).parent
Line = dict[str, Any]

INTRO = """# Figures at a glance

Written by `python -m research.at_a_glance` from the lines of other studies; each section names the page that has the
whole of it.

## Forecasts beside other forecasters

From [benchmarks.md](benchmarks.md), and [known.md](known.md) for tracks with covariates: divecast and the best other
entry that ran at all horizons and folds, by each measure; means over horizons, folds and seeds. *Lower by* is how much
lower divecast's is. Some rivals were cut short; the pages say which made their published steps.
"""

READ = """## Labels read of people never seen

From [reading.md](reading.md): shares of windows and recordings of `motion` that are read right, of seven exercises and
two sides. *MultiRocket* is the classifier of aeon, fitted to the labelled recordings alone.
"""

HELD = """## What 90 % intervals hold

From [intervals.md](intervals.md): of all values of the test part, mean over seeds, and from the lowest step and series
to the highest.
"""

SPEED = """## Speed and size

- One window of 112 series is forecast, with intervals, in {window:.1f} ms of one thread, all origins of a year in
  {rolling:.1f} s; a fit has {share:.0%} of the rate of matrix products (`python -m research.speed.run`, medians of its
  runs, [benchmarks.md](benchmarks.md)).
- {told[series]:,} series with covariates: a fit peaks at {told[fit_peak_mib]:,} MiB, a forecast at
  {told[forecast_peak_mib]:,} MiB (`python -m research.scale.told`, [scale.md](scale.md)).
- `import divecast` takes {more:.2f} s on top of torch ({all[divecast]:.2f} s against {all[torch]:.2f} s), a core
  install {mb:.0f} MB, most of it pyarrow and numpy (`make bench-import`).
- The page of `divecast report` takes {report[mb]:.1f} MB on {report[series]} series
  (`python -m research.speed.page_size`, divecast {report[versions][divecast]}).
"""
_SERIES = 112
_MEASURES = {"rrse": "RRSE", "mse": "MSE", "mae": "MAE", "mase": "MASE", "crps": "CRPS"}


def page() -> str:
    """Return the page."""
    read, held = (read_lines(HERE / study / "results.jsonl") for study in ("read_motion", "intervals"))
    return "\n".join([INTRO, _race(), READ, _read(read), HELD, _held(held), _speed()])


def _race() -> str:
    kept = latest([line for line in read_lines(HERE / "race" / "results.jsonl") if not line["quick"]])
    rows: list[list[str]] = []
    for track in TRACKS.values():
        lines = [line for line in kept if line["track"] == track.name and line["threads"] == 1]
        measures = (track.measure, "crps") if lines else ()
        rows += [[track.title, *_beside(lines, measure)] for measure in measures]
    return table(["track", "measure", "divecast", "seeds", "best other entry", "its", "lower by"], rows) + "\n"


def _beside(lines: Sequence[Line], measure: str) -> list[str]:
    runs: dict[str, list[Line]] = {}
    for line in lines:
        runs.setdefault(line["entry"], []).append(line)
    own, others = runs[OWN], [name for name in runs if name in ROSTER and not name.startswith(OWN)]
    heats = {heat_of(run) for run in own}
    whole = [name for name in others if {heat_of(run) for run in runs[name]} == heats]
    best = min(whole, key=lambda name: _mean(runs[name], measure))
    ours, theirs = _mean(own, measure), _mean(runs[best], measure)
    seeds = sorted({run["seed"] for run in own})
    cell = mean_sd(spread([_mean([run for run in own if run["seed"] == seed], measure) for seed in seeds]))
    return [_MEASURES[measure], cell, str(len(seeds)), best, f"{theirs:.4g}", f"{100 * (1 - ours / theirs):+.1f} %"]


def _mean(runs: Sequence[Line], measure: str) -> float:
    return fmean(run["scores"][measure]["mean"] for run in runs)


def _read(lines: Sequence[Line]) -> str:
    rows = []
    for share in SHARES:
        for entry in (OWN, "MultiRocket"):
            jobs = [job for line in lines if line["entry"] == entry for job in line.get("jobs", [line])]
            jobs = [job for job in jobs if job["share"] == share]
            cells = [fmean(job[factor][unit] for job in jobs) for factor in FACTORS for unit in ("window", "recording")]
            rows.append([f"{share:.0%} labelled", entry, str(len(jobs)), *(f"{cell:.3f}" for cell in cells)])
    units = [f"{factor}: {unit}" for factor in FACTORS for unit in ("window", "recording")]
    return table(["", "", "runs", *units], rows) + "\n"


def _held(lines: Sequence[Line]) -> str:
    rows = []
    for case in sorted({line["case"] for line in lines}):
        held = [line["held"] for line in lines if line["case"] == case and not line["quick"]]
        ends = [
            f"{min(each[kind][0] for each in held):.3f} to {max(each[kind][1] for each in held):.3f}"
            for kind in ("step", "series")
        ]
        rows.append([case, str(len(held)), f"{fmean(each['all'] for each in held):.3f}", *ends])
    return table(["case", "seeds", "all", "steps", "series"], rows) + "\n"


def _speed() -> str:
    lines = [
        line
        for line in read_lines(HERE / "speed" / "results.jsonl")
        if line["series"] == _SERIES and line["threads"] == 1
    ]
    same = [line for line in lines if line["gflop_a_step"] == lines[-1]["gflop_a_step"]]
    window, rolling, share = (
        median(line[key] for line in same if key in line)
        for key in ("one_window_ms", "rolling_again_seconds", "share_of_product_rate")
    )
    told, imports, report = (
        read_lines(HERE / path)[-1] for path in ("scale/told.jsonl", "speed/import_time.jsonl", "speed/page_size.jsonl")
    )
    seconds = imports["seconds"]
    return SPEED.format(
        window=window,
        rolling=rolling,
        share=share,
        told=told,
        more=seconds["divecast"] - seconds["torch"],
        all=seconds,
        mb=sum(imports["mb"].values()),
        report=report,
    )


def main() -> None:
    """Write the page."""
    race = [line for line in read_lines(HERE / "race" / "results.jsonl") if line["entry"] == OWN]
    path = DOCS / "figures_at_a_glance.md"
    write_page(path, page(), latest([line for line in race if not line["quick"]]))
    print(path)


if __name__ == "__main__":
    main()
