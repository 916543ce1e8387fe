"""Does the past before the window tell what a forecast leaves? Each model adds a line to longer_context.jsonl.

    python -m research.forecast_arms.longer_context loads --models FOLDER
    python -m research.forecast_arms.longer_context bike --data PATH --models FOLDER

Cases, parts and models are those of ``research.intervals``; rows are hours. A slow code of the past, in closed form: a
ridge regression from the thinned rows before the window (``context.py``) onto the errors of the validation part, in
units of the forecast's scale, which is added to the forecasts of the test part. *Own* has one for all series, each from
its own past; *panel* one from sixteen principal components of the panel at most. The penalty is the one that does best
for later validation windows than those it was solved on; none at all is one of them.
``python -m research.forecast_arms.page`` writes docs/forecast_arms.md.
"""

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit

from divecast import DeepDIVE
from research.common import add_run
from research.forecast_arms.context import Array, components, context
from research.intervals.models import Case
from research.joint_future.errors import Errors
from research.scripts import run_parser

OUT = Path(__file__).with_name("longer_context.jsonl")
CASES, SEEDS = ("loads", "bike", "etth1", "electricity", "eia-2015", "eia"), 5
REACHES = {"window": 0, "4 weeks": 672, "13 weeks": 2184, "52 weeks": 8736}
"""Rows before the origin; the window itself, at 0, is what the forecaster has seen. Those that begin before the data at
the first validation window are left out."""

_COMPONENTS, _FOLDS, _EVERY = 16, 4, 3  # every third origin of the validation part is learned from
_PENALTIES = 10.0 ** np.arange(1, 8)


def correction(x: Array, y: Array, asked: Array, gap: int) -> Array:
    """Return the ridge regression of (row, error) on (row, feature) at other rows; 0 where none does better.

    Args:
        x: features of the rows, in order of time.
        y: what they are to tell.
        asked: (row, feature) at which it is wanted.
        gap: rows left out between those learned from and those judged.
    """
    mean, spread = x.mean(0), x.std(0).clip(min=1e-6)
    x, asked = (x - mean) / spread, (asked - mean) / spread
    losses, nothing = np.zeros(len(_PENALTIES)), 0.0
    for learned, judged in TimeSeriesSplit(_FOLDS, gap=gap).split(x):
        nothing += float(np.square(y[judged]).sum())
        for number, penalty in enumerate(_PENALTIES):
            ridge = Ridge(alpha=penalty * len(learned) / 1000, fit_intercept=False).fit(x[learned], y[learned])
            losses[number] += np.square(y[judged] - ridge.predict(x[judged])).sum()
    if losses.min() >= nothing:
        return np.zeros((len(asked), y.shape[1]))
    best = _PENALTIES[losses.argmin()] * len(x) / 1000
    return np.asarray(Ridge(alpha=best, fit_intercept=False).fit(x, y).predict(asked))


def measured(case: Case, path: Path) -> dict[str, Any]:
    """Return by how much each context changes the errors of the test part, as ratios of MSE and MAE."""
    model, began = case.fitted(path), time.process_time()
    valid, test = (Errors.of(model, case.data, part) for part in ("valid", "test"))
    values = _scaled(model, case.data)
    lookback = model.fitted_model.shape.lookback
    spread = torch.from_numpy(model.fitted_model.scale.spread)
    unit = (test.unit / spread).numpy()
    learned, errors = valid.row[::_EVERY], valid.z[::_EVERY].double().numpy()
    n, horizon, n_series = errors.shape
    gap = (lookback + horizon) // _EVERY
    views = {"own": values, "panel": components(values, _COMPONENTS)}
    found = {}
    for name, reach in REACHES.items():
        if reach > learned[0]:
            continue
        span = (0, lookback) if reach == 0 else (lookback, reach)
        for view, rows in views.items():
            x, asked = (context(rows, origins, *span) for origins in (learned, test.row))
            if view == "own":
                flat = correction(_rows(x), _rows(errors.swapaxes(1, 2)), _rows(asked), gap * n_series)
                added = flat.reshape(len(asked), n_series, horizon).swapaxes(1, 2)
            else:
                flat = correction(x.reshape(n, -1), errors.reshape(n, -1), asked.reshape(len(asked), -1), gap)
                added = flat.reshape(len(asked), horizon, n_series)
            found[f"{name}, {view}"] = _ratios(test.z.numpy(), added, unit)
    return {"ratios": found, "cpu_seconds": round(time.process_time() - began, 1)}


def _rows(array: NDArray[Any]) -> NDArray[Any]:
    """Return (window, series, value) as (window and series, value)."""
    return array.reshape(-1, array.shape[2])


def _ratios(z: NDArray[np.float32], added: Array, unit: NDArray[np.float32]) -> dict[str, float]:
    known = z != 0.0  # errors that are not known are 0
    before, after = (z * unit)[known], ((z - added) * unit)[known]
    mse, mae = np.square(after).mean() / np.square(before).mean(), np.abs(after).mean() / np.abs(before).mean()
    return {"mse": float(mse), "mae": float(mae)}


def _scaled(model: DeepDIVE, data: Any) -> Array:
    """Return (row, series) in units of the spread in the training part, 0 where missing."""
    values = np.asarray(model.fitted_model.source(data).values)
    return np.nan_to_num(model.fitted_model.scale.apply(values).astype(np.float64))


def main() -> int:
    """Make the runs that are missing."""
    parser = run_parser(__doc__, CASES, SEEDS, OUT, has_quick=False)
    parser.add_argument("--models", type=Path, required=True, help="folder of fitted models")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(args.seeds):
        case, path = Case.of(args.case, args.data, seed), args.models / f"{args.case}-{seed}.safetensors"
        add_run(args.out, {"case": args.case, "seed": seed}, partial(measured, case, path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
