"""Rows of a table that gradient boosting learns from: lags and calendar of one series, one origin, one step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from research.race.heats import Floats

_RECENT, _AROUND, _SEASONS = 24, (-1, 0, 1), 7


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """Which rows to make: arrays (sample,) of origins, series and steps ahead (1 is the first)."""

    origins: NDArray[np.int64]
    series: NDArray[np.int64]
    steps: NDArray[np.int64]


def table(values: Floats, calendar: Floats, samples: Samples, season: int, lookback: int) -> tuple[Floats, Floats]:
    """Return features (sample, feature) and the level (sample,) that lags and target are less.

    Features: the last 24 values; those at and beside the target's place in the last seven seasons (where the season is
    longer than a row); the means of the last season and of the lookback; the level itself; series, step, and the
    calendar of the target. The level is the mean of the last season, or the last value, as trees cannot go beyond
    what they have seen.

    Args:
        values: (row, series) standardised.
        calendar: (row, column), and other columns that are known of all rows.
        samples: which.
        season: rows.
        lookback: rows that may be looked at.
    """
    origins, series, steps = samples.origins, samples.series, samples.steps
    recent = values[origins[:, None] + np.arange(-min(_RECENT, lookback), 0), series[:, None]]
    week = _mean(values, origins, series, lookback)
    level = _mean(values, origins, series, season) if season > 1 else recent[:, -1]
    parts = [recent - level[:, None], (week - level)[:, None], level[:, None]]
    if season > 1:
        back = (steps + season - 1) // season * season
        targets = origins + steps - 1 - back
        wanted = np.array([[-season * k + d for k in range(_SEASONS) for d in _AROUND]])
        rows = np.clip(targets[:, None] + wanted, (origins - lookback)[:, None], origins[:, None] - 1)
        parts.append(values[rows, series[:, None]] - level[:, None])
    codes = np.stack([series, steps], axis=1).astype(np.float32)
    features = np.concatenate([*parts, codes, calendar[origins + steps - 1]], axis=1, dtype=np.float32)
    return features, level


def _mean(values: Floats, origins: NDArray[np.int64], series: NDArray[np.int64], length: int) -> Floats:
    """Return the mean of the last ``length`` rows before each origin, from sums kept for all rows."""
    sums = np.concatenate([np.zeros((1, values.shape[1])), values.astype(np.float64).cumsum(axis=0)])
    found: Floats = ((sums[origins, series] - sums[origins - length, series]) / length).astype(np.float32)
    return found
