"""Scores of sample paths: of a number (CRPS), and of a vector (energy and variogram score)."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from divecast.errors import DataError

Doubles = NDArray[np.float64]


def crps_paths(paths: ArrayLike, truth: ArrayLike) -> Doubles:
    """Return the continuous ranked probability score of each number (Gneiting and Raftery 2007), units of the numbers.

    Args:
        paths: (path, ...) equally likely numbers.
        truth: (...) true numbers.

    Raises:
        DataError: shapes do not fit.

    Example:
        >>> float(crps_paths([[0.0], [2.0]], [1.0])[0])
        0.5
    """
    drawn, true = _matched(paths, truth, 0)
    n, drawn = len(drawn), np.sort(drawn, axis=0)
    weight = (2.0 * np.arange(1, n + 1) - n - 1.0).reshape(-1, *(1,) * true.ndim)
    score: Doubles = np.abs(drawn - true).mean(0) - (weight * drawn).sum(0) / n**2
    return score


def energy_score(paths: ArrayLike, truth: ArrayLike) -> Doubles:
    """Return the energy score of vectors (Gneiting and Raftery 2007): the CRPS of vectors, in their units.

    Args:
        paths: (path, vector, dimension).
        truth: (vector, dimension).

    Raises:
        DataError: shapes do not fit.

    Example:
        >>> float(energy_score([[[0.0, 0.0]], [[0.0, 2.0]]], [[0.0, 1.0]])[0])
        0.5
    """
    drawn, true = _matched(paths, truth, 1)
    vectors = torch.from_numpy(np.ascontiguousarray(drawn.swapaxes(0, 1)))
    among = torch.cdist(vectors, vectors).mean((1, 2)).numpy()
    score: Doubles = np.linalg.norm(drawn - true, axis=-1).mean(0) - 0.5 * among
    return score


def variogram_score(paths: ArrayLike, truth: ArrayLike, power: float = 0.5) -> Doubles:
    """Return the variogram score of vectors (Scheuerer and Hamill 2015), of all pairs of dimensions alike.

    It tells whether the differences between dimensions are as large as forecast, which the energy score hardly does.

    Args:
        paths: (path, vector, dimension).
        truth: (vector, dimension).
        power: of the absolute differences.

    Raises:
        DataError: shapes do not fit.

    Example:
        >>> float(variogram_score([[[0.0, 1.0]]], [[0.0, 1.0]])[0])
        0.0
    """
    drawn, true = _matched(paths, truth, 1)
    score = np.zeros(len(true))
    for apart in range(1, true.shape[-1]):
        expected = (np.abs(drawn[..., apart:] - drawn[..., :-apart]) ** power).mean(0)
        found = np.abs(true[..., apart:] - true[..., :-apart]) ** power
        score += 2.0 * np.square(expected - found).sum(-1)
    return score


def _matched(paths: ArrayLike, truth: ArrayLike, least_dimensions: int) -> tuple[Doubles, Doubles]:
    drawn, true = np.asarray(paths, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if drawn.shape[1:] != true.shape or not len(drawn) or true.ndim < least_dimensions:
        raise DataError(
            "Paths must have one axis more than the truth, the first",
            found=f"paths {drawn.shape} and truth {true.shape}",
            argument="paths",
        )
    return drawn, true
