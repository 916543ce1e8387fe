"""Fit and score the entries on the tracks; each heat adds a JSON line to research/race/results.jsonl.

    python -m research.race.run --data PATH                            all tracks, all entries
    python -m research.race.run --data PATH --track eia --entry nhits --entry divecast
    python -m research.race.run --data PATH --quick                    a few rows and series, to test the script

PATH has the folders eia_us_demand_hourly, forecasting_benchmarks, lstnet_electricity_pieces and covariates. Heats that
have a line are not repeated. ``python -m research.race.page`` writes docs/benchmarks.md from the lines.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from divecast import Panel
from divecast.errors import ConfigError, DivecastError
from research.common import append_line, read_lines
from research.race.answers import check_past_only, read_answer
from research.race.heats import Floats, Heat, thinning
from research.race.launch import RIVALS, need_python, python_of, run_entry
from research.race.panels import known_calendar, known_columns, n_classes, read_panel
from research.race.roster import ROSTER, Racer, chosen
from research.race.scores import Targets, score
from research.race.tracks import TRACKS, Track

OUT = Path(__file__).with_name("results.jsonl")
_QUANTILE_ORIGINS, _QUICK_SECONDS = 1000, 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How the races are run.

    Attributes:
        data: folder of the tracks' data.
        rivals: folder of the rivals' environment.
        out: file of lines.
        threads: for linear algebra.
        seed: of every draw.
        quick: few rows and series.
        most: a rival's fit is cut short after so many times the CPU time of divecast's.
        again: make lines that are there, too.
    """

    data: Path
    rivals: Path
    out: Path
    threads: int
    seed: int
    quick: bool
    most: float
    again: bool

    def key(self, track: str, horizon: int, entry: str) -> dict[str, Any]:
        """What tells a line from another."""
        about = {"quick": self.quick, "threads": self.threads, "seed": self.seed}
        return {"track": track, "horizon": horizon, "entry": entry, **about}


def heat_of(track: Track, horizon: int, panel: Panel, plan: Plan, least: float) -> Heat:
    """Return a heat of a track; ``least`` is the CPU time that divecast's fit took, 0 if that is not known."""
    n_train, n_valid, n_test = track.rows
    past, end = n_train + n_valid, n_train + n_valid + n_test
    span = (past, end - horizon + 1) if track.whole else (past - horizon + 1, end)
    quick = plan.quick
    return Heat(
        track=track.name,
        horizon=horizon,
        lookback=track.lookback,
        steps=track.steps,
        season=track.season,
        n_train=n_train,
        n_valid=n_valid,
        first=span[0],
        stop=span[1],
        every=thinning(span[1] - span[0], _QUANTILE_ORIGINS),
        channels=panel.channels,
        calendar=track.calendar,
        n_classes=n_classes(track),
        covariates=track.covariates,
        labels=track.labels,
        start=str(panel.clock.start),
        step=panel.clock.frequency,
        zone=track.zone,
        threads=plan.threads,
        seed=plan.seed,
        least_seconds=0.0 if quick else least,
        most_seconds=_QUICK_SECONDS if quick else plan.most * least if least else 1e9,
    )


def race(plan: Plan, tracks: list[Track], racers: list[Racer]) -> int:
    """Race every entry in every heat and return how many failed."""
    failed = 0
    for track in tracks:
        track = track.small() if plan.quick else track  # noqa: PLW2901  the one that is raced
        panel = read_panel(track, plan.data, plan.quick)
        for horizon in track.horizons:
            for racer in _ready(plan, track, horizon, racers):
                failed += not _try(plan, track, horizon, racer, panel)
    return failed


def _ready(plan: Plan, track: Track, horizon: int, racers: list[Racer]) -> Iterator[Racer]:
    """Yield the entries whose line is not there and that can run."""
    for racer in racers:
        if not racer.runs_on(track.name):
            continue
        if not plan.again and find_line(plan.out, plan.key(track.name, horizon, racer.name)):
            print(f"{track.name} {horizon} {racer.name}: there already", flush=True)
        elif plan.quick and python_of(racer.environment, plan.rivals) is None:
            print(f"{track.name} {horizon} {racer.name}: left out, {plan.rivals} is not there", flush=True)
        else:
            yield racer


def _try(plan: Plan, track: Track, horizon: int, racer: Racer, panel: Panel) -> bool:
    try:
        line = run_heat(plan, track, horizon, racer, panel)
    except DivecastError as error:
        print(f"{track.name} {horizon} {racer.name}: failed: {error}", file=sys.stderr, flush=True)
        return False
    append_line(plan.out, json.dumps(line))
    seconds, mean = line["fit"]["seconds"], line["scores"][track.measure]["mean"]
    print(f"{track.name} {horizon} {racer.name}: {track.measure} {mean:.4f}, fit {seconds:.1f} s", flush=True)
    return True


def run_heat(plan: Plan, track: Track, horizon: int, racer: Racer, panel: Panel) -> dict[str, Any]:
    """Run one entry in one heat and return its line.

    Raises:
        ConfigError: its environment or divecast's line is missing, or its process failed.
        DataError: what it left is no answer, or it looked ahead.
    """
    python = need_python(racer, plan.rivals)
    own = find_line(plan.out, plan.key(track.name, horizon, "divecast"))
    if own is None and racer.environment == "rivals" and not plan.quick:
        raise ConfigError(
            f"expected a line of divecast for {track.name} {horizon} in {plan.out}, found none; race divecast first "
            "(--entry divecast): its fit time says how long a rival should and may take"
        )
    heat = heat_of(track, horizon, panel, plan, own["fit"]["core_seconds"] if own else 0.0)
    values: Floats = panel.values
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="race-") as name:
        folder = Path(name)
        n_rows = len(values) + horizon + (panel.clock.steps_per("day") or 1)
        heat.write(folder, values, known_calendar(track, panel, n_rows), known_columns(track, panel, n_rows))
        run_entry(racer, python, folder, plan.threads)
        costs = json.loads((folder / "costs.json").read_text(encoding="utf-8"))
        check_past_only(racer.name, costs["past_only"])
        answer = read_answer(folder, heat, values[: heat.past])
        scores = score(answer, heat, Targets.of(values, heat, track.standardised))
    return {
        **plan.key(track.name, horizon, racer.name),
        "scores": scores,
        **costs,
        "most": plan.most,
        "budget": {"least_core_seconds": heat.least_seconds, "most_core_seconds": heat.most_seconds},
        "load_before": round(load, 2),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
    }


def find_line(path: Path, key: dict[str, Any]) -> dict[str, Any] | None:
    """Return the last line that has the key, if any."""
    lines = read_lines(path)
    return next((line for line in reversed(lines) if all(line.get(n) == value for n, value in key.items())), None)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data")
    parser.add_argument("--track", choices=TRACKS, action="append", help="only these")
    parser.add_argument("--horizon", type=int, action="append", help="only these")
    parser.add_argument("--entry", action="append", help=f"only these, of {', '.join(ROSTER)}")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="few rows and series, to test the script")
    parser.add_argument("--again", action="store_true", help="make lines that are there, too")
    parser.add_argument("--most", type=float, default=4.0, help="times divecast's CPU time after which a fit is cut")
    parser.add_argument("--rivals", type=Path, default=RIVALS, help="folder of the rivals' environment")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Race, and return 1 if anything failed, 2 if nothing could be started."""
    args = arguments(given)
    plan = Plan(args.data, args.rivals.absolute(), args.out, args.threads, args.seed, args.quick, args.most, args.again)
    tracks = [TRACKS[name] for name in args.track or TRACKS]
    try:
        return int(race(plan, [track.only(args.horizon) for track in tracks], chosen(args.entry)) > 0)
    except DivecastError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
