"""Forecast quantiles: the likelihood's scale, calibrated on windows the network did not learn from.

The learned scale says how widths differ between channels and steps; where exactly a quantile lies is read from the
standardised residuals (y - mean) / scale of the validation part, pooled over channels, for each step. That holds for
every likelihood, and keeps intervals honest when the fit is closer to the training part than the future will be.
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.errors import ConfigError, DataError, DataWarning

LEVELS = tuple(round(0.005 * i, 3) for i in range(1, 200))


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """Quantiles of the standardised residuals.

    Attributes:
        levels: probabilities, rising.
        quantiles: (level, horizon), in units of the likelihood's scale.
    """

    levels: tuple[float, ...]
    quantiles: Tensor

    def __post_init__(self) -> None:
        """Check the levels (ConfigError); a table that is not measured yet has none."""
        if not all(a < b for a, b in pairwise((0.0, *self.levels, 1.0))):
            raise ConfigError(f"expected levels that rise between 0 and 1, got {self.levels!r:.80}")

    @classmethod
    def of(cls, residuals: Iterable[Tensor]) -> "Calibration":
        """Measure the quantiles.

        Args:
            residuals: batches of (batch, horizon, channel), NaN where not observed. A step without any takes those of
                the last step that has some, with a DataWarning.

        Raises:
            DataError: nothing was observed.
        """
        flat = [part.transpose(0, 1).flatten(1).cpu().numpy() for part in residuals]
        rows = _with_every_step(np.concatenate(flat, axis=1))
        table = np.nanquantile(rows, LEVELS, axis=1)
        return cls(LEVELS, torch.from_numpy(table).float())

    def at(self, levels: Sequence[float]) -> Tensor:
        """Return the quantiles at any levels within the table's, (level, horizon), interpolated.

        Raises:
            ConfigError: levels are no numbers, do not rise, or reach beyond the table.
        """
        if not isinstance(levels, Sequence | np.ndarray) or not all(isinstance(level, Real) for level in levels):
            raise ConfigError(f"levels must be numbers, such as (0.05, 0.5, 0.95), got {levels!r}")
        low, high = self.levels[0], self.levels[-1]
        rising = all(a < b for a, b in pairwise(levels))
        if not rising or any(not low <= level <= high for level in levels):
            raise ConfigError(f"levels must rise and lie between {low} and {high}, got {tuple(levels)}")
        place = np.interp(levels, self.levels, np.arange(len(self.levels)))
        below = np.minimum(place.astype(np.int64), len(self.levels) - 2)
        under, over = (self.quantiles.numpy()[at].astype(np.float64) for at in (below, below + 1))
        return torch.from_numpy(under + (place - below)[:, None] * (over - under)).float()


def _with_every_step(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give steps of the horizon without residuals, (horizon, residual), those of the last step that has some."""
    seen: NDArray[np.bool_] = np.asarray((~np.isnan(rows)).any(axis=1))
    if not seen.any():
        raise DataError(
            "expected observed values after a whole look-back in the validation part, to calibrate the intervals on, "
            "got none; give it a larger share or longer recordings"
        )
    if not seen.all():
        steps = (np.flatnonzero(~seen) + 1).tolist()
        warnings.warn(
            f"the validation part has no observed value at steps {steps[:12]} of the horizon; their intervals take the "
            "shape of an earlier step's; give it longer recordings",
            DataWarning,
            stacklevel=5,
        )
    return np.where(seen[:, None], rows, rows[np.flatnonzero(seen)[-1]])
