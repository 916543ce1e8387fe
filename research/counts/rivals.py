"""Forecasts of a task by statsforecast or neuralforecast, made by the python of the rivals.

PYTHONPATH=. .venv-rivals/bin/python -m research.counts.rivals TASK.npz ENTRY SEED OUT.npz
"""

import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from research.counts.task import LEVELS, Floats, Task

STATISTICAL = ("AutoETS", "CrostonSBA", "TSB", "ADIDA", "IMAPA")
NEURAL = ("NHITS NegativeBinomial", "NHITS Poisson", "NHITS Tweedie")

_MOST_ROWS = 8 * 168  # that a statistical model reads of a long series


def long_table(task: Task, told: bool) -> pd.DataFrame:
    """Return the counts as a long table, with what is known of the rows."""
    n_rows, n_series = task.counts.shape
    stamps = pd.date_range(task.start, periods=n_rows, freq=f"{task.hours}h")
    columns = {
        "unique_id": np.repeat([f"s{number:03d}" for number in range(n_series)], n_rows),
        "ds": np.tile(stamps, n_series),
        "y": task.counts.T.reshape(-1),
    }
    if told:
        columns |= {f"told{at}": each.T.reshape(-1) for at, each in enumerate(np.moveaxis(task.told, 2, 0))}
        columns |= {f"phase{at}": np.tile(each, n_series) for at, each in enumerate(task.phases.T)}
    return pd.DataFrame(columns)


def statistical(task: Task, entry: str) -> tuple[Floats, Floats]:
    """Return means, (window, step, series), and quantiles, (level, window, step, series)."""
    from statsforecast import models
    from statsforecast.utils import ConformalIntervals

    percent = [round(abs(2 * level - 1) * 100, 1) for level in LEVELS]
    levels = sorted({each for each in percent if each})
    conformal = ConformalIntervals(n_windows=10, h=task.horizon)
    model: Any = (
        models.AutoETS(season_length=task.season)
        if entry == "AutoETS"
        else models.TSB(alpha_d=0.1, alpha_p=0.1, prediction_intervals=conformal)
        if entry == "TSB"
        else getattr(models, entry)(prediction_intervals=conformal)
    )
    shape = (task.n_windows, task.horizon, task.counts.shape[1])
    means, quantiles = np.empty(shape), np.empty((len(LEVELS), *shape))
    for window, origin in enumerate(task.origins):
        for series, past in enumerate(task.counts[max(0, origin - _MOST_ROWS) : origin].T):
            found = model.forecast(y=np.ascontiguousarray(past), h=task.horizon, level=levels)
            means[window, :, series] = found["mean"]
            for at, level in enumerate(LEVELS):
                side = "lo" if level < 0.5 else "hi"
                name = "mean" if level == 0.5 else f"{side}-{percent[at]:g}"
                quantiles[at, window, :, series] = found[name] if name in found else found[f"{side}-{percent[at]}"]
    return means, quantiles


def neural(task: Task, entry: str, seed: int) -> tuple[Floats, Floats]:
    """Return means and quantiles as ``statistical`` does."""
    from neuralforecast import NeuralForecast, models
    from neuralforecast.losses.pytorch import DistributionLoss

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    kind, distribution = entry.split()
    power = {"rho": 1.5} if distribution == "Tweedie" else {}  # of the variance; the package has no default
    loss = DistributionLoss(distribution, quantiles=list(LEVELS), num_samples=200, **power)
    table = long_table(task, told=True)
    model = getattr(models, kind)(
        h=task.horizon,
        input_size=task.lookback,
        loss=loss,
        futr_exog_list=[name for name in table if name.startswith(("told", "phase"))],
        max_steps=300,
        val_check_steps=100,
        early_stop_patience_steps=3,
        batch_size=8,
        windows_batch_size=256,
        scaler_type="identity",
        random_seed=seed,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    forecaster = NeuralForecast([model], freq=f"{task.hours}h")
    found = forecaster.cross_validation(
        table, n_windows=task.n_windows, step_size=task.step, val_size=task.n_valid, refit=False
    ).sort_values(["unique_id", "cutoff", "ds"])
    shape = (task.counts.shape[1], task.n_windows, task.horizon)

    def of(column: str) -> Floats:
        return np.moveaxis(found[column].to_numpy(np.float64).reshape(shape), 0, 2)

    names = [name for name in found if name.startswith(kind)]
    if len(names) != len(LEVELS) + 1:
        raise ValueError(f"expected a mean and {len(LEVELS)} quantiles, got {names}")
    return of(kind), np.sort(np.stack([of(name) for name in names[1:]]), axis=0)


def main() -> None:
    """Forecast a task with an entry, and write means, quantiles and seconds of the processor."""
    warnings.filterwarnings("ignore")
    path, entry, seed, out = sys.argv[1:]
    task, began = Task.read(Path(path)), time.process_time()
    means, quantiles = statistical(task, entry) if entry in STATISTICAL else neural(task, entry, int(seed))
    np.savez(out, means=means.clip(0), quantiles=quantiles.clip(0), seconds=time.process_time() - began)


if __name__ == "__main__":
    main()
