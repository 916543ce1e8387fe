"""Forecasts of series that could not be learned from: the values of the last season, or the last value.

The rule reads the look-back alone. Where the window has a value at each phase of the season, a step is forecast by the
latest value at its phase; else by the last value. The deviation is that of the same rule within the window: the root of
the mean squared change from season to season, times the root of the number of seasons ahead, or that from step to step,
times the root of the number of steps since the last value (Hyndman and Athanasopoulos 2021, section 5.5). So a constant
window has intervals of zero width. A single value says nothing of changes: the deviation is then its size. A window
without a value has no forecast: NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows
from divecast.data.windows.window_batch import cut
from divecast.inference.fitted_model import FittedModel
from divecast.inference.results import Floats

Doubles = NDArray[np.float64]
_LEAST_PAIRS = 2  # seasons compared, for a deviation from season to season


@dataclass(frozen=True, eq=False, slots=True)
class PlainForecast:
    """Normal forecasts of the series that could not be learned from, in original units.

    Attributes:
        channels: (series,) their numbers.
        mean: (window, horizon, series), NaN where the window has no value.
        deviation: (window, horizon, series) standard deviation, at least 0.
        least: (window, 1, series) lower limit: 0 where no value of the window is below, else minus infinity.
        windows: numbers of the windows; None for all.
    """

    channels: NDArray[np.int64]
    mean: Doubles
    deviation: Doubles
    least: Doubles
    windows: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, fitted: FittedModel, windows: Windows) -> "PlainForecast | None":
        """Forecast the windows of a fitted model; None if it learned all series.

        Of independent series, those windows that have no scale.
        """
        channels, some = np.flatnonzero(~fitted.scale.learned), None
        if fitted.independent:
            some = np.flatnonzero(np.isnan(windows.own_scale().center[:, 0]))
            channels, windows = np.zeros(min(1, len(some)), dtype=np.int64), windows.subset(some)
        if not len(channels):
            return None
        lookback, horizon = fitted.shape.lookback, fitted.shape.horizon
        past = cut(windows.source.values, windows.origins - lookback, lookback, channels).astype(np.float64)
        mean, deviation = plain_forecast(past, horizon, fitted.dimensions.season)
        least = np.where((past < 0.0).any(axis=2), -np.inf, 0.0)[:, None]
        return cls(channels, mean.swapaxes(1, 2), deviation.swapaxes(1, 2), least, some)

    def quantile(self, level: float) -> Doubles:
        """Return the quantile of a level, (window, horizon, series)."""
        return np.maximum(self.mean + self.deviation * NormalDist().inv_cdf(level), self.least)

    def put(self, mean: Floats, levels: Sequence[float], quantiles: Floats) -> None:
        """Write the forecasts into arrays of all series, in place.

        Args:
            mean: (window, horizon, channel).
            levels: probabilities of the quantiles.
            quantiles: (level, window, horizon, channel).
        """
        mean[self.cells] = self.mean
        for level, quantile in zip(levels, quantiles, strict=True):
            quantile[self.cells] = self.quantile(level)

    def put_paths(self, paths: Floats, origins: NDArray[np.int64], seed: int) -> None:
        """Draw into an array of all series, in place.

        The steps of a path depend on each other as those of a random walk.

        Args:
            paths: (path, window, horizon, channel).
            origins: (window,) forecast origins; each window has draws of its own.
            seed: of the draws.
        """
        n_paths, (_, horizon, n_series) = len(paths), self.mean.shape
        shape, steps = (n_paths, horizon, n_series), np.arange(1, horizon + 1)[:, None]
        windows = origins if self.windows is None else origins[self.windows]
        drawn = np.empty((n_paths, *self.mean.shape), np.float32)
        for window, origin in enumerate(windows.tolist()):
            walk = np.random.default_rng([seed, origin]).standard_normal(shape).cumsum(axis=1) / np.sqrt(steps)
            moved = self.mean[window] + self.deviation[window] * walk
            drawn[:, window] = np.maximum(moved, self.least[window])
        paths[self.cells] = drawn

    @property
    def cells(self) -> tuple[Any, ...]:
        """Where the forecasts lie in an array (..., window, step, series)."""
        return (..., self.channels) if self.windows is None else (..., self.windows, slice(None), slice(None))


def plain_forecast(past: Doubles, horizon: int, season: int) -> tuple[Doubles, Doubles]:
    """Return mean and standard deviation of the plain forecasts of windows, (window, series, horizon).

    Args:
        past: (window, series, time), NaN where missing.
        horizon: steps ahead.
        season: steps per season; 1 for none, and 0 counts as 1.
    """
    n_steps, season, ahead = past.shape[2], max(1, season), np.arange(horizon)
    last, age = _latest(past)
    n_cycles = n_steps // season
    cycles = past[..., n_steps - n_cycles * season :].reshape(*past.shape[:2], n_cycles, season)
    by_phase, _ = _latest(cycles.swapaxes(2, 3))
    of_season, n_pairs = _change(past, season)
    of_step, n_steps_known = _change(past, 1)
    is_seasonal = (season > 1) & ~np.isnan(by_phase).any(axis=2, keepdims=True) & (n_pairs >= _LEAST_PAIRS)
    mean = np.where(is_seasonal, by_phase[..., ahead % season], last[..., None])
    by_step = np.where(n_steps_known > 0, of_step * np.sqrt(age[..., None] + ahead + 1), np.abs(last)[..., None])
    return mean, np.where(is_seasonal, of_season * np.sqrt(ahead // season + 1), by_step)


def _latest(values: Doubles) -> tuple[Doubles, NDArray[np.int64]]:
    """Return the last known value along the last axis, NaN if there is none, and the number of values after it."""
    age = (~np.isnan(values))[..., ::-1].argmax(axis=-1)
    at = values.shape[-1] - 1 - age
    return np.take_along_axis(values, at[..., None], axis=-1)[..., 0], age


def _change(past: Doubles, lag: int) -> tuple[Doubles, NDArray[np.int64]]:
    """Return the root of the mean squared change over a lag, (window, series, 1), and the number of known changes."""
    change = past[..., lag:] - past[..., : past.shape[-1] - lag]
    known = ~np.isnan(change)
    count = known.sum(axis=-1, keepdims=True)
    power = np.square(np.where(known, change, 0.0)).sum(axis=-1, keepdims=True)
    return np.sqrt(power / np.maximum(count, 1)), count
