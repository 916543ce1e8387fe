"""Do paths drawn by a code of the joint future beat whole error vectors? Each model adds a line to results.jsonl.

    python -m research.joint_future.run eia --data PATH --models FOLDER

Cases, parts and models are those of ``research.intervals``. For the mean the window tells all: I(y; a | x) = 0. So the
code of this study is learned from what the forecast leaves: q(a|x,y,b) reads the errors of all steps and series,
p(a|x,b) what is known at the origin, and the decoder gives the errors. It is fitted to errors of the validation part,
or of the training part. A path is a draw of a, plus what the code leaves of a whole error vector of a window of the
validation part at the same time of day.
``python -m research.joint_future.page`` writes docs/joint_future.md.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.metrics import crps_paths, energy_score, variogram_score
from research.common import add_run
from research.intervals.models import Case
from research.joint_future.code import JointCode, fitted_code
from research.joint_future.errors import Errors, Part
from research.race.tracks import TRACKS
from research.scripts import run_parser

OUT = Path(__file__).with_name("results.jsonl")
CASES, SEEDS = ("loads", *(name for name, track in TRACKS.items() if track.people is None)), 3
DIMS = 8
VALID_AND_TEST: tuple[Part, Part] = ("valid", "test")
_THINNED = 3  # origins of the training part
_ORIGINS, _PATHS, _ENOUGH, _SEASON, _YEAR = 400, 400, 60, 60 * 24, 8766
Line = dict[str, Any]
Draw = Callable[[int], Tensor]
"""Standardised paths, (path, horizon, series), of a window."""


def drawers(train: Errors, valid: Errors, test: Errors, seed: int) -> dict[str, Draw]:
    """Return the ways to draw the paths of a window of the test part."""
    rng, n_phases = np.random.default_rng(seed), 24  # a shift of the hour is the same for all rows
    shape = valid.z.shape[1:]

    def apart(window: int) -> NDArray[np.int64]:
        found = np.abs(valid.phase - test.phase[window])
        return np.asarray(np.minimum(found, n_phases - found))

    def by_hour(window: int) -> NDArray[np.int64]:
        distance = apart(window)
        likely = np.flatnonzero(distance <= np.sort(distance)[min(_ENOUGH, len(distance) - 1)])
        return rng.choice(likely, _PATHS)

    def by_season(window: int) -> NDArray[np.int64]:
        gap = np.abs(valid.row - test.row[window]) % _YEAR
        gap = np.minimum(gap, _YEAR - gap)
        distance = apart(window)
        weight = np.exp(-0.5 * np.square(gap / _SEASON)) * (distance <= np.sort(distance)[min(_ENOUGH, len(gap) - 1)])
        return rng.choice(len(weight), _PATHS, p=weight / weight.sum())

    def one_by_one(window: int) -> Tensor:
        return torch.from_numpy(rng.permuted(valid.z[by_hour(window)].numpy(), axis=0))

    found: dict[str, Draw] = {
        "one by one": one_by_one,
        "vectors by hour": lambda window: valid.z[by_hour(window)],
        "vectors by hour and season": lambda window: valid.z[by_season(window)],
    }
    draw = torch.Generator().manual_seed(seed)
    for part, learned in {"validation": valid, "training": train}.items():
        mean, spread = learned.known.mean(0), learned.known.std(0).clamp(min=1e-6)
        known, asked = ((each.known - mean) / spread for each in (valid, test))
        code = fitted_code(learned.z.flatten(1), (learned.known - mean) / spread, DIMS, seed)
        with torch.no_grad():
            left = valid.z - code.leave(code.posterior(valid.z.flatten(1), known).loc).unflatten(1, shape)
            ahead, usual = code.prior(asked), code.prior(known)
        every = len(asked), DIMS
        flat = usual.loc.mean(0).expand(every), (usual.scale.square().mean(0) + usual.loc.var(0)).sqrt().expand(every)
        for name, prior in {"": (ahead.loc, ahead.scale), ", prior without x": flat}.items():
            found[f"code of the {part} part{name}"] = partial(_by_code, code, left, by_hour, draw, prior)
    return found


@torch.no_grad()
def _by_code(
    code: JointCode,
    left: Tensor,
    likely: Callable[[int], NDArray[np.int64]],
    draw: torch.Generator,
    prior: tuple[Tensor, Tensor],
    window: int,
) -> Tensor:
    a = prior[0][window] + prior[1][window] * torch.randn(_PATHS, DIMS, generator=draw)
    paths: Tensor = code.leave(a).unflatten(1, left.shape[1:]) + left[likely(window)]
    return paths


def with_margins(paths: Tensor, values: Tensor) -> Tensor:
    """Return values in the order of paths: (path, horizon, series), of (path, horizon, series) sorted values."""
    return torch.empty_like(paths).scatter_(0, paths.argsort(0), values)


def scores(test: Errors, draw: Draw, margins: Draw | None) -> Line:
    """Return scores of the panel's steps, the sum of all series, and of their total over the horizon."""
    found, held = [], []
    for window in range(0, len(test.z), max(1, len(test.z) // _ORIGINS)):
        paths = draw(window)
        if margins is not None:
            paths = with_margins(paths, margins(window).sort(0).values)
        panel = (paths * test.unit[window]).sum(2).double().numpy()
        truth = (test.z[window] * test.unit[window]).sum(1).double().numpy()
        total = panel.sum(1)
        low, high = np.quantile(total, (0.05, 0.95))
        held.append(low <= truth.sum() <= high)
        vector = panel[:, None], truth[None]
        found.append([energy_score(*vector)[0], variogram_score(*vector)[0], crps_paths(total, truth.sum())])
    names = ("energy", "variogram", "total")
    return {**dict(zip(names, np.mean(found, axis=0).tolist(), strict=True)), "held": float(np.mean(held))}


def measured(case: Case, path: Path, seed: int) -> Line:
    """Fit the code of a model's errors, and score all ways to draw."""
    model, began = case.fitted(path), time.process_time()
    train = Errors.of(model, case.data, "train", _THINNED)
    valid, test = (Errors.of(model, case.data, part) for part in VALID_AND_TEST)
    ways = drawers(train, valid, test, seed)
    rival = ways["vectors by hour"]
    found = {name: scores(test, way, None) for name, way in ways.items()}
    for part in ("validation", "training"):
        name = f"code of the {part} part"
        found[f"{name}, margins of the forecast"] = scores(test, ways[name], rival)
    return {"scores": found, "cpu_seconds": time.process_time() - began}


def main() -> int:
    """Make the runs that are missing."""
    parser = run_parser(__doc__, CASES, SEEDS, OUT, has_quick=False)
    parser.add_argument("--models", type=Path, required=True, help="folder of fitted models")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(args.seeds):
        case, path = Case.of(args.case, args.data, seed), args.models / f"{args.case}-{seed}.safetensors"
        add_run(args.out, {"case": args.case, "seed": seed}, partial(measured, case, path, seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
