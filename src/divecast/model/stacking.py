"""Many ridge regressions of a channel made one, weighed by how well each forecasts the validation part.

A ridge regression draws its weights towards zero, and with that its forecast towards the training mean. That is right
for a series that stays where it was and wrong for one that drifts; how strongly to draw, and whether the labels help,
differs by series, too. So every step of every channel gets all of them:

* reference: weights act on the window as it is, on its distance to its own mean, or on that to its last value, and
  forecast the same distance (as in NLinear, Zeng et al. 2023, and the linear maps of Toner and Darlow 2024);
* labels: with covariates or without;
* penalty: from weak to strong.

Each is a linear map of [window | covariates], and so is their weighted mean. Weights are pseudo-BMA weights (Yao et al.
2018) under a normal likelihood: exp(-n/2 log MSE) with n the validation windows that do not overlap, so few of them
leave the weights nearly equal and many choose. All comes from the Gram matrices; no window is read again.
"""

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor

from divecast.model.ridge import RidgeSums, RidgeWeights

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Shares of the number of windows (ours)."""

_SMALLEST_SCALE = 1e-3


def stacked_ridge(train: RidgeSums, valid: RidgeSums, overlap: float) -> RidgeWeights:
    """Solve all regressions of every channel and average them.

    Args:
        train: sums over the training windows.
        valid: sums over the validation windows, of the same shape.
        overlap: validation windows that share a step of the future, which count as one.

    Returns:
        The averaged maps, with the scale of their residuals in training. A channel without validation windows averages
        all maps alike.
    """
    channels = range(train.shape.channel)
    weight = torch.stack([_averaged(train, valid, channel, overlap) for channel in channels])
    variance = torch.stack([_mean_squares(train, channel, weight[channel]) for channel in channels])
    scale = variance.clamp(min=_SMALLEST_SCALE**2).sqrt().where(train.count[:, None] > 0, 1.0)
    return RidgeWeights(weight.float(), scale.float(), train.count.clone())


def _averaged(train: RidgeSums, valid: RidgeSums, channel: int, overlap: float) -> Tensor:
    """Return the averaged map of a channel, (input, horizon) float64."""
    maps = torch.stack(list(_maps(train, channel)))
    errors = torch.stack([_mean_squares(valid, channel, each) for each in maps])
    n_independent = valid.count[channel] / overlap
    shares = torch.softmax(-0.5 * n_independent * errors.clamp(min=_SMALLEST_SCALE**2).log(), dim=0)
    return torch.einsum("mh,mih->ih", shares, maps)


def _maps(sums: RidgeSums, channel: int) -> Iterator[Tensor]:
    """Yield the maps of a channel, (input, horizon) each, all for inputs as they are."""
    shape, n_windows = sums.shape, sums.count[channel].clamp(min=1)
    gram, cross = sums.gram[channel], sums.cross[channel]
    for reference, n_used in product(_references(shape.time), {shape.n_inputs: None, shape.time: None}):
        change = torch.eye(n_used, dtype=torch.float64)  # inputs as they are -> their distances to the reference
        change[: shape.time, : shape.time] -= reference[:, None]
        level = torch.cat([reference, reference.new_zeros(n_used - shape.time)])[:, None]
        moved = change.T @ gram[:n_used, :n_used] @ change
        target = change.T @ (cross[:n_used] - gram[:n_used, :n_used] @ level)
        for penalty in PENALTIES:
            pulled = moved + torch.eye(n_used, dtype=torch.float64) * penalty * n_windows
            solved = change @ torch.cholesky_solve(target, torch.linalg.cholesky(pulled)) + level
            yield torch.cat([solved, solved.new_zeros(shape.n_inputs - n_used, shape.horizon)])


def _references(time: int) -> tuple[Tensor, Tensor, Tensor]:
    """Weights of the window's values that make up the reference: none, the mean, the last value."""
    zero = torch.zeros(time, dtype=torch.float64)
    last = zero.clone()
    last[-1] = 1.0
    return zero, zero + 1.0 / time, last


def _mean_squares(sums: RidgeSums, channel: int, weight: Tensor) -> Tensor:
    """Return the mean squared error of a map at each step, (horizon,)."""
    gram, cross, power = sums.gram[channel], sums.cross[channel], sums.power[channel]
    return (power + (weight * (gram @ weight - 2.0 * cross)).sum(0)) / sums.count[channel].clamp(min=1)
