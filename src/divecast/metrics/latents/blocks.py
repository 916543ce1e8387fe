"""Blocks of windows that are held out and resampled as a whole.

Windows overlap, so neighbours in time are nearly equal: a single window held out would be known from training, and
resampling single windows would treat near copies as independent.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from divecast.errors import DataError
from divecast.metrics.latents.units import FactorLabels, Floats, Ints


@dataclass(frozen=True, eq=False, slots=True)
class Blocks:
    """The block of every window.

    Attributes:
        ids: (window,) numbers from 0.
        positions: (window,) number of the window in time order, among all windows.
        n: number of blocks.
    """

    ids: Ints
    positions: Ints
    n: int

    @classmethod
    def of(cls, rows: Ints, n_windows: int, n_blocks: int, groups: ArrayLike | None) -> Self:
        """Return the blocks of the windows at ``rows`` of ``n_windows``: the groups, or ``n_blocks`` runs in order.

        Raises:
            DataError: there is only one group, or not one group per window.
        """
        if groups is None:
            names = rows * min(n_blocks, n_windows) // n_windows
        else:
            all_groups = np.asarray(groups)
            if all_groups.shape != (n_windows,):
                expected = f"one group for each of {n_windows} windows"
                raise DataError(expected=expected, found=f"shape {all_groups.shape}", argument="groups")
            names = all_groups[rows]
        distinct, ids = np.unique(names, return_inverse=True)
        if len(distinct) < 2:
            raise DataError(
                expected="at least two groups of windows, so that one can be held out",
                found="one",
                hint="Leave {groups} out to hold out runs of windows instead",
                argument="groups",
            )
        return cls(ids.astype(np.int64), rows, len(distinct))

    def sums(self, values: Floats) -> Floats:
        """Return the sums of (window, ...) over each block, (block, ...)."""
        total = np.zeros((self.n, *values.shape[1:]))
        np.add.at(total, self.ids, values)
        return total

    def draws(self, n_boot: int, rng: np.random.Generator) -> Floats:
        """Return the weight of each block, (1 + n_boot, block): 1 in the first row, then resamples."""
        resamples = rng.multinomial(self.n, np.full(self.n, 1 / self.n), size=n_boot)
        return np.concatenate([np.ones((1, self.n)), resamples])


def one_hot(labels: Ints, n_classes: int) -> Floats:
    """Return indicators, (window, class); a missing label is a row of zeros."""
    indicators: Floats = (labels[:, None] == np.arange(n_classes)).astype(np.float64)
    return indicators


@dataclass(frozen=True, eq=False, slots=True)
class Folds:
    """Parts of the windows that are held out in turn, each made of whole blocks.

    Attributes:
        held: (fold, window) whether the window is held out.
        trained: (fold, window) whether the window is trained on: it is neither held out nor within the gap.
    """

    held: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    trained: np.ndarray[tuple[int, int], np.dtype[np.bool_]]

    @classmethod
    def of(cls, blocks: Blocks, labels: FactorLabels, n_folds: int, gap: int, rng: np.random.Generator) -> Self:
        """Assign blocks to folds such that every class is spread over the folds as evenly as possible.

        Else a class that occurs in one season, such as a month, could be held out as a whole and never be learned.
        Blocks are assigned in random order, each to the fold with the fewest windows of its classes so far.
        """
        shares = [one_hot(column, len(names)) for column, names in zip(labels.values.T, labels.classes, strict=True)]
        counts = blocks.sums(np.concatenate([np.ones((len(blocks.ids), 1)), *shares], axis=1))
        counts /= np.maximum(counts.sum(axis=0), 1.0)
        n_folds = min(n_folds, blocks.n)
        assigned, fold = np.zeros((n_folds, counts.shape[1])), np.zeros(blocks.n, dtype=np.int64)
        for block in rng.permutation(blocks.n):
            fold[block] = (assigned @ counts[block]).argmin()
            assigned[fold[block]] += counts[block]
        held = fold[blocks.ids] == np.arange(n_folds)[:, None]
        near = np.stack([_near(blocks.positions, row, gap) for row in held])
        return cls(held, ~near)


def _near(
    positions: Ints, held: np.ndarray[tuple[int], np.dtype[np.bool_]], gap: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    out = positions[held]
    first = np.searchsorted(out, positions - gap, side="left")
    return first < np.searchsorted(out, positions + gap, side="right")
