"""Association of labels: Cramer's V between factors, correlation between class indicators."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def label_association(labels: tuple[Ints, ...]) -> Floats:
    """Return the bias-corrected Cramer's V of each pair of factors, (factor, factor) (Bergsma 2013).

    NaN between different factors if there are fewer than two rows.

    Args:
        labels: for each factor, (row,) class indices without missing ones.
    """
    association = np.eye(len(labels))
    for i in range(len(labels)):
        for j in range(i):
            association[i, j] = association[j, i] = _cramers_v(labels[i], labels[j])
    return association


def class_correlation(labels: tuple[Ints, ...], n_classes: tuple[int, ...]) -> Floats:
    """Return the Pearson correlation of the indicators of each pair of classes, (class, class) over all factors.

    NaN within a factor, whose classes exclude one another, and for a class that no row has, or all rows.
    """
    owner = np.repeat(np.arange(len(n_classes)), n_classes)
    if not labels or not len(labels[0]):
        return np.full((len(owner), len(owner)), np.nan)
    columns = [labels[i] == k for i, n in enumerate(n_classes) for k in range(n)]
    indicators = np.stack(columns, axis=1).astype(np.float64)
    indicators -= indicators.mean(axis=0)
    size = np.sqrt((indicators**2).sum(axis=0))
    indicators /= np.where(size > 0, size, np.nan)
    correlation: Floats = indicators.T @ indicators
    correlation[owner[:, None] == owner] = np.nan
    return correlation


def _cramers_v(one: Ints, other: Ints) -> float:
    if len(one) < 2:
        return float("nan")
    counts = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(counts, (one, other), 1.0)
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    n, (rows, columns) = counts.sum(), counts.shape
    expected = np.outer(counts.sum(1), counts.sum(0)) / n
    phi = ((counts - expected) ** 2 / expected).sum() / n
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    rows, columns = (size - (size - 1) ** 2 / (n - 1) for size in (rows, columns))
    return float(np.sqrt(phi / max(min(rows, columns) - 1, 1e-12)))
