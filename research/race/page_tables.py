"""Tables of one track of the page."""

import statistics
from collections.abc import Callable, Iterable
from typing import Any

from research.race.tracks import Track

Line = dict[str, Any]
OWN = "divecast"
COMMAND = "python -m research.race.run --data PATH"
_TITLES = {"rrse": "RRSE", "mse": "MSE", "mae": "MAE"}


def about(track: Track, lines: list[Line]) -> str:
    """Return the protocol, the command and the machine."""
    n_train, n_valid, n_test = track.rows
    every = "windows whose whole horizon lies in it" if track.whole else "every row of it a target at every step"
    units = "values standardised by the training part" if track.standardised else "original units"
    known = ", ".join(track.calendar) or "nothing"
    machines = sorted({f"{line['machine']}, {line['threads']} thread{'s' * (line['threads'] > 1)}" for line in lines})
    loads = [line["load_before"] for line in lines]
    commands = sorted(
        {f"`python -m research.race.run --data PATH --track {track.name}{_flags(line)}`" for line in lines}
    )
    return (
        f"{', '.join(commands)}\n\n{n_train:,} rows to train, {n_valid:,} to validate, {n_test:,} to test "
        f"({every}); lookback at most {track.lookback}; known in advance: {known}; {units}.\n"
        f"Run on {'; '.join(machines)}; load of the machine before a run {min(loads):.1f} to {max(loads):.1f}."
    )


def scores_table(track: Track, lines: list[Line]) -> str:
    """Return one row per entry, best mean first."""
    heats = tuple(sorted({line["horizon"] for line in lines}))
    columns = _score_columns(track, heats)
    head = "| entry | " + " | ".join(title for title, _ in columns) + " |"
    rows = [head, "|---|" + "---:|" * len(columns)]
    entries = _ranked(track, lines, heats)
    best = [_best(title, read, entries.values()) for title, read in columns]
    for name, runs in entries.items():
        cells = [_cell(read(runs), top) for (_, read), top in zip(columns, best, strict=True)]
        rows.append(f"| {_label(name, runs)} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def costs_table(track: Track, lines: list[Line]) -> str:
    """Return one row per entry: what its fits and forecasts took over the heats it ran, and relative to divecast."""
    entries = _ranked(track, lines, tuple(sorted({line["horizon"] for line in lines})))
    own = entries.get(OWN)
    titles = [
        "fit s",
        "CPU s",
        "x",
        "predict s",
        "x",
        "one window ms",
        "fit MiB",
        "predict MiB",
        "weights",
        "lookback",
    ]
    rows = ["| entry | " + " | ".join([*titles, "steps"]) + " |", "|---|" + "---:|" * (len(titles) + 1)]
    for name, runs in entries.items():
        work, predict = _sum(runs, "fit", "core_seconds"), _sum(runs, "predict", "seconds")
        same = [run for run in own or () if heat_of(run) in {heat_of(each) for each in runs}]
        cells = [
            f"{_sum(runs, 'fit', 'seconds'):,.1f}",
            f"{work:,.1f}",
            _ratio(work, _sum(same, "fit", "core_seconds")),
            f"{predict:,.1f}",
            _ratio(predict, _sum(same, "predict", "seconds")),
            f"{statistics.median(run['one_window_ms'] for run in runs):.1f}",
            f"{max(run['fit']['peak_mib'] for run in runs):,.0f}",
            f"{max(run['predict']['peak_mib'] for run in runs):,.0f}",
            _span([run["weights"] for run in runs]),
            _span([run["settings"].get("lookback") for run in runs if run["settings"].get("lookback")]),
            _steps(runs),
        ]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def heat_of(line: Line) -> tuple[int, int | None]:
    """Return horizon and fold of a line; a panel has no fold."""
    return line["horizon"], line.get("fold")


def _score_columns(track: Track, heats: tuple[int, ...]) -> list[tuple[str, Callable[[list[Line]], float | None]]]:
    def at(measure: str, step: str, heat: int | None = None) -> Callable[[list[Line]], float | None]:
        def read(runs: list[Line]) -> float | None:
            if heat is None and {run["horizon"] for run in runs} != set(heats):
                return None  # a mean over other heats is no mean to compare
            found = [run["scores"][measure][step] for run in runs if heat in (None, run["horizon"])]
            return statistics.fmean(found) if found else None

        return read

    if track.steps:
        named = [(f"RRSE {step}", at("rrse", str(step))) for step in track.steps]
        extra = [("series RRSE", "series_rrse"), ("CORR", "corr"), ("MASE", "mase"), ("CRPS", "crps")]
        return [*named, ("mean", at("rrse", "mean")), *((title, at(name, "mean")) for title, name in extra)]
    named = [(f"{_TITLES[name]} {heat}", at(name, "mean", heat)) for heat in heats for name in ("mse", "mae")]
    extra = [("MSE", "mse"), ("MAE", "mae"), ("MASE", "mase"), ("CRPS", "crps")]
    return [*named, *((f"mean {title}", at(name, "mean")) for title, name in extra)]


def _ranked(track: Track, lines: list[Line], heats: tuple[int, ...]) -> dict[str, list[Line]]:
    """Return the runs of each entry, best first; those that lack a horizon come last."""
    entries: dict[str, list[Line]] = {}
    for line in sorted(lines, key=lambda line: line["horizon"]):
        entries.setdefault(line["entry"], []).append(line)

    def rank(name: str) -> tuple[bool, float]:
        runs = entries[name]
        mean = statistics.fmean(run["scores"][track.measure]["mean"] for run in runs)
        return {run["horizon"] for run in runs} != set(heats), mean

    return {name: entries[name] for name in sorted(entries, key=rank)}


def _best(title: str, read: Callable[[list[Line]], float | None], entries: Iterable[list[Line]]) -> float | None:
    found = [value for value in map(read, entries) if value is not None]
    return (max if title == "CORR" else min)(found) if found else None


def _cell(value: float | None, best: float | None) -> str:
    if value is None:
        return ""
    text = f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"**{text}**" if value == best else text


def _label(name: str, runs: list[Line]) -> str:
    seeds = f", {_n_seeds(runs)} seeds" if _n_seeds(runs) > 1 else ""
    return f"{name}{'' if all(run['predict']['interval'] for run in runs) else '°'}{seeds}"


def _sum(runs: list[Line], part: str, name: str) -> float:
    """Add up over the horizons, of the mean of the seeds."""
    return sum(run[part][name] for run in runs) / max(1, _n_seeds(runs))


def _n_seeds(runs: list[Line]) -> int:
    return len({run["seed"] for run in runs})


def _ratio(value: float, own: float | None) -> str:
    return f"{value / own:.3g}" if own else ""


def _span(values: list[int]) -> str:
    low, high = min(values, default=0), max(values, default=0)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _steps(runs: list[Line]) -> str:
    """Return the steps made of those published, over the horizons; without the latter where no more were asked for."""
    told = [run["settings"] for run in runs if "published" in run["settings"]]
    if not told:
        return ""
    made, published = (sum(each[name] for each in told) // _n_seeds(runs) for name in ("steps", "published"))
    early = [each.get("patience_ended", False) for each in told]
    if any(each["steps"] < each["published"] and not end for each, end in zip(told, early, strict=True)):
        return f"{made:,} of {published:,}"
    return f"{made:,}{' *' * any(early)}"


def _flags(line: Line) -> str:
    threads = f" --threads {line['threads']}" if line["threads"] != 1 else ""
    return threads + (f" --seed {line['seed']}" if line["seed"] else "")
