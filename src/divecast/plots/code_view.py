"""The code of windows with their labels and the prior, as arrays: what the displays of the code show."""

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
from divecast.inference.results import Codes
from divecast.plots.style import MANY

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
        sd: (window, dim) standard deviation of q(b|x).
        centres: (class, dim) of the prior; empty if it is not shown.
        grid: (step, dim) positions along each dimension.
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
        """Return the share of each class times the mean q(b|x) of its windows, (class, step, dim)."""
        densities = np.zeros_like(self.prior)
        known = max(1, int((self.labels >= 0).sum()))
        for k in range(len(self.classes)):
            mean, sd = (moment[self.labels == k][:, None] for moment in (self.mean, self.sd))
            density = np.exp(-0.5 * ((self.grid - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
            densities[k] = density.sum(axis=0) / known
        return densities


@dataclass(frozen=True, eq=False, slots=True)
class CodeView:
    """The code of some windows.

    Attributes:
        factors: all factors.
        a: (window, conditional) mean of a.
        every: for each factor, (row,) classes of the rows of the data that have labels of all factors.
        backend: kind of table of the data.

    Example:
        >>> from divecast.plots import view_code
        >>> view = view_code(model, panel, every=5)
        >>> view.a.shape[1], [factor.name for factor in view.factors]
        (16, ['hour', 'weekday'])
    """

    factors: tuple[FactorView, ...]
    a: Floats
    every: tuple[Ints, ...]
    backend: Backend = "numpy"


def view_code(model: DeepDIVE, data: Any, part: PartName = "test", every: int = 1) -> CodeView:
    """Encode windows and return their codes with labels and prior.

    Args:
        model: fitted.
        data: as in ``DeepDIVE.encode``.
        part: part of the data of the fit, or ``all``.
        every: use every n-th window.

    Raises:
        ConfigError: the code has no blocks of b.
        DataError: the data cannot be used.

    Example:
        >>> from divecast.plots import view_code
        >>> view_code(model, panel, every=5).factors[1].classes[:2]
        ('Mon', 'Tue')
    """
    return view_windows(model.fitted_model, model.fitted_model.windows(data, part, "encode", every))


def view_windows(fitted: FittedModel, windows: Windows) -> CodeView:
    """Return the codes of windows, inferred from their values, with the labels of their last rows.

    Raises:
        ConfigError: the code has no blocks of b.

    Example:
        >>> from divecast.plots import view_windows
        >>> view = view_windows(model.fitted_model, model.fitted_model.windows(panel, "test"))
        >>> [factor.name for factor in view.factors]
        ['hour', 'weekday']
    """
    if not fitted.network.marginal.mixtures:
        raise ConfigError("The code of this model has no blocks of b", hint="Fit a model with {factors}")
    codes = encode_windows(fitted, windows)
    labels = windows.labels[windows.origins - 1].astype(np.int64)
    factors = [
        _factor(fitted, at, labels[:, at], codes.b_mean[at].astype(np.float64), codes.b_sd[at].astype(np.float64))
        for at in range(len(codes.factors))
    ]
    rows = windows.labels[(windows.labels >= 0).all(axis=1)].astype(np.int64)
    return CodeView(tuple(factors), codes.a_mean.astype(np.float64), tuple(rows.T), windows.source.backend)


def view_codes(codes: Codes) -> CodeView:
    """Return codes with the most probable classes as labels, and without a prior.

    Raises:
        ConfigError: the code has no factors.
    """
    if not codes.factors:
        raise ConfigError("The code of this model has no factors to show", hint="Fit a model with {factors}")
    factors = []
    for at, (name, classes) in enumerate(zip(codes.factors, codes.classes, strict=True)):
        mean, sd = codes.b_mean[at].astype(np.float64), codes.b_sd[at].astype(np.float64)
        kind: Kind = "plain" if len(classes) <= MANY else "ordered"
        none = np.empty((0, mean.shape[1]))
        labels = codes.probabilities[at].argmax(axis=1).astype(np.int64)
        prior = np.empty((len(classes), 0, mean.shape[1]))
        factors.append(FactorView(name, kind, classes, labels, mean, sd, none, none, prior))
    every = tuple(factor.labels for factor in factors)
    return CodeView(tuple(factors), codes.a_mean.astype(np.float64), every, codes.keys.backend)


def two_components(values: Floats) -> Floats:
    """Return the first two principal components, (window, 2); values of at most two dimensions as they are."""
    if values.shape[1] <= 2 or not len(values):
        return values[:, :2]
    centred: Floats = values - values.mean(axis=0)
    directions: Floats = np.linalg.svd(centred, full_matrices=False)[2][:2]
    components: Floats = centred @ directions.T
    return components


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
