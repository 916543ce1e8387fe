"""What the figures show, as arrays: the labels, and the code of the test windows beside its prior."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.data.factors import Kind
from divecast.fitted import Fitted
from divecast.inference import encode_windows
from divecast.model.marginal import RBFBlocks
from divecast.reproduce.cases import Case
from divecast.reproduce.run import HeldOut

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS = 200


@dataclass(frozen=True, eq=False, slots=True)
class FactorView:
    """A factor, and its block of b where it has one.

    Attributes:
        name: of the factor.
        kind: plain, ordered or cyclic.
        classes: names.
        labels: (window,) class of each test window, -1 where missing.
        mean: (window, dim) mean of q(b|x) in the block.
        sd: (window, dim) its standard deviation.
        centres: (class, dim) of the prior.
        grid: (step, dim) places along each dimension.
        prior: (class, step, dim) pi_k f_k along each dimension.
    """

    name: str
    kind: Kind
    classes: tuple[str, ...]
    labels: Ints
    mean: Floats
    sd: Floats
    centres: Floats
    grid: Floats
    prior: Floats

    def aggregate(self) -> Floats:
        """Return (class, step, dim): the share of a class times its mean q(b|x), what the prior is to fit."""
        found = np.zeros_like(self.prior)
        known = max(1, int((self.labels >= 0).sum()))
        for k in range(len(self.classes)):
            mean, sd = (each[self.labels == k][:, None] for each in (self.mean, self.sd))
            density = np.exp(-0.5 * ((self.grid - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
            found[k] = density.sum(axis=0) / known
        return found


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """The first full model of a case on its test windows.

    Attributes:
        factors: all factors.
        a: (window, conditional) mean of a.
        every: for each factor, (row,) class of every row of the data that is labelled for all factors.
    """

    factors: tuple[FactorView, ...]
    a: Floats
    every: tuple[Ints, ...]


def view_of(case: Case, model: Path) -> View:
    """Load the model of a case and look at its test windows; see ``View``."""
    fitted = Fitted.load(model, torch.device("cpu"))
    held_out = HeldOut.of(fitted, case)
    codes = encode_windows(fitted, held_out.encode)
    labels = held_out.encode.labels[held_out.encode.origins - 1].astype(np.int64)
    factors = [
        _factor(fitted, at, labels[:, at], codes.b_mean[at].astype(np.float64), codes.b_sd[at].astype(np.float64))
        for at in range(len(codes.factors))
    ]
    rows = held_out.encode.labels[(held_out.encode.labels >= 0).all(axis=1)].astype(np.int64)
    return View(tuple(factors), codes.a_mean.astype(np.float64), tuple(rows.T))


def label_association(labels: tuple[Ints, ...]) -> Floats:
    """Return Cramer's V between each two factors, (factor, factor), its bias put right (Bergsma 2013).

    Args:
        labels: for each factor (row,) class indices, none missing.
    """
    found = np.eye(len(labels))
    for i in range(len(labels)):
        for j in range(i):
            found[i, j] = found[j, i] = _cramers_v(labels[i], labels[j])
    return found


def class_correlation(labels: tuple[Ints, ...], n_classes: tuple[int, ...]) -> Floats:
    """Return the Pearson correlation between each two classes as indicators, (class, class) over all factors.

    NaN within a factor, where classes shut one another out, and for a class that no row has.
    """
    columns = [labels[i] == k for i, n in enumerate(n_classes) for k in range(n)]
    indicators = np.stack(columns, axis=1).astype(np.float64)
    indicators -= indicators.mean(axis=0)
    size = np.sqrt((indicators**2).sum(axis=0))
    indicators /= np.where(size > 0, size, np.nan)
    correlation: Floats = indicators.T @ indicators
    owner = np.repeat(np.arange(len(n_classes)), n_classes)
    correlation[owner[:, None] == owner] = np.nan
    return correlation


def two_components(values: Floats) -> Floats:
    """Return the first two principal components, (window, 2); the values themselves where they are two or fewer."""
    if values.shape[1] <= 2:
        return values
    centred: Floats = values - values.mean(axis=0)
    directions: Floats = np.linalg.svd(centred, full_matrices=False)[2][:2]
    found: Floats = centred @ directions.T
    return found


def _factor(fitted: Fitted, at: int, labels: Ints, mean: Floats, sd: Floats) -> FactorView:
    path, vocabulary = fitted.network.marginal, fitted.vocabularies[at]
    if not isinstance(path, RBFBlocks):
        raise TypeError(f"expected a model with blocks of b, got {type(path).__name__}")
    mixture = path.prior.mixtures()[at]
    with torch.no_grad():
        component = mixture.component(torch.arange(mixture.n_classes))
        low, high = (component.loc + sign * 3 * component.scale for sign in (-1, 1))
        start = np.minimum(low.amin(0).double().numpy(), np.quantile(mean - sd, 0.005, axis=0))
        stop = np.maximum(high.amax(0).double().numpy(), np.quantile(mean + sd, 0.995, axis=0))
        grid = np.linspace(start, stop, _STEPS)
        density = component.log_prob(torch.from_numpy(grid).float()[:, None, :]).exp().double().numpy()
    prior = np.array(vocabulary.frequencies)[:, None, None] * density.swapaxes(0, 1)
    centres = component.loc.double().numpy()
    return FactorView(vocabulary.name, vocabulary.kind, vocabulary.classes, labels, mean, sd, centres, grid, prior)


def _cramers_v(one: Ints, other: Ints) -> float:
    counts = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(counts, (one, other), 1.0)
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    n, (rows, columns) = counts.sum(), counts.shape
    expected = np.outer(counts.sum(1), counts.sum(0)) / n
    phi = ((counts - expected) ** 2 / expected).sum() / n
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    rows, columns = (size - (size - 1) ** 2 / (n - 1) for size in (rows, columns))
    return float(np.sqrt(phi / max(min(rows, columns) - 1, 1e-12)))
