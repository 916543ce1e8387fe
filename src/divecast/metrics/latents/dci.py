"""Disentanglement, completeness and informativeness (Eastwood and Williams 2018)."""

from collections.abc import Sequence

import numpy as np

from divecast.metrics.latents.accuracy import accuracies, class_counts, hit_counts
from divecast.metrics.latents.forest import read_held_out
from divecast.metrics.latents.measured import Measured, bootstrapped, jackknifed
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.units import Floats


def importances(sample: Sample) -> tuple[Floats, Measured]:
    """How much each unit matters for reading each factor from the whole code, and how well that is read.

    Returns:
        (fold, unit, factor) importance in the forest trained without the fold, that of a block being the sum over its
        dimensions; informativeness, the accuracy on held-out windows, by factor.
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
    """1 - entropy of each row's shares, to the base of the number of columns; a row of zeros has 0.

    Of units by factors this is disentanglement, of factors by units (the transpose) completeness.

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
    """Mean of ``specialisations``, each row weighted by its importance: the D of DCI, or of the transpose the C."""
    weights, rows = importance.sum(axis=1), specialisations(importance)
    return float(np.average(rows, weights=weights)) if weights.sum() > 0 else float(rows.mean())


def measured_specialisation(importance: Floats, names: Sequence[str], level: float) -> Measured:
    """``specialisation`` of the mean importance, by row and overall, with jackknife intervals over the folds.

    Args:
        importance: (fold, row, column), each from a forest that did not see the fold.
        names: of the rows.
        level: share of the intervals.
    """
    mean = importance.mean(axis=0)
    overall = jackknifed(specialisation(mean), np.array([specialisation(fold) for fold in importance]), level)
    replicates = np.stack([specialisations(fold) for fold in importance])
    rows = zip(names, specialisations(mean), replicates.T, strict=True)
    return Measured(overall, {name: jackknifed(float(value), column, level) for name, value, column in rows})
