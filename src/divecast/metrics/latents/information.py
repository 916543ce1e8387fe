"""Mutual information of a unit of a code and a label, from observed windows, in nats."""

import numpy as np

from divecast._optional import need
from divecast.errors import DataError
from divecast.metrics.latents.accuracy import class_counts, ratio
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.settings import MeasureConfig
from divecast.metrics.latents.units import Floats, Ints, standardised

# The k-th neighbour itself must count as inside, whatever the rounding of its distance.
_ROUNDING = 1.0 + 1e-10


def entropy(labels: Ints) -> float:
    """Entropy of the known labels, (window,) with -1 where missing, in nats."""
    shares = np.bincount(labels[labels >= 0]) / (labels >= 0).sum()
    return float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())


def mutual_information(values: Floats, labels: Ints, config: MeasureConfig | None = None) -> float:
    """Mutual information of one unit and one label, between 0 and the label's entropy.

    Args:
        values: (window, dim).
        labels: (window,) class indices, -1 where missing.
        config: which estimator; see ``pointwise_information``.

    Raises:
        DataError: no class has two windows, or bins are asked for a unit of several dimensions.
    """
    terms = pointwise_information(values, labels, config or MeasureConfig())
    return float(np.clip(np.nanmean(terms), 0.0, entropy(labels)))


def pointwise_information(values: Floats, labels: Ints, config: MeasureConfig) -> Floats:
    """Terms, one a window, whose mean estimates the mutual information; NaN where there is no label.

    ``neighbours`` is the estimator of Ross (2014, eq. 2): psi(N) + psi(k) - psi(N_x) - psi(m), where m of the N windows
    lie no farther than the k-th neighbour among the N_x of the same class, by Euclidean distance between standardised
    dimensions. Our deviations: all that lie at that very distance are counted, in k as in m, and where it is 0 the term
    is the plug-in log(N k / (N_x m)), the window itself counted, after Gao et al. (2017). So a constant code has 0, and
    one of a few values, with more than k windows of a class at each that it takes, has the exact plug-in estimate.

    ``bins`` is the plug-in estimate over bins of equal width, as in Locatello et al. (2019).

    Windows of a class with a single window are left out, since it has no neighbour.

    Raises:
        DataError: no class has two windows, or bins are asked for a unit of several dimensions.
    """
    known = labels >= 0
    known[known] = np.bincount(labels[known])[labels[known]] > 1
    if not known.any():
        raise DataError("mutual information needs a class with two windows or more, found none; give more windows")
    inner = labels[known]
    terms = np.full(len(labels), np.nan)
    if config.estimator == "bins":
        terms[known] = _plug_in(_bins(values[known], config.n_bins), inner)
    else:
        terms[known] = _neighbour_terms(standardised(values[known]), inner, config.n_neighbours)
    return terms


def information_draws(sample: Sample) -> tuple[Floats, Floats]:
    """Information of every unit and factor, and the entropy of every factor, on the data and on resamples of it.

    The terms are not computed anew on a resample: its repeated windows would be neighbours of one another at distance
    0, and the estimate far too high. They are, to first order, the influence of each window on the estimate (the
    influence function of I is log p(x,z)/(p(x)p(z)) - I), so the mean of resampled terms has about the right spread.

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
        raise DataError(f'bins measure units of one dimension, got {values.shape[1]}; take estimator="neighbours"')
    column = values[:, 0]
    return np.digitize(column, np.histogram_bin_edges(column, n_bins)[1:-1])


def _plug_in(cells: Ints, labels: Ints) -> Floats:
    joint = np.zeros((cells.max() + 1, labels.max() + 1))
    np.add.at(joint, (cells, labels), 1.0)
    terms: Floats = np.log(len(cells) * joint[cells, labels] / (joint.sum(1)[cells] * joint.sum(0)[labels]))
    return terms
