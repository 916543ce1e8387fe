"""What forecasts are worth: measures per step, from files that an entry left."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.metrics import corr, crps_quantiles, mae, mase, mse, rrse, seasonal_scale
from research.race.contract import LEVELS
from research.race.heats import Floats, Heat

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """What an entry left.

    Attributes:
        points: (origin, horizon, series), original units.
        quantiles: (level, origin, horizon, series) of every ``heat.every``-th origin.
    """

    points: Floats
    quantiles: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Targets:
    """The true values that forecasts are compared with.

    Attributes:
        values: (row, series) in the units of the scores.
        scale: (series,) of MASE, in those units.
        shift: (series,) taken from forecasts.
        spread: (series,) by which they are divided then.
        rows: first row of the test part and the row after its last.
    """

    values: Doubles
    scale: Doubles
    shift: Doubles
    spread: Doubles
    rows: tuple[int, int]

    @staticmethod
    def of(values: Floats, heat: Heat, standardised: bool) -> "Targets":
        """Return the targets of a heat; standardised by mean and standard deviation of the training part, or not."""
        train = values[: heat.n_train].astype(np.float64)
        n_series = values.shape[1]
        shift = train.mean(axis=0) if standardised else np.zeros(n_series)
        spread = train.std(axis=0) if standardised else np.ones(n_series)
        scaled = (values - shift) / spread
        scale = seasonal_scale(scaled[: heat.n_train], heat.season)
        return Targets(scaled, scale, shift, spread, (heat.past, len(values)))


def score(answer: Answer, heat: Heat, targets: Targets) -> dict[str, dict[str, float]]:
    """Return each measure at each scored step, and ``mean`` over them.

    A horizon whose steps all weigh the same has the ``mean`` only.
    """
    steps = heat.steps or tuple(range(1, heat.horizon + 1))
    rows = [_step(answer, heat, targets, step) for step in steps]
    found = {}
    for name in rows[0]:
        column = [row[name] for row in rows]
        by_step = {str(step): value for step, value in zip(steps, column, strict=True)} if heat.steps else {}
        found[name] = by_step | {"mean": float(np.mean(column))}
    return found


def _step(answer: Answer, heat: Heat, targets: Targets, step: int) -> dict[str, float]:
    truth, kept = _truth(heat.origins, targets, step)
    points = (answer.points[kept, step - 1] - targets.shift) / targets.spread
    point_measures: dict[str, Callable[[Any, Any], float]] = {"rrse": rrse, "corr": corr, "mse": mse, "mae": mae}
    found = {name: measure(truth, points) for name, measure in point_measures.items()}
    found["series_rrse"] = series_rrse(truth, points)
    found["mase"] = mase(truth, points, targets.scale)
    truth, kept = _truth(heat.origins[:: heat.every], targets, step)
    bounds = (answer.quantiles[:, kept, step - 1] - targets.shift) / targets.spread
    found["crps"] = crps_quantiles(truth, bounds, LEVELS)
    found["coverage"] = float(_inside(truth, bounds).mean())
    found["scaled_crps"] = crps_quantiles(truth / targets.scale, bounds / targets.scale, LEVELS)
    return found


def score_people(answer: Answer, heat: Heat, targets: Targets) -> dict[str, dict[str, float]]:
    """Return windows, errors and the share of values within the interval, of each person of the test recordings."""
    whose = np.array(heat.people)[heat.recording_of(heat.origins)]
    rows = heat.origins[:, None] + np.arange(heat.horizon)
    truth = targets.values[rows]
    errors = (answer.points - targets.shift) / targets.spread - truth
    inside = _inside(truth, (answer.quantiles[[0, -1]] - targets.shift) / targets.spread)
    return {
        person: {
            "windows": int((whose == person).sum()),
            "mae": float(np.abs(errors[whose == person]).mean()),
            "mse": float((errors[whose == person] ** 2).mean()),
            "coverage": float(inside[whose == person].mean()),
        }
        for person in sorted(set(whose.tolist()))
    }


def _inside(truth: Doubles, bounds: Doubles) -> NDArray[np.bool_]:
    return (bounds[0] <= truth) & (truth <= bounds[-1])


def _truth(origins: NDArray[np.int64], targets: Targets, step: int) -> tuple[Doubles, NDArray[np.bool_]]:
    """Return the targets (window, series) of a step, and which origins have one in the test part."""
    rows = origins + step - 1
    kept = (rows >= targets.rows[0]) & (rows < targets.rows[1])
    return targets.values[rows[kept]], kept


def series_rrse(truth: Doubles, points: Doubles) -> float:
    """Return the mean over the series of each one's own RRSE; a series that stands still is left out."""
    spread = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    moving = spread > 0
    ratios = ((points - truth) ** 2).sum(axis=0)[moving] / spread[moving]
    return float(np.sqrt(ratios).mean()) if moving.any() else float("nan")
