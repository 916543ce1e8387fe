"""Calibrated forecast quantiles: quantiles of the standardised residuals in the validation part.

The scale of the likelihood sets how interval widths differ between channels, steps, windows, and by the time and level
of a target row (``Recalibration``). The quantiles themselves are
those of the standardised residuals (y - mean) / scale in the validation part, for each step, pooled over channels. This
works for every likelihood, and keeps the coverage right where the fit is closer to the training part than to new data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.errors import ConfigError, DataError, warn_data

_TAIL = (0.0005, 0.001, 0.002)
LEVELS = (*_TAIL, *(round(0.005 * i, 3) for i in range(1, 200)), *(1.0 - level for level in reversed(_TAIL)))


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """Quantiles of the standardised residuals.

    Attributes:
        levels: probabilities, strictly increasing; empty before the calibration.
        quantiles: (level, horizon), in units of the likelihood's scale.

    Raises:
        ConfigError: the levels do not increase between 0 and 1.
    """

    levels: tuple[float, ...]
    quantiles: Tensor

    def __post_init__(self) -> None:
        """Check the levels."""
        if not all(a < b for a, b in pairwise((0.0, *self.levels, 1.0))):
            raise ConfigError("levels must increase between 0 and 1", found=f"{self.levels!r:.80}", argument="levels")

    @classmethod
    def of(cls, residuals: Tensor) -> "Calibration":
        """Compute the quantiles of standardised residuals.

        Args:
            residuals: (window, horizon, channel), NaN where not observed. A step without residuals takes those of the
                last step that has some, with a DataWarning.

        Raises:
            DataError: no value was observed.
        """
        by_step = _fill_steps(residuals.transpose(0, 1).flatten(1).numpy())
        quantiles = np.nanquantile(by_step, LEVELS, axis=1)
        return cls(LEVELS, torch.from_numpy(quantiles).float())

    def at(self, levels: Sequence[float]) -> Tensor:
        """Return the quantiles at any levels, (level, horizon), linearly interpolated.

        Raises:
            ConfigError: the levels are not numbers, do not increase, or lie outside the calibrated range.
        """
        if not isinstance(levels, Sequence | np.ndarray) or not all(isinstance(level, Real) for level in levels):
            raise ConfigError(
                "levels must be numbers, such as (0.05, 0.5, 0.95)", found=repr(levels), argument="levels"
            )
        low, high = self.levels[0], self.levels[-1]
        increasing = all(a < b for a, b in pairwise(levels))
        if not increasing or any(not low <= level <= high for level in levels):
            raise ConfigError(
                f"levels must increase and lie between {low} and {high}", found=str(tuple(levels)), argument="levels"
            )
        position = np.interp(levels, self.levels, np.arange(len(self.levels)))
        index = np.minimum(position.astype(np.int64), len(self.levels) - 2)
        lower, upper = (self.quantiles.numpy()[rows].astype(np.float64) for rows in (index, index + 1))
        return torch.from_numpy(lower + (position - index)[:, None] * (upper - lower)).float()

    def residuals_at(self, levels: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the quantiles at any levels, (level, horizon); beyond the outermost of the calibration, those."""
        known = self.quantiles.numpy()
        return np.stack([np.interp(levels, self.levels, step) for step in known.T], axis=1, dtype=np.float32)


def _fill_steps(residuals: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return residuals, (horizon, residual), in which a step without any has those of the last step with some."""
    observed: NDArray[np.bool_] = np.asarray((~np.isnan(residuals)).any(axis=1))
    if not observed.any():
        raise DataError(
            "The intervals cannot be calibrated: the validation part has no observed value after a whole look-back",
            hint="Give the validation part a larger share in {split}, or use longer recordings",
        )
    if not observed.all():
        steps = (np.flatnonzero(~observed) + 1).tolist()
        warn_data(
            f"The validation part has no observed value at steps {steps[:12]} of the horizon, so their intervals are "
            "those of an earlier step",
            hint="Use longer recordings for validation",
        )
    return np.where(observed[:, None], residuals, residuals[np.flatnonzero(observed)[-1]])
