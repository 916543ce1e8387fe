"""Blocks of windows that stay together, when windows are held out and when they are resampled.

Windows overlap, so neighbours in time are near copies: a random row held out would have been seen in training, and
single rows drawn at random would count the copies as news.
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
        positions: (window,) place of the window in the order of time, before any were left out.
        n: number of blocks.
    """

    ids: Ints
    positions: Ints
    n: int

    @classmethod
    def of(cls, rows: Ints, n_windows: int, n_blocks: int, groups: ArrayLike | None) -> Self:
        """Return the blocks of the windows at ``rows`` of ``n_windows``: the groups, or ``n_blocks`` runs in order.

        Raises:
            DataError: there is one group only, or not a group for each window.
        """
        if groups is None:
            names = rows * min(n_blocks, n_windows) // n_windows
        else:
            given = np.asarray(groups)
            if given.shape != (n_windows,):
                raise DataError(f"groups must name one group for each of {n_windows} windows, got shape {given.shape}")
            names = given[rows]
        found, ids = np.unique(names, return_inverse=True)
        if len(found) < 2:
            raise DataError(
                "expected two groups of windows or more, so that one can be held out, got one; "
                "leave groups out to hold out runs of windows instead"
            )
        return cls(ids.astype(np.int64), rows, len(found))

    def sums(self, values: Floats) -> Floats:
        """Sum (window, ...) over each block, (block, ...)."""
        total = np.zeros((self.n, *values.shape[1:]))
        np.add.at(total, self.ids, values)
        return total

    def draws(self, n_boot: int, rng: np.random.Generator) -> Floats:
        """How often each block counts, (1 + n_boot, block): once each in the first row, then resamples."""
        resamples = rng.multinomial(self.n, np.full(self.n, 1 / self.n), size=n_boot)
        return np.concatenate([np.ones((1, self.n)), resamples])


def one_hot(labels: Ints, n_classes: int) -> Floats:
    """(window, class) indicators; a missing label is a row of zeros."""
    indicators: Floats = (labels[:, None] == np.arange(n_classes)).astype(np.float64)
    return indicators


@dataclass(frozen=True, eq=False, slots=True)
class Folds:
    """Parts of the windows that are held out in turn, each made of whole blocks.

    Attributes:
        held: (fold, window) whether the window is held out.
        trained: (fold, window) whether it is trained on; not so where held out or within the gap of one that is.
    """

    held: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    trained: np.ndarray[tuple[int, int], np.dtype[np.bool_]]

    @classmethod
    def of(cls, blocks: Blocks, labels: FactorLabels, n_folds: int, gap: int, rng: np.random.Generator) -> Self:
        """Deal the blocks so that every class is spread over the folds as evenly as whole blocks allow.

        Without that a class of a season, such as a month, would be held out whole and never learned. Blocks come in a
        random order, and each goes to the fold that has least of its classes so far.
        """
        shares = [one_hot(column, len(names)) for column, names in zip(labels.values.T, labels.classes, strict=True)]
        counts = blocks.sums(np.concatenate([np.ones((len(blocks.ids), 1)), *shares], axis=1))
        counts /= np.maximum(counts.sum(axis=0), 1.0)
        n_folds = min(n_folds, blocks.n)
        dealt, fold = np.zeros((n_folds, counts.shape[1])), np.zeros(blocks.n, dtype=np.int64)
        for block in rng.permutation(blocks.n):
            fold[block] = (dealt @ counts[block]).argmin()
            dealt[fold[block]] += counts[block]
        held = fold[blocks.ids] == np.arange(n_folds)[:, None]
        near = np.stack([_near(blocks.positions, row, gap) for row in held])
        return cls(held, ~near)


def _near(
    positions: Ints, held: np.ndarray[tuple[int], np.dtype[np.bool_]], gap: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    out = positions[held]
    first = np.searchsorted(out, positions - gap, side="left")
    return first < np.searchsorted(out, positions + gap, side="right")
