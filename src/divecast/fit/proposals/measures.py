"""What a labelling of units tells: how well it is read, and what it explains of codes and of forecast errors."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Classes = NDArray[np.int64]
Floats = NDArray[np.float64]

_BLOCKS, _PENALTY = 5, 20.0  # of units left out in turn; units


def balanced_accuracy(given: Classes, read: Classes, n_classes: int) -> float:
    """Return the mean over the classes that occur of the share that is read correctly; NaN with a single class.

    Args:
        given: (window,) class of each window, -1 where unknown.
        read: (window,) class that was read.
        n_classes: number of classes.

    Example:
        >>> balanced_accuracy(np.array([0, 0, 1, -1]), np.array([0, 1, 1, 0]), 2)
        0.75
    """
    known = given >= 0
    n = np.bincount(given[known], minlength=n_classes)
    right = np.bincount(given[known & (given == read)], minlength=n_classes)
    there = n > 0
    return float((right[there] / n[there]).mean()) if there.sum() > 1 else float("nan")


def told_by(known: Classes, given: Classes, learned: NDArray[np.bool_], n_classes: int) -> Classes:
    """Return the class that other labels tell, by the shares of the classes among rows that have the same.

    Args:
        known: (window, factor) other labels.
        given: (window,) class of each window, -1 where unknown.
        learned: (window,) which windows the shares are counted of.
        n_classes: number of classes.

    Returns:
        (window,) the class that is most frequent among windows of the same labels, relative to its share among all.

    Example:
        >>> told_by(np.array([[0], [1], [0]]), np.array([0, 1, -1]), np.array([True, True, False]), 2).tolist()
        [0, 1, 0]
    """
    same = np.unique(known, axis=0, return_inverse=True)[1].reshape(-1)
    counts, named = np.zeros((int(same.max()) + 1, n_classes)), learned & (given >= 0)
    np.add.at(counts, (same[named], given[named]), 1.0)
    shares = counts / np.maximum(counts.sum(0), 1.0)
    found: Classes = shares.argmax(1)[same]
    return found


def explained_share(given: Classes, values: Floats, n_classes: int) -> float:
    """Return the share of the variance of values, (window, value), that is between classes; NaN with a single class.

    Example:
        >>> explained_share(np.array([0, 0, 1, 1]), np.array([[0.0], [0.0], [1.0], [1.0]]), 2)
        1.0
    """
    known = given >= 0
    one_hot = given[known][None, :] == np.arange(n_classes)[:, None]
    n = one_hot.sum(1)
    if (n > 0).sum() < 2:
        return float("nan")
    inside = values[known] - values[known].mean(0)
    means = (one_hot.astype(float) @ inside)[n > 0] / n[n > 0, None]
    total = float((inside**2).sum())
    return float((n[n > 0, None] * means**2).sum()) / total if total > 0 else float("nan")


@dataclass(frozen=True, eq=False, slots=True)
class UnitErrors:
    """Errors of forecasts by the unit of the target, such as its row or recording.

    Attributes:
        mean: (unit, series) mean error of the forecasts of a unit, in units of the series; 0 without one.
        size: (unit, series) mean absolute error.
        known: (unit, series) whether there is one.
        phases: (unit,) phase of the day.
    """

    mean: Floats
    size: Floats
    known: NDArray[np.bool_]
    phases: Classes

    def explained(self, n_classes: int) -> Callable[[Classes], float]:
        """Return a function of the classes of the units: the share of the squared mean errors that these explain.

        The mean error of each series, class and phase of the day is taken from four fifths of the units, shrunk towards
        0, and removed from the others. What the phase explains without the class does not count.
        """
        n_phases = int(self.phases.max()) + 1
        values = np.where(self.known, self.mean, 0.0).astype(np.float32)
        there, blocks = self.known.astype(np.float32), np.arange(len(values)) * _BLOCKS // len(values)

        def gain(cells: Classes, n_cells: int) -> float:
            one_hot = np.zeros((_BLOCKS * n_cells, len(values)), dtype=np.float32)
            units = np.flatnonzero(cells >= 0)
            one_hot[blocks[units] * n_cells + cells[units], units] = 1.0
            sums, n = ((one_hot @ each).reshape(_BLOCKS, n_cells, -1).astype(float) for each in (values, there))
            means = (sums.sum(0) - sums) / (n.sum(0) - n + _PENALTY)
            return float((2.0 * means * sums - means**2 * n).sum())

        def share(classes: Classes) -> float:
            named = classes >= 0
            total = float((values[named].astype(float) ** 2).sum())
            if not total or len(np.unique(classes[named])) < 2:
                return float("nan")
            cells = np.where(named, classes * n_phases + self.phases, -1)
            plain = np.where(named, self.phases, -1)
            return (gain(cells, n_classes * n_phases) - gain(plain, n_phases)) / total

        return share

    def size_ratio(self, chosen: NDArray[np.bool_]) -> float:
        """Return the mean absolute error of some units over that of all."""
        known = self.known & chosen[:, None]
        if not known.any():
            return float("nan")
        return float(self.size[known].mean() / self.size[self.known].mean())
