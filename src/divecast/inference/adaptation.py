"""Levels of quantiles that follow the errors of past forecasts: adaptive conformal inference for rolling use.

Each series has a level for either tail of its 90 % interval, by group of steps. After each new row a tail that was
missed by more values than it should be moves outwards, and one that was missed by fewer moves inwards (Gibbs and Candès
2021, "Adaptive conformal inference under distribution shift"; Angelopoulos, Candès and Tibshirani 2023, "Conformal PID
control for time series prediction"). So over any sequence of values, also one that an adversary chooses, the share of
misses tends to what it should be: after T rows it differs from it by at most (max(a, 1 - a) + rate) / (rate T), where a
is the first level. Between and beyond the two tails, other quantiles move along.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import torch
from numpy.typing import NDArray
from torch.special import ndtr, ndtri

from divecast.inference.calibration import Calibration

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

TAIL = 0.05
"""Share of the values that should miss either tail."""

RATE = 0.005
"""Step of a level after a row all of whose values miss, if none should (our choice)."""

_POOLED = 0.5  # share of what a series learns from all series
_GROUPS = 4  # of consecutive steps
_DOUBLED = 0.1  # beyond the calibrated levels, a tail is twice as far for each such change of its level
_MOST_DOUBLED = 20.0
_LEAST_APART = 0.1  # of the two tails, of what they are at first, in units of a normal distribution
_Z = NormalDist().inv_cdf(1.0 - TAIL)


def moved(level: Doubles, missed: Doubles, rate: float = RATE, tail: float = TAIL) -> Doubles:
    """Return levels after their misses: the rule of adaptive conformal inference.

    Args:
        level: probabilities of tails; 0 or less for a tail that nothing misses, 1 or more for one that all miss.
        missed: of the same shape, share of the new values that missed the tail; NaN where there is none.
        rate: step size.
        tail: share that should miss.
    """
    change: Doubles = rate * (tail - missed)
    return level + np.nan_to_num(change, nan=0.0)


@dataclass(frozen=True, eq=False, slots=True)
class Adaptation:
    """Levels of the tails of each series.

    Attributes:
        levels: (2, group, channel) probabilities of the lower and of the upper tail, ``TAIL`` at first.
        n_rows: number of rows observed; 0 if the quantiles are those of the calibration.
        until: UTC time of the last of them, as text; None before.
    """

    levels: Doubles
    n_rows: int = 0
    until: str | None = None

    @classmethod
    def none(cls, horizon: int, n_channels: int) -> "Adaptation":
        """Return that of a model that has observed nothing."""
        return cls(np.full((2, min(_GROUPS, horizon), n_channels), TAIL))

    @property
    def n_groups(self) -> int:
        """Number of groups of steps."""
        return int(self.levels.shape[1])

    def after(self, residuals: Doubles, low: Doubles, high: Doubles) -> "Adaptation":
        """Return the levels after a row of values has come.

        Args:
            residuals: (horizon, channel) standardised errors of the row in its forecasts at each step, NaN where there
                is none.
            low: (horizon, channel) the lower tail.
            high: (horizon, channel) the upper tail.
        """
        known = ~np.isnan(residuals)
        misses = np.stack([(residuals < low) & known, (residuals > high) & known]).astype(np.float64)
        total, count = _by_group(misses, self.n_groups), _by_group(known[None].astype(np.float64), self.n_groups)
        own = np.where(count > 0, total / np.maximum(count, 1.0), np.nan)
        n_all = count.sum(2, keepdims=True)
        shared = np.where(n_all > 0, total.sum(2, keepdims=True) / np.maximum(n_all, 1.0), np.nan)
        missed = (1.0 - _POOLED) * own + _POOLED * shared
        return replace(self, levels=moved(self.levels, missed), n_rows=self.n_rows + 1)

    def quantiles(self, levels: Sequence[float] | Doubles, calibration: Calibration) -> Doubles:
        """Return the quantiles of standardised errors at any levels, (level, horizon, channel).

        Args:
            levels: probabilities.
            calibration: quantiles before.
        """
        group = groups_of(calibration.quantiles.shape[1], self.n_groups)
        inside = np.clip(self.levels, calibration.levels[0], calibration.levels[-1])
        doubled = np.where(self.levels < inside, (inside - self.levels) / _DOUBLED, 0.0)
        low, high = _normal_quantile(inside[0]), -_normal_quantile(inside[1])  # (group, channel)
        middle, half = 0.5 * (low + high), np.maximum(0.5 * (high - low), _LEAST_APART * _Z)
        z = _normal_quantile(np.asarray(levels, dtype=np.float64))[:, None, None]
        share = np.clip(z / _Z, -1.0, 1.0)
        moved_levels = ndtr(torch.from_numpy(middle + half * share + z - _Z * share)).numpy()
        found = _at(calibration, moved_levels[:, group])
        below, above = 2.0 ** np.minimum(doubled, _MOST_DOUBLED)[:, group]
        quantiles: Doubles = found * np.where(found < 0.0, below, above)
        return quantiles


def _by_group(values: Doubles, n_groups: int) -> Doubles:
    """Return the sums of values, (..., horizon, channel), by group of steps."""
    sums: Doubles = np.add.reduceat(values, np.searchsorted(groups_of(values.shape[-2], n_groups), range(n_groups)), -2)
    return sums


def groups_of(horizon: int, n_groups: int) -> NDArray[np.int64]:
    """Return the group of each step, (horizon,)."""
    return np.arange(horizon) * n_groups // horizon


def _normal_quantile(levels: Doubles) -> Doubles:
    quantile: Doubles = ndtri(torch.from_numpy(levels)).numpy()
    return quantile


def _at(calibration: Calibration, levels: Doubles) -> Doubles:
    """Return the calibrated quantiles at levels, (level, horizon, channel), each of its step."""
    table = calibration.quantiles.numpy().astype(np.float64)
    position = np.interp(levels, calibration.levels, np.arange(len(table)))
    index = np.minimum(position.astype(np.int64), len(table) - 2)
    step = np.arange(table.shape[1])[:, None]
    low = table[index, step]
    quantile: Doubles = low + (position - index) * (table[index + 1, step] - low)
    return quantile


class Rolling:
    """Levels that move while forecasts are made, origin after origin, by errors of values known at each.

    Args:
        adaptation: levels at first.
        calibration: quantiles of standardised errors.
        first: row of the first value that counts.
    """

    def __init__(self, adaptation: Adaptation, calibration: Calibration, first: int = 0) -> None:
        self.adaptation, self._calibration = adaptation, calibration
        self._row, self._made = first, dict[int, Doubles]()
        self.held: Doubles = np.zeros((2, *adaptation.levels.shape[1:]))
        """(2, group, channel) number of values that their interval held, and number of values."""

    def quantiles(self, origin: int, levels: Sequence[float]) -> Floats:
        """Return the quantiles of standardised errors of a forecast from an origin, (level, horizon, channel)."""
        return self.forward(origin).quantiles(levels, self._calibration).astype(np.float32)

    def forward(self, row: int) -> Adaptation:
        """Return the levels with all values before a row observed."""
        for at in range(self._row, row):
            self._observe(at)
        self._row = max(self._row, row)
        return self.adaptation

    def add(self, origin: int, residuals: Doubles) -> None:
        """Add a forecast from an origin not before the former ones.

        Args:
            origin: row of its first step.
            residuals: (horizon, channel) its standardised errors, NaN where not known; those of rows that are not
                observed yet are not read.
        """
        self._made[origin] = residuals

    def _observe(self, row: int) -> None:
        horizon, n_channels = self._calibration.quantiles.shape[1], self.adaptation.levels.shape[2]
        self._made = {origin: made for origin, made in self._made.items() if origin > row - horizon}
        residuals = np.full((horizon, n_channels), np.nan)
        for origin, made in self._made.items():
            if origin <= row:
                residuals[row - origin] = made[row - origin]
        known = ~np.isnan(residuals)
        if not known.any():
            return
        low, high = self.adaptation.quantiles((TAIL, 1.0 - TAIL), self._calibration)
        counted = np.stack([(residuals >= low) & (residuals <= high), known]).astype(np.float64)
        self.held += _by_group(counted, self.adaptation.n_groups)
        self.adaptation = self.adaptation.after(residuals, low, high)
