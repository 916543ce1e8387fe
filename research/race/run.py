"""Fit and score the entries on the tracks; each heat adds a JSON line to research/race/results.jsonl.

    python -m research.race.run --data PATH                            all tracks, all entries
    python -m research.race.run --data PATH --track eia --entry nhits --entry divecast
    python -m research.race.run --data PATH --quick                    a few rows and series, to test the script

PATH has the folders eia_us_demand_hourly, forecasting_benchmarks, lstnet_electricity_pieces, covariates and
gait_stroke_movingreality. Heats that have a line are not repeated. How long rivals are fitted, ``budgets.py`` says; on
some tracks that is hours, and one that is stopped goes on where it was. ``python -m research.race.page`` writes
docs/benchmarks.md from the lines.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from divecast import Panel
from divecast.errors import ConfigError, DivecastError
from research.common import append_line, read_lines
from research.race.answers import check_past_only, read_answer
from research.race.budgets import NO_LIMIT, Budget, budget
from research.race.contract import Calendar as Classes
from research.race.heats import Floats, Heat, thinning
from research.race.launch import RIVALS, need_python, python_of, run_entry
from research.race.panels import known_calendar, known_columns, n_classes, read_panel
from research.race.recorded import Recorded, read_recorded
from research.race.roster import ROSTER, Racer, chosen
from research.race.scores import Targets, score, score_people
from research.race.tracks import TRACKS, Track

OUT = Path(__file__).with_name("results.jsonl")
_QUANTILE_ORIGINS, _QUICK_SECONDS = 1000, 2.0


@dataclass(frozen=True, slots=True)
class Lap:
    """A horizon of a track, and of recordings a fold."""

    track: Track
    horizon: int
    fold: int | None = None

    def __str__(self) -> str:
        """Return its name on the console."""
        return f"{self.track.name} {self.horizon}" + ("" if self.fold is None else f" fold {self.fold}")


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
        unfinished: folder of what fits that were stopped have reached.
    """

    data: Path
    rivals: Path
    out: Path
    threads: int
    seed: int
    quick: bool
    most: float
    again: bool
    unfinished: Path

    def unfinished_of(self, lap: Lap, entry: str) -> Path:
        """Return where a fit keeps what it has reached."""
        return self.unfinished / ("-".join(str(each) for each in self.key(lap, entry).values()) + ".pt")

    def key(self, lap: Lap, entry: str) -> dict[str, Any]:
        """What tells a line from another."""
        about = {"quick": self.quick, "threads": self.threads, "seed": self.seed}
        fold = {} if lap.fold is None else {"fold": lap.fold}
        return {"track": lap.track.name, "horizon": lap.horizon, "entry": entry, **fold, **about}


def heat_of(lap: Lap, data: Panel | Recorded, plan: Plan, racer: str, own: float) -> Heat:
    """Return the heat of an entry; ``own`` is the CPU time that divecast's fit took, 0 if that is not known."""
    track, horizon, quick = lap.track, lap.horizon, plan.quick
    recorded = isinstance(data, Recorded)
    n_train, n_valid, n_test = data.rows if isinstance(data, Recorded) else track.rows
    past, end = n_train + n_valid, n_train + n_valid + n_test
    span = (past, end - horizon + 1) if track.whole else (past - horizon + 1, end)
    least, most = budget(track.name, own, plan.most) if own else Budget(0.0, NO_LIMIT)
    heat = Heat(
        track=track.name,
        horizon=horizon,
        lookback=track.lookback,
        steps=track.steps,
        season=track.season,
        n_train=n_train,
        n_valid=n_valid,
        first=span[0],
        stop=span[1],
        every=1 if recorded else thinning(span[1] - span[0], _QUANTILE_ORIGINS),
        channels=data.channels,
        calendar=track.calendar,
        n_classes=n_classes(track),
        covariates=track.covariates,
        labels=track.labels,
        start="" if isinstance(data, Recorded) else str(data.clock.start),
        step="" if isinstance(data, Recorded) else data.clock.frequency,
        zone=track.zone,
        threads=plan.threads,
        seed=plan.seed,
        least_seconds=0.0 if quick else least,
        most_seconds=_QUICK_SECONDS if quick else most,
        unfinished="" if quick else str(plan.unfinished_of(lap, racer).absolute()),
    )
    if not isinstance(data, Recorded) or track.people is None:
        return heat
    train_every, score_every = track.people.train_every, track.people.score_every
    return replace(heat, starts=data.starts, people=data.people, train_every=train_every, score_every=score_every)


def race(plan: Plan, tracks: list[Track], racers: list[Racer], folds: list[int] | None = None) -> int:
    """Race every entry in every heat and return how many failed; of recordings in these folds, or all."""
    failed = 0
    for track in tracks:
        track = track.small() if plan.quick else track  # noqa: PLW2901  the one that is raced
        for fold in track.folds[:1] if plan.quick else track.folds:
            if fold is not None and folds and fold not in folds:
                continue
            data: Panel | Recorded
            if fold is None:
                data = read_panel(track, plan.data, plan.quick)
            else:
                data = read_recorded(track, plan.data, fold, plan.quick)
            for horizon in track.horizons:
                lap = Lap(track, horizon, fold)
                for racer in _ready(plan, lap, racers):
                    failed += not _try(plan, lap, racer, data)
    return failed


def _ready(plan: Plan, lap: Lap, racers: list[Racer]) -> Iterator[Racer]:
    """Yield the entries whose line is not there and that can run."""
    for racer in racers:
        if not racer.runs_on(lap.track):
            continue
        if not plan.again and find_line(plan.out, plan.key(lap, racer.name)):
            print(f"{lap} {racer.name}: there already", flush=True)
        elif plan.quick and python_of(racer.environment, plan.rivals) is None:
            print(f"{lap} {racer.name}: left out, {plan.rivals} is not there", flush=True)
        else:
            yield racer


def _try(plan: Plan, lap: Lap, racer: Racer, data: Panel | Recorded) -> bool:
    try:
        line = run_heat(plan, lap, racer, data)
    except DivecastError as error:
        print(f"{lap} {racer.name}: failed: {error}", file=sys.stderr, flush=True)
        return False
    append_line(plan.out, json.dumps(line))
    plan.unfinished_of(lap, racer.name).unlink(missing_ok=True)
    measure, seconds = lap.track.measure, line["fit"]["seconds"]
    print(f"{lap} {racer.name}: {measure} {line['scores'][measure]['mean']:.4f}, fit {seconds:.1f} s", flush=True)
    return True


def run_heat(plan: Plan, lap: Lap, racer: Racer, data: Panel | Recorded) -> dict[str, Any]:
    """Run one entry in one heat and return its line.

    Raises:
        ConfigError: its environment or divecast's line is missing, or its process failed.
        DataError: what it left is no answer, or it looked ahead.
    """
    python = need_python(racer, plan.rivals)
    own = find_line(plan.out, plan.key(lap, "divecast"))
    if own is None and racer.environment == "rivals" and not plan.quick:
        raise ConfigError(
            f"expected a line of divecast for {lap} in {plan.out}, found none; race divecast first "
            "(--entry divecast): its fit time says how long a rival should and may take"
        )
    heat = heat_of(lap, data, plan, racer.name, own["fit"]["core_seconds"] if own else 0.0)
    values: Floats = data.values
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="race-") as name:
        folder = Path(name)
        heat.write(folder, values, *_known(lap.track, data, lap.horizon))
        run_entry(racer, python, folder, plan.threads)
        costs = json.loads((folder / "costs.json").read_text(encoding="utf-8"))
        check_past_only(racer.name, costs["past_only"])
        answer, targets = (
            read_answer(folder, heat, values[: heat.past]),
            Targets.of(values, heat, lap.track.standardised),
        )
        scores = score(answer, heat, targets)
        of_people = {"people": score_people(answer, heat, targets)} if heat.people else {}
    return {
        **plan.key(lap, racer.name),
        "scores": scores,
        **of_people,
        **costs,
        "most": plan.most,
        "budget": {"least_core_seconds": heat.least_seconds, "most_core_seconds": heat.most_seconds},
        "load_before": round(load, 2),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
    }


def _known(track: Track, data: Panel | Recorded, horizon: int) -> tuple[Classes, Floats]:
    """Return calendar and columns of all rows and of those after them; of recordings, nothing is known."""
    if isinstance(data, Recorded):
        return np.empty((len(data.values), 0), np.int16), np.empty((len(data.values), 0), np.float32)
    n_rows = len(data.values) + horizon + (data.clock.steps_per("day") or 1)
    return known_calendar(track, data, n_rows), known_columns(track, data, n_rows)


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
    parser.add_argument("--fold", type=int, action="append", help="only these, of tracks of recordings")
    parser.add_argument("--entry", action="append", help=f"only these, of {', '.join(ROSTER)}")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="few rows and series, to test the script")
    parser.add_argument("--again", action="store_true", help="make lines that are there, too")
    most = "times divecast's CPU time after which a fit is cut, on tracks where it need not make all published steps"
    parser.add_argument("--most", type=float, default=4.0, help=most)
    parser.add_argument("--rivals", type=Path, default=RIVALS, help="folder of the rivals' environment")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Race, and return 1 if anything failed, 2 if nothing could be started."""
    args = arguments(given)
    plan = Plan(
        data=args.data,
        rivals=args.rivals.absolute(),
        out=args.out,
        threads=args.threads,
        seed=args.seed,
        quick=args.quick,
        most=args.most,
        again=args.again,
        unfinished=args.out.with_name("unfinished"),
    )
    tracks = [TRACKS[name] for name in args.track or TRACKS]
    try:
        return int(race(plan, [track.only(args.horizon) for track in tracks], chosen(args.entry), args.fold) > 0)
    except DivecastError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
