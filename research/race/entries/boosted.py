"""LightGBM on lags and calendar: one global model per scored step, or one for all steps of a long horizon."""

import time
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from research.race.contract import Forecasts, Known, Origins
from research.race.entries.boosted_rows import Samples, table
from research.race.heats import Floats, Heat
from research.race.windows import moments

# Learning rate and leaves as usual for lags of many series; rounds are stopped by the validation part, or by time.
# Ke et al. 2017; Makridakis et al. 2022, the M5 competition, whose best entries were such models.
SETTINGS: dict[str, Any] = {
    "objective": "regression",
    "learning_rate": 0.05,
    "num_leaves": 127,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "verbosity": -1,
}
_ROUNDS, _PATIENCE, _SAMPLES, _AT_ONCE = 2000, 50, 1_000_000, 400_000


@dataclass(frozen=True, eq=False, slots=True)
class FittedBoosted:
    """A model for each group of steps."""

    models: tuple[lightgbm.Booster, ...]
    groups: tuple[NDArray[np.int64], ...]
    heat: Heat
    calendar: Floats  # and the other known columns
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @property
    def weights(self) -> int:
        """Leaves."""
        return sum(int(model.trees_to_dataframe()["left_child"].isna().sum()) for model in self.models)

    @property
    def settings(self) -> dict[str, Any]:
        """Parameters and rounds."""
        rounds = [model.current_iteration() for model in self.models]
        return SETTINGS | {"rounds": rounds, "lookback": self.heat.lookback}

    def roll(self, rows: Floats, origins: Origins, levels: tuple[float, ...]) -> Forecasts:
        """Forecast; steps that are not scored repeat the last season, as there is no model of them."""
        del levels
        heat, n_series = self.heat, len(self.mean)
        first = int(origins[0]) - heat.lookback
        scaled = (rows[first : origins[-1]] - self.mean) / self.spread
        points = np.empty((len(origins), heat.horizon, n_series), np.float32)
        points[:] = _repeated(scaled, origins - first, heat)
        for model, steps in zip(self.models, self.groups, strict=True):
            for at in _pieces(len(origins), max(1, _AT_ONCE // (n_series * len(steps)))):
                grid = np.meshgrid(origins[at] - first, steps, np.arange(n_series), indexing="ij")
                samples = Samples(grid[0].ravel(), grid[2].ravel(), grid[1].ravel())
                features, level = table(scaled, self.calendar[first:], samples, heat.season, heat.lookback)
                found = np.asarray(model.predict(features, num_threads=heat.threads)) + level
                points[at, steps - 1] = found.reshape(grid[0].shape)
        return Forecasts(points * self.spread + self.mean)


@dataclass(frozen=True, slots=True)
class Boosted:
    """The entry."""

    def fit(self, heat: Heat, past: Floats, known: Known) -> FittedBoosted:
        """Fit one model after the other, each with its share of the time."""
        mean, spread = moments(heat, past)
        scaled = (past - mean) / spread
        calendar = np.concatenate([known.calendar, known.columns], axis=1, dtype=np.float32)
        groups = [np.array([step]) for step in heat.steps] or [np.arange(1, heat.horizon + 1)]
        models = [_fit(heat, scaled, calendar, steps, heat.most_seconds / len(groups)) for steps in groups]
        return FittedBoosted(tuple(models), tuple(groups), heat, calendar, mean, spread)


def enter(name: str) -> Boosted:
    """Return the one entry there is."""
    del name
    return Boosted()


def _fit(heat: Heat, scaled: Floats, calendar: Floats, steps: NDArray[np.int64], seconds: float) -> lightgbm.Booster:
    generator = np.random.default_rng(heat.seed)
    parts = []
    for low, high, most in (
        (heat.lookback, heat.n_train - heat.horizon + 1, _SAMPLES),
        (heat.n_train, heat.past - heat.horizon + 1, _SAMPLES // 10),
    ):
        samples = _draw(generator, (low, high), scaled.shape[1], steps, most)
        features, level = table(scaled, calendar, samples, heat.season, heat.lookback)
        parts.append((features, scaled[samples.origins + samples.steps - 1, samples.series] - level))
    (x, y), (x_valid, y_valid) = parts
    codes = x.shape[1] - calendar.shape[1]
    training = lightgbm.Dataset(x, y, categorical_feature=[codes - 2], free_raw_data=True)
    return lightgbm.train(
        SETTINGS | {"num_threads": heat.threads, "seed": heat.seed},
        training,
        num_boost_round=_ROUNDS,
        valid_sets=[lightgbm.Dataset(x_valid, y_valid, reference=training)],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False), _Deadline(seconds)],
    )


class _Deadline:
    """Ends boosting when its CPU time is over, with the rounds made so far."""

    order, before_iteration = 40, False

    def __init__(self, seconds: float) -> None:
        self._until = time.process_time() + seconds

    def __call__(self, env: Any) -> None:
        if time.process_time() > self._until:
            raise lightgbm.callback.EarlyStopException(env.iteration, env.evaluation_result_list)


def _draw(
    generator: np.random.Generator, span: tuple[int, int], n_series: int, steps: NDArray[np.int64], most: int
) -> Samples:
    """Return all samples, or ``most`` drawn from them."""
    shape = (span[1] - span[0], n_series, len(steps))
    total = int(np.prod(shape))
    flat = np.arange(total) if total <= most else generator.integers(total, size=most)
    origin, series, step = np.unravel_index(flat, shape)
    return Samples(origin + span[0], series, steps[step])


def _repeated(scaled: Floats, origins: Origins, heat: Heat) -> Floats:
    back = np.arange(heat.horizon) % heat.season - heat.season
    return scaled[origins[:, None] + back]


def _pieces(total: int, size: int) -> list[slice]:
    return [slice(at, min(at + size, total)) for at in range(0, total, size)]
