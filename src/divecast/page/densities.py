"""Section of the page: density of each class along every dimension of b, beside the prior."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.inference.results import Codes, Labels
from divecast.model.component import build_density
from divecast.model.prior import RBFMixture
from divecast.page.packed import Packed, pack
from divecast.page.scope import Scope

Floats = NDArray[np.float64]

_STEPS = 121
_MARGIN = 4.0  # widths of the grid beyond the outermost centre
_LEAST_SD = 0.75  # grid steps: a narrower posterior would fall between two grid points


@dataclass(frozen=True, slots=True)
class BlockDensity:
    """One factor's block of b.

    Attributes:
        factor: name.
        dimensions: names.
        grid: (step, dimension) positions.
        classes: (class, step, dimension) share of the class times the mean of q(b|x) over its windows.
        prior: (step, dimension) density of the mixture.
    """

    factor: str
    dimensions: tuple[str, ...]
    grid: Packed
    classes: Packed
    prior: Packed


def densities_of(scope: Scope, codes: Codes, labels: Labels | None) -> tuple[BlockDensity, ...] | str:
    """Return the densities over the scored windows, or why there are none."""
    mixtures = scope.fitted.network.marginal.mixtures
    if not mixtures or labels is None:
        return "This model has no block of the code with a prior per class, so there are no densities to show."
    densities = []
    for factor, mixture in enumerate(mixtures):
        name, mean, sd = codes.factors[factor], codes.b_mean[factor], codes.b_sd[factor]
        grid = _grid(mixture, mean)
        given = labels.given[:, factor]
        classes = given if (given >= 0).any() else labels.inferred[:, factor]
        by_class = _by_class(grid, mean.astype(np.float64), sd.astype(np.float64), classes, mixture.n_classes)
        dims = tuple(f"b_{name}{i}" for i in range(mixture.dims))
        densities.append(BlockDensity(name, dims, pack(grid), pack(by_class, 8), pack(prior_density(mixture, grid))))
    return tuple(densities)


@torch.no_grad()
def prior_density(mixture: RBFMixture, grid: Floats) -> Floats:
    """Return sum_k pi_k f_k along each dimension, (step, dimension)."""
    centres, width = mixture.centres()[:, None], mixture.log_width.exp()[:, None, None]
    log_f = build_density(mixture.density, centres, width).log_prob(torch.from_numpy(grid).to(centres))
    total: Floats = (mixture.log_pi.exp()[:, None, None] * log_f.exp()).sum(0).cpu().double().numpy()
    return total


@torch.no_grad()
def _grid(mixture: RBFMixture, mean: NDArray[np.float32]) -> Floats:
    centres, width = mixture.centres().cpu().double().numpy(), mixture.log_width.exp().cpu().double().numpy()
    low = np.minimum((centres - _MARGIN * width[:, None]).min(0), np.quantile(mean, 0.005, axis=0))
    high = np.maximum((centres + _MARGIN * width[:, None]).max(0), np.quantile(mean, 0.995, axis=0))
    grid: Floats = np.linspace(low, high, _STEPS)
    return grid


def _by_class(grid: Floats, mean: Floats, sd: Floats, classes: NDArray[np.int64], n_classes: int) -> Floats:
    densities = np.zeros((n_classes, *grid.shape))
    wide = np.sqrt(sd**2 + (_LEAST_SD * (grid[1] - grid[0])) ** 2)
    n_known = max(1, int((classes >= 0).sum()))
    for k in range(n_classes):
        m, s = mean[classes == k][:, None], wide[classes == k][:, None]
        densities[k] = (np.exp(-0.5 * ((grid - m) / s) ** 2) / (s * np.sqrt(2 * np.pi))).sum(axis=0) / n_known
    return densities
