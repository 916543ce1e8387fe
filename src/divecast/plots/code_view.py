"""The code of windows beside their labels and the prior, as arrays: what the paper's figures show."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.data import Backend, Windows
from divecast.data.factors import Kind
from divecast.errors import ConfigError
from divecast.estimator import DeepDIVE
from divecast.inference.fitted_model import FittedModel, PartName
from divecast.inference.predict import encode_windows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEPS = 200


@dataclass(frozen=True, eq=False, slots=True)
class FactorView:
    """A factor, and its block of b.

    Attributes:
        name: of the factor.
        kind: plain, ordered or cyclic.
        classes: names.
        labels: (window,) class of each window, -1 where missing.
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
class CodeView:
    """The code of some windows.

    Attributes:
        factors: all factors.
        a: (window, conditional) mean of a.
        every: for each factor, (row,) class of every row of the data that is labelled for all factors.
        backend: kind of table to give back.
    """

    factors: tuple[FactorView, ...]
    a: Floats
    every: tuple[Ints, ...]
    backend: Backend = "numpy"


def view_code(model: DeepDIVE, data: Any, part: PartName = "test", every: int = 1) -> CodeView:
    """Look at the code of every ``every``-th window of a part of the data; arguments as in ``DeepDIVE.encode``.

    Raises:
        ConfigError: the code has no block of b for a factor.
        DataError: the data cannot be used.
    """
    return view_windows(model.fitted_model, model.fitted_model.windows(data, part, "encode", every))


def view_windows(fitted: FittedModel, windows: Windows) -> CodeView:
    """Look at the code of windows, as inferred from them, with the labels of their last rows.

    Raises:
        ConfigError: the code has no block of b for a factor.
    """
    if not fitted.network.marginal.mixtures:
        raise ConfigError(
            "expected a model with a block of b for each factor, got one without; fit it with factors=[...]"
        )
    codes = encode_windows(fitted, windows)
    labels = windows.labels[windows.origins - 1].astype(np.int64)
    factors = [
        _factor(fitted, at, labels[:, at], codes.b_mean[at].astype(np.float64), codes.b_sd[at].astype(np.float64))
        for at in range(len(codes.factors))
    ]
    rows = windows.labels[(windows.labels >= 0).all(axis=1)].astype(np.int64)
    return CodeView(tuple(factors), codes.a_mean.astype(np.float64), tuple(rows.T), windows.source.backend)


def two_components(values: Floats) -> Floats:
    """Return the first two principal components, (window, 2); the values themselves where they are two or fewer."""
    if values.shape[1] <= 2 or not len(values):
        return values[:, :2]
    centred: Floats = values - values.mean(axis=0)
    directions: Floats = np.linalg.svd(centred, full_matrices=False)[2][:2]
    found: Floats = centred @ directions.T
    return found


def _factor(fitted: FittedModel, at: int, labels: Ints, mean: Floats, sd: Floats) -> FactorView:
    mixture, vocabulary = fitted.network.marginal.mixtures[at], fitted.vocabularies[at]
    device = mixture.log_pi.device
    with torch.no_grad():
        component = mixture.component(torch.arange(mixture.n_classes, device=device))
        low, high = (component.loc + sign * 3 * component.scale for sign in (-1, 1))
        start = np.minimum(low.amin(0).double().cpu().numpy(), np.quantile(mean - sd, 0.005, axis=0))
        stop = np.maximum(high.amax(0).double().cpu().numpy(), np.quantile(mean + sd, 0.995, axis=0))
        grid = np.linspace(start, stop, _STEPS)
        places = torch.from_numpy(grid).float().to(device)[:, None, :]
        density = component.log_prob(places).exp().double().cpu().numpy()
    prior = np.array(vocabulary.frequencies)[:, None, None] * density.swapaxes(0, 1)
    centres = component.loc.double().cpu().numpy()
    return FactorView(vocabulary.name, vocabulary.kind, vocabulary.classes, labels, mean, sd, centres, grid, prior)
