"""Mutual information of a unit of a code and a label, estimated from windows, in nats."""

import numpy as np

from divecast._optional import need
from divecast.errors import DataError
from divecast.metrics.latents.accuracy import class_counts, ratio
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.settings import MeasureConfig
from divecast.metrics.latents.units import Floats, Ints, standardised

# The k-th neighbour itself must count as inside, in spite of rounding.
_ROUNDING = 1.0 + 1e-10


def entropy(labels: Ints) -> float:
    """Return the entropy of the known labels, nats.

    Args:
        labels: (window,) class indices, -1 where missing.

    Example:
        >>> round(entropy(np.array([0, 1, 0, 1, -1])), 3)
        0.693
    """
    shares = np.bincount(labels[labels >= 0]) / (labels >= 0).sum()
    return float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())


def mutual_information(values: Floats, labels: Ints, config: MeasureConfig | None = None) -> float:
    """Return the mutual information of one unit and one label, nats, between 0 and the label's entropy.

    Args:
        values: (window, dim).
        labels: (window,) class indices, -1 where missing.
        config: settings of the estimator; see ``pointwise_information``.

    Raises:
        DataError: no class has two windows, or the ``bins`` estimator is used for a unit of several dimensions.

    Example:
        >>> labels = np.arange(100) % 2
        >>> round(mutual_information(10.0 * labels[:, None], labels), 3)
        0.693
    """
    terms = pointwise_information(values, labels, config or MeasureConfig())
    return float(np.clip(np.nanmean(terms), 0.0, entropy(labels)))


def pointwise_information(values: Floats, labels: Ints, config: MeasureConfig) -> Floats:
    """Return one term per window, whose mean estimates the mutual information; NaN where the label is missing.

    ``neighbours`` is the estimator of Ross (2014, eq. 2): psi(N) + psi(k) - psi(N_x) - psi(m), where m of the N windows
    are at most as far away as the k-th neighbour among the N_x of the same class, by Euclidean distance between
    standardised dimensions. Our deviations: ties at that distance are counted, in k and in m, and if it is 0 the term
    is the plug-in estimate log(N k / (N_x m)), with the window itself counted, after Gao et al. (2017). So a constant
    code has 0, and a code of few values, each with more than k windows of a class, has the exact plug-in estimate.

    ``bins`` is the plug-in estimate over bins of equal width, as in Locatello et al. (2019).

    Windows of a class with a single window are left out, since they have no neighbour.

    Raises:
        DataError: no class has two windows, or the ``bins`` estimator is used for a unit of several dimensions.
    """
    known = labels >= 0
    known[known] = np.bincount(labels[known])[labels[known]] > 1
    if not known.any():
        raise DataError("Mutual information needs a class with two windows or more", hint="Use more windows")
    inner = labels[known]
    terms = np.full(len(labels), np.nan)
    if config.estimator == "bins":
        terms[known] = _plug_in(_bins(values[known], config.n_bins), inner)
    else:
        terms[known] = _neighbour_terms(standardised(values[known]), inner, config.n_neighbours)
    return terms


def information_draws(sample: Sample) -> tuple[Floats, Floats]:
    """Return the information of every unit and factor, and the entropy of every factor, on the data and on resamples.

    The terms are not recomputed on a resample: its repeated windows would be neighbours at distance 0, and the estimate
    far too high. They are, to first order, the influence of each window on the estimate (the influence function of I is
    log p(x,z)/(p(x)p(z)) - I), so the mean of resampled terms has about the right spread.

    Returns:
        (draw, unit, factor) information, between 0 and the entropy, and (draw, factor) entropy.
    """
    units, labels = sample.units.values, sample.labels.values
    information = np.empty((len(sample.draws), len(units), labels.shape[1]))
    entropies = np.empty((len(sample.draws), labels.shape[1]))
    for i, column in enumerate(labels.T):
        entropies[:, i] = _entropies(class_counts(sample, i))
        for u, values in enumerate(units):
            terms = pointwise_information(values, column, sample.config)
            parts = np.stack([np.nan_to_num(terms), ~np.isnan(terms)], axis=1)
            total = sample.draws @ sample.blocks.sums(parts)
            information[:, u, i] = np.clip(ratio(total[:, 0], total[:, 1]), 0.0, entropies[:, i])
    return information, entropies


def _entropies(counts: Floats) -> Floats:
    total = counts.sum(axis=1)
    logs = np.log(counts, out=np.zeros_like(counts), where=counts > 0)
    entropies: Floats = np.log(np.maximum(total, 1.0)) - ratio((counts * logs).sum(axis=1), total)
    return entropies


def _neighbour_terms(points: Floats, labels: Ints, k: int) -> Floats:
    tree, psi = need("scipy.spatial").cKDTree, need("scipy.special").digamma
    if not points.shape[1]:
        return np.zeros(len(points))
    everyone, terms = tree(points), np.empty(len(points))
    for label in np.unique(labels):
        mine = labels == label
        own, size, total = points[mine], float(mine.sum()), float(len(points))
        class_tree = tree(own)
        reach = _ROUNDING * class_tree.query(own, [min(k, len(own) - 1) + 1])[0][:, 0]
        same = class_tree.query_ball_point(own, reach, return_length=True).astype(np.float64)
        near = everyone.query_ball_point(own, reach, return_length=True).astype(np.float64)
        smooth = psi(total) + psi(same - 1) - psi(size) - psi(near - 1)
        terms[mine] = np.where(reach > 0, smooth, np.log(total * same / (size * near)))
    return terms


def _bins(values: Floats, n_bins: int) -> Ints:
    if values.shape[1] > 1:
        raise DataError(
            'The estimator "bins" needs units of one dimension',
            found=str(values.shape[1]),
            hint='Set {estimator} to "neighbours"',
            argument="estimator",
        )
    column = values[:, 0]
    return np.digitize(column, np.histogram_bin_edges(column, n_bins)[1:-1])


def _plug_in(cells: Ints, labels: Ints) -> Floats:
    joint = np.zeros((cells.max() + 1, labels.max() + 1))
    np.add.at(joint, (cells, labels), 1.0)
    terms: Floats = np.log(len(cells) * joint[cells, labels] / (joint.sum(1)[cells] * joint.sum(0)[labels]))
    return terms
