"""Protocol and table of scores of a track of recordings."""

from statistics import fmean, stdev
from typing import Any

from research.common import Spread, mean_sd, number, table
from research.race.tracks import People, Track

Line = dict[str, Any]
_TITLES = ("entry", "folds", "seeds", "MSE", "MAE", "CRPS", "coverage", "least person", "people ≥ 0.8")
_MEASURES = ("mse", "mae", "crps", "coverage")
_LEAST = 0.8


def about(track: Track, people: People, lines: list[Line]) -> str:
    """Return the protocol, the command and the machine."""
    threads = sorted({line["threads"] for line in lines})
    machines = sorted({line["machine"] for line in lines})
    loads = [line["load_before"] for line in lines]
    return (
        f"`python -m research.race.run --data PATH --track {track.name}`\n\n"
        f"Windows of {track.lookback} rows, {track.horizons[0]} ahead. Whole people are held out, each once over "
        f"{people.folds} folds; those of the next fold are for validation. Training windows begin every "
        f"{people.train_every} rows of a recording, those that are scored every {people.score_every} rows "
        f"({_windows(lines):,} in all folds with a line). No entry is told a label of any recording, and none is "
        "fitted again to the people of validation. The linear path of divecast, as its defaults have it, is solved "
        "from windows at every row where that takes seconds. Errors are in standard deviations of each channel over "
        "the training people, means over folds; *±* is the standard deviation over seeds, of the means over folds, of "
        "which one seed says nothing. "
        "*Coverage* is that of the 90 % interval over all values, *least person* that of the person for whom it is "
        f"lowest (mean over seeds), *people ≥ {_LEAST:g}* how many have as much.\n"
        f"Run on {'; '.join(machines)}, {', '.join(map(str, threads))} thread; load of the machine before a run "
        f"{min(loads):.1f} to {max(loads):.1f}."
    )


def scores_table(people: People, lines: list[Line]) -> str:
    """Return one row per entry, that of the lowest squared error first, over the folds that all entries have."""
    entries: dict[str, list[Line]] = {}
    for line in lines:
        entries.setdefault(line["entry"], []).append(line)
    folds = {line["fold"] for line in lines}
    shared = folds.intersection(*({run["fold"] for run in runs} for runs in entries.values()))
    found = [(runs, _cells(name, runs, people.folds)) for name, runs in entries.items()]
    rows = sorted(found, key=lambda row: _error(row[0], shared or folds))
    if shared in (folds, set()):
        return table(_TITLES, [cells for _, cells in rows])
    title = f"MSE of fold{'s' * (len(shared) > 1)} {', '.join(map(str, sorted(shared)))}"
    return table((*_TITLES, title), [[*cells, number(_error(runs, shared))] for runs, cells in rows])


def _error(runs: list[Line], folds: set[int]) -> float:
    """Return the mean squared error over some folds."""
    return fmean(run["scores"]["mse"]["mean"] for run in runs if run["fold"] in folds)


def _cells(name: str, runs: list[Line], n_folds: int) -> list[str]:
    of_seeds = {seed: [run for run in runs if run["seed"] == seed] for seed in sorted({run["seed"] for run in runs})}
    own = {run["fold"] for run in runs}
    whole = [group for group in of_seeds.values() if {run["fold"] for run in group} == own]
    found = {name: [fmean(run["scores"][name]["mean"] for run in group) for group in whole] for name in _MEASURES}
    spreads = {
        name: Spread(fmean(values), stdev(values) if len(values) > 1 else None, len(values))
        for name, values in found.items()
    }
    covered = coverage_of_people(runs)
    entry = f"{name}{'' if all(run['predict']['interval'] for run in runs) else '°'}"
    return [
        entry,
        f"all {n_folds}" if len(own) == n_folds else f"{', '.join(map(str, sorted(own)))} of {n_folds}",
        str(len(whole)),
        *(mean_sd(spreads[name]) for name in _MEASURES),
        number(min(covered.values())),
        f"{sum(value >= _LEAST for value in covered.values())} of {len(covered)}",
    ]


def coverage_of_people(runs: list[Line]) -> dict[str, float]:
    """Return the coverage of each person, mean over the seeds."""
    found: dict[str, list[float]] = {}
    for run in runs:
        for person, scores in run["people"].items():
            found.setdefault(person, []).append(scores["coverage"])
    return {person: fmean(values) for person, values in found.items()}


def _windows(lines: list[Line]) -> int:
    """Return the windows that are scored in all folds with a line."""
    return sum({line["fold"]: line["predict"]["windows"] for line in lines}.values())
