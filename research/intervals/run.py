"""What intervals and sample paths hold, by step, series, sum and peak; each model adds a line to results.jsonl.

    python -m research.intervals.run loads
    python -m research.intervals.run eia --data PATH --models FOLDER

Cases are the tracks of the race (their data lie below PATH) and the shipped ``loads`` and ``motion``. A model is fitted
on the parts of the track and scored on the test part, from every origin; sums and peaks from some hundred origins,
evenly spaced, by paths that depend on each other as the errors of the validation part do, and beside them by paths
whose numbers are drawn one by one from the same quantiles. Of a panel the intervals are scored also as ``observe``
moves them, row by row. With ``--models``, fitted models are kept and read again.
``python -m research.intervals.page`` writes docs/intervals.md.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from divecast import DeepDIVE, Panel
from divecast.inference import (
    LEVELS,
    FittedModel,
    JointScores,
    PathDraws,
    batches,
    complete,
    joint_scores,
    mean_and_quantiles,
    phases_told,
)
from research.common import add_run
from research.intervals.models import SHIPPED, Case
from research.race.tracks import TRACKS
from research.scripts import run_parser

OUT = Path(__file__).with_name("results.jsonl")
CASES = (*SHIPPED, *TRACKS)
_ORIGINS, _PATHS, _SEEDS = 300, 400, 3
Line = dict[str, Any]


class OneByOne(PathDraws):
    """Draws whose numbers do not depend on each other."""

    def _ranks_at(self, phase: int) -> Any:
        ranks = super()._ranks_at(phase)
        return np.random.default_rng([self._seed, phase]).permuted(ranks, axis=0)


def held(model: DeepDIVE, data: Any) -> Line:
    """Return the share of the test part that the 90 % interval holds, by step and series, and CRPS and MAE."""
    fitted = model.fitted_model
    inside = seen = pinball = absolute = 0.0
    for batch in batches(fitted, fitted.windows(data, "test", role="score")):
        truth = fitted.original(batch.y)
        mean, quantiles = mean_and_quantiles(
            fitted, complete(fitted, batch, "known").forecast, LEVELS, phases_told(batch.effects)
        )
        known = ~np.isnan(truth)
        inside = inside + ((truth >= quantiles[0]) & (truth <= quantiles[-1]) & known).sum(0)
        seen = seen + known.sum(0)
        error = truth - quantiles
        levels = np.array(LEVELS)[:, None, None, None]
        pinball = pinball + np.nansum(2.0 * np.maximum(levels * error, (levels - 1.0) * error).mean(0), axis=0)
        absolute = absolute + np.nansum(np.abs(truth - mean), axis=0)
    by_step, by_series = (np.sum(inside, axis=a) / np.sum(seen, axis=a) for a in (1, 0))
    return {
        "all": float(np.sum(inside) / np.sum(seen)),
        "step": [float(by_step.min()), float(by_step.max())],
        "series": [float(np.nanmin(by_series)), float(np.nanmax(by_series))],
        "crps": float(np.sum(pinball) / np.sum(seen)),
        "mae": float(np.sum(absolute) / np.sum(seen)),
    }


def observed(model: DeepDIVE, data: Any) -> Line:
    """Return what the interval holds, of all and by step, of a model that observes every row."""
    (scores,) = model.evaluate(data, "test", baselines=False, adapt=True).scores.values()
    *by_step, overall = scores.table()["coverage"].tolist()
    return {"all": overall, "step": [min(by_step), max(by_step)]}


def joint(fitted: FittedModel, data: Any, n_origins: int) -> Line:
    """Return the scores of sums and peaks, of paths with the dependence of errors and of numbers drawn one by one."""
    windows = fitted.windows(data, "test", role="score")
    some = windows.subset(slice(None, None, max(1, len(windows) // n_origins)))
    return {
        name: _as_json(joint_scores(fitted, some, "known", _PATHS, draws))
        for name, draws in {"paths": PathDraws, "one by one": OneByOne}.items()
    }


def _as_json(scores: JointScores) -> Line:
    table = scores.table()
    names = ("coverage", "crps", "energy", "variogram")
    return {what: {name: float(table[name][row]) for name in names} for row, what in enumerate(table["what"])}


def main() -> int:
    """Make the runs that are missing."""
    parser = run_parser(__doc__, CASES, _SEEDS, OUT)
    parser.add_argument("--models", type=Path, help="folder of fitted models")
    args = parser.parse_args()
    for seed in range(args.seeds):
        key = {"case": args.case, "seed": seed, "quick": args.quick}
        add_run(args.out, key, partial(_measured, args, seed))
    return 0


def _measured(args: argparse.Namespace, seed: int) -> Line:
    case = Case.of(args.case, args.data, seed)
    if args.quick:
        case = replace(case, model=case.model.set_params(training__epochs=1, training__window_stride=29))
    with tempfile.TemporaryDirectory() as folder:
        path = (args.models or Path(folder)) / f"{args.case}-{seed}.safetensors"
        began = time.process_time()
        model = case.fitted(path)
        seconds = time.process_time() - began
    scores = {"held": held(model, case.data), "joint": joint(model.fitted_model, case.data, _ORIGINS)}
    if isinstance(case.data, Panel):
        scores["observed"] = observed(model, case.data)
    return {**scores, "cpu_seconds": seconds}


if __name__ == "__main__":
    sys.exit(main())
