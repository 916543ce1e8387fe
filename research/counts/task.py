"""What every entry is given, and what it returns. It imports numpy alone, as rivals run in another environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Probabilities of the quantiles that are scored."""


@dataclass(frozen=True, eq=False, slots=True)
class Task:
    """Counts of several series, what is known of their rows, and when to forecast.

    Attributes:
        counts: (row, series).
        told: (row, series, column) numbers that are known ahead, such as a promotion.
        start: time of the first row.
        hours: hours from row to row.
        season: rows of the season that simple methods know.
        lookback: rows that networks read.
        horizon: rows to forecast.
        step: rows between forecast origins.
        n_windows: origins in the test part; the last one has its horizon at the end of the rows.
        n_valid: rows before the test part, for validation.
    """

    counts: Floats
    told: Floats
    start: str
    hours: int
    season: int
    lookback: int
    horizon: int
    step: int
    n_windows: int
    n_valid: int

    @property
    def n_test(self) -> int:
        """Rows from the first forecast origin."""
        return self.horizon + self.step * (self.n_windows - 1)

    @property
    def origins(self) -> NDArray[np.int64]:
        """(window,) rows of the first forecast steps."""
        return len(self.counts) - self.n_test + self.step * np.arange(self.n_windows)

    @property
    def targets(self) -> Floats:
        """(window, step, series) what happened."""
        return self.counts[self.origins[:, None] + np.arange(self.horizon)]

    @property
    def phases(self) -> Floats:
        """(row, column) sines and cosines of the week, and of the day if rows are hours."""
        hour = self.hours * np.arange(len(self.counts))
        turns = [hour / 168, 2 * hour / 168, 3 * hour / 168, *([hour / 24, 2 * hour / 24] if self.hours < 24 else [])]
        return np.stack([wave(2 * np.pi * turn) for turn in turns for wave in (np.sin, np.cos)], axis=1)

    def write(self, path: Path) -> None:
        """Write the task to a file."""
        np.savez(path, **{name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def read(cls, path: Path) -> "Task":
        """Read what ``write`` wrote."""
        with np.load(path) as found:
            fields: dict[str, Any] = {name: found[name] if found[name].ndim else found[name].item() for name in found}
        return cls(**fields)


def weighted_quantile_loss(targets: Floats, quantiles: Floats) -> float:
    """Return twice the pinball loss over the sum of the targets, mean over the levels.

    Args:
        targets: (window, step, series).
        quantiles: (level, window, step, series).
    """
    levels = np.array(LEVELS)[:, None, None, None]
    missed = targets - quantiles
    loss = np.maximum(levels * missed, (levels - 1) * missed)
    return float(2 * loss.sum((1, 2, 3)).mean() / targets.sum())
