"""Separated attribute predictability (Kumar, Sattigeri and Balakrishnan 2018, section 3)."""

import numpy as np

from divecast.metrics.latents.accuracy import balanced_accuracies, class_counts, hit_counts
from divecast.metrics.latents.blocks import Folds, one_hot
from divecast.metrics.latents.gap import best_two_gaps
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.units import Floats, Ints, standardised

_MIN_VARIANCE = 1e-6  # within classes, of a unit with variance 1


def nearest_means(values: Floats, labels: Ints, folds: Folds) -> Ints:
    """Predict a factor from one unit as the class with the nearest mean; means are those of the other folds.

    This is linear discriminant analysis with equal priors: distances are relative to the spread within classes. In one
    dimension its thresholds are midway between neighbouring class means, where Kumar et al. fit thresholds to the
    balanced error.

    Args:
        values: (window, dim) of the unit.
        labels: (window,) class indices, -1 where missing.
        folds: the held-out windows.

    Returns:
        The predicted classes, (window,), -1 where the label is missing.
    """
    points, known = standardised(values), labels >= 0
    read = np.full(len(labels), -1)
    for held, trained in zip(folds.held & known, folds.trained & known, strict=True):
        classes, index = np.unique(labels[trained], return_inverse=True)
        member = one_hot(index, len(classes))
        means = member.T @ points[trained] / member.sum(axis=0)[:, None]
        within = points[trained] - means[index]
        spread = within.T @ within / max(len(within), 1) + _MIN_VARIANCE * np.eye(points.shape[1])
        whiten = np.linalg.inv(np.linalg.cholesky(spread)).T
        apart = (points[held] @ whiten)[:, None] - means @ whiten
        read[held] = classes[(apart**2).sum(axis=-1).argmin(axis=1)]
    return read


def separations(sample: Sample) -> Floats:
    """Return the SAP of each factor: balanced accuracy of its best unit minus that of the second best.

    An uninformative unit of accuracy 1/classes is added, so that there are two units at least.

    Returns:
        (draw, factor); the first row is between 0 and 1.
    """
    units, labels = sample.units.values, sample.labels.values
    scores = np.empty((len(sample.draws), len(units), labels.shape[1]))
    silent = np.empty((len(sample.draws), labels.shape[1]))
    for factor, column in enumerate(labels.T):
        counts = class_counts(sample, factor)
        silent[:, factor] = 1.0 / (counts > 0).sum(axis=1).clip(1)
        for unit, values in enumerate(units):
            hits = hit_counts(sample, factor, nearest_means(values, column, sample.folds))
            scores[:, unit, factor] = balanced_accuracies(hits, counts)
    return best_two_gaps(scores, silent)
