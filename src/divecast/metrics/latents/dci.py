"""Disentanglement, completeness and informativeness (Eastwood and Williams 2018)."""

from collections.abc import Sequence

import numpy as np

from divecast.metrics.latents.accuracy import accuracies, class_counts, hit_counts
from divecast.metrics.latents.forest import read_held_out
from divecast.metrics.latents.measured import Measured, bootstrapped, jackknifed
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.units import Floats


def importances(sample: Sample) -> tuple[Floats, Measured]:
    """Return the importance of each unit for predicting each factor from the whole code, and the accuracy of that.

    Returns:
        Importance in the forest trained without a fold, (fold, unit, factor), summed over the dimensions of a unit; and
        informativeness, the held-out accuracy by factor.
    """
    values = sample.units.values
    whole, first = np.concatenate(values, axis=1), np.cumsum([0, *(unit.shape[1] for unit in values[:-1])])
    by_unit, informed = [], []
    for factor, column in enumerate(sample.labels.values.T):
        read, importance = read_held_out(whole, column, sample.folds, sample.config)
        by_unit.append(np.add.reduceat(importance, first, axis=1))
        informed.append(accuracies(hit_counts(sample, factor, read), class_counts(sample, factor)))
    informativeness = bootstrapped(sample.labels.factors, np.stack(informed, axis=-1), sample.config.level)
    return np.stack(by_unit, axis=-1), informativeness


def specialisations(importance: Floats) -> Floats:
    """Return 1 - entropy of each row's shares, to the base of the number of columns; 0 for a row of zeros.

    For units by factors this is disentanglement, for factors by units (the transpose) completeness.

    Args:
        importance: (row, column), not below 0.

    Returns:
        (row,) between 0 and 1; NaN with a single column.
    """
    n_columns = importance.shape[1]
    if n_columns == 1:
        return np.full(len(importance), np.nan)
    total = importance.sum(axis=1, keepdims=True)
    shares = np.divide(importance, total, out=np.full_like(importance, 1 / n_columns), where=total > 0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    score: Floats = 1.0 + (shares * logs).sum(axis=1) / np.log(n_columns)
    return score


def specialisation(importance: Floats) -> float:
    """Return the mean of ``specialisations``, weighted by importance: the D of DCI, or the C for the transpose."""
    weights, rows = importance.sum(axis=1), specialisations(importance)
    return float(np.average(rows, weights=weights)) if weights.sum() > 0 else float(rows.mean())


def measured_specialisation(importance: Floats, names: Sequence[str], level: float) -> Measured:
    """Return ``specialisation`` of the mean importance, by row and overall, with jackknife intervals over the folds.

    Args:
        importance: (fold, row, column), each from a forest trained without the fold.
        names: names of the rows.
        level: level of the intervals.
    """
    mean = importance.mean(axis=0)
    overall = jackknifed(specialisation(mean), np.array([specialisation(fold) for fold in importance]), level)
    replicates = np.stack([specialisations(fold) for fold in importance])
    rows = zip(names, specialisations(mean), replicates.T, strict=True)
    return Measured(overall, {name: jackknifed(float(value), column, level) for name, value, column in rows})
