"""Accuracy of a factor's classes predicted on held-out windows, for the data and for resamples of their blocks."""

import numpy as np

from divecast.metrics.latents.blocks import one_hot
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.units import Floats, Ints


def class_counts(sample: Sample, factor: int) -> Floats:
    """Return the number of windows of each class of the factor, (draw, class)."""
    return _counts(sample, factor, sample.labels.values[:, factor])


def hit_counts(sample: Sample, factor: int, read: Ints) -> Floats:
    """Return the number of windows of each class whose predicted class ``read``, (window,), is right, (draw, class)."""
    given = sample.labels.values[:, factor]
    return _counts(sample, factor, np.where(read == given, given, -1))


def accuracies(hits: Floats, counts: Floats) -> Floats:
    """Return the share of windows predicted right, (draw,)."""
    return ratio(hits.sum(axis=1), counts.sum(axis=1))


def balanced_accuracies(hits: Floats, counts: Floats) -> Floats:
    """Return the accuracy averaged over the classes, (draw,); classes without a window are left out."""
    present = counts > 0
    return ratio(np.nan_to_num(ratio(hits, counts)).sum(axis=1), present.sum(axis=1).astype(np.float64))


def chances(counts: Floats) -> Floats:
    """Return the share of the most frequent class, (draw,): the accuracy of a constant prediction."""
    return ratio(counts[:, counts[0].argmax()], counts.sum(axis=1))


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole; NaN where the whole is not above 0."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _counts(sample: Sample, factor: int, labels: Ints) -> Floats:
    return sample.draws @ sample.blocks.sums(one_hot(labels, len(sample.labels.classes[factor])))
