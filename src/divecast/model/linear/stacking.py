"""Stacked ridge regression: an average of many ridge regressions per channel, weighted by validation error.

A ridge regression shrinks its weights towards 0, and so its forecast towards the training mean. That suits a stationary
series but not one that drifts; how much to shrink, and whether labels help, differs between series as well. So all
combinations of these are averaged, for every step of every channel:

* reference: the map acts on the window, on its difference from its own mean, or on that from its last value, and
  forecasts the same difference (as in NLinear, Zeng et al. 2023, and the linear maps of Toner and Darlow 2024);
* labels: with or without covariates;
* penalty: from weak to strong;
* scope: a map of the channel, or one map shared by all channels (as in NLinear). Similar channels help each other, most
  if a channel has few windows for the horizon;
* family: the map acts on the values, on their residuals from the effects of the rows (docs/theory.md), or on those from
  the effects that are not of the calendar; to the latter two, the same effects of the target rows are added.

Each is a linear map of [window | covariates], and so is their weighted mean. Weights are pseudo-BMA weights (Yao et al.
2018) under a normal likelihood: exp(-n/2 log MSE), where n is the number of validation windows that do not overlap. Few
windows leave the weights nearly equal, many select. All is computed from the Gram matrices; windows are not read again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from divecast.model.linear.ridge import CarriedWeights, RidgeSums, RidgeWeights

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Penalties as shares of the number of windows (our choice)."""

_SMALLEST_SCALE = 1e-3
_SMALLEST_SHARE = 1e-12


@dataclass(frozen=True, slots=True)
class FamilySums:
    """The sums from which the maps of a family are solved and weighed.

    Attributes:
        train: sums over the training windows.
        valid: sums over the validation windows, of the same shape; unused if the weights of the maps are given.
        pooled: sums over the training windows of all channels, as if of one channel, for the shared maps.
    """

    train: RidgeSums
    valid: RidgeSums
    pooled: RidgeSums


def stacked_ridge(families: Sequence[FamilySums], overlap: float, mix: Tensor | None = None) -> RidgeWeights:
    """Return the weighted mean of all regressions of every channel.

    Args:
        families: sums of the windows' values, and of each family of their residuals from effects of the rows.
        overlap: number of validation windows that share a step of the future; they count as one.
        mix: weights of the maps, as a former result has them, which are used instead of validation windows.

    Returns:
        The mean maps, with the scale of their training residuals (of a mean of families, at least that). Without
        validation windows, all maps have equal weights.
    """
    shared = [_Maps.of(family.pooled, 0) for family in families]
    channels = range(families[0].train.shape.channel)
    means, mixes = [], []
    for channel in channels:
        maps = _Solved.of(families, shared, channel)
        weights = maps.weights(families, channel, overlap) if mix is None else mix[channel].double()
        means.append(maps.averaged(weights))
        mixes.append(weights.float())
    variance = torch.stack([_mean_variance(families, mean, channel) for channel, mean in enumerate(means)])
    count = families[0].train.count
    scale = variance.clamp(min=_SMALLEST_SCALE**2).sqrt().where(count[:, None] > 0, 1.0)
    own, *carried = (
        CarriedWeights(
            torch.stack([mean.weight for mean in of_family]).float(),
            torch.stack([mean.share for mean in of_family]).float(),
        )
        for of_family in zip(*means, strict=True)
    )
    return RidgeWeights(own.weight, scale.float(), count.clone(), tuple(carried), torch.stack(mixes))


def weighed_ridge(
    maps: Sequence[RidgeWeights], valid: Sequence[RidgeSums], overlap: float, mix: Tensor | None = None
) -> RidgeWeights:
    """Return the weighted mean of one map of each family, for each channel and step.

    Args:
        maps: maps of the values, and of each family of residuals.
        valid: sums over the validation windows of the same.
        overlap: as in ``stacked_ridge``.
        mix: as in ``stacked_ridge``.
    """
    if mix is None:
        scores = [
            torch.stack(
                [
                    _score(sums, channel, _mean_squares(sums, channel, weight.double()), overlap)
                    for channel, weight in enumerate(each.weight)
                ]
            )
            for each, sums in zip(maps, valid, strict=True)
        ]
        mix = torch.softmax(torch.stack(scores, dim=1), dim=1).float()
    shares = mix.unbind(1)
    variance = sum(share * each.residual_scale.square() for share, each in zip(shares, maps, strict=True))
    own, *carried = (CarriedWeights(e.weight * share[:, None], share) for share, e in zip(shares, maps, strict=True))
    return RidgeWeights(own.weight, torch.as_tensor(variance).sqrt(), maps[0].n_windows, tuple(carried), mix)


@dataclass(frozen=True, slots=True)
class _Mean:
    """The mean map of a family times its share, (input, horizon), and the share, (horizon,)."""

    weight: Tensor
    share: Tensor


@dataclass(frozen=True, slots=True)
class _Maps:
    """All maps of a channel, as maps of the inputs themselves: ``base + ends @ mix`` for each reference.

    A regression on differences from a reference is one on the inputs whose window weights sum to 1, without a penalty
    along the reference. So all references share the Cholesky factor of the inputs' Gram matrix, and their maps differ
    by its solutions for the sum and for the last value.

    Attributes:
        base: (map, input, horizon), maps without reference, with and without labels, by penalty.
        ends: (map, input, 2), solutions for the sum of the window and for its last value.
        mix: (reference, map, 2, horizon), coefficients of ``ends``.
    """

    base: Tensor
    ends: Tensor
    mix: Tensor

    @classmethod
    def of(cls, sums: RidgeSums, channel: int) -> "_Maps":
        """Return all maps of a channel."""
        shape = sums.shape
        pulls = torch.tensor(PENALTIES, dtype=torch.float64) * sums.count[channel].clamp(min=1)
        base, ends = _solved(sums, channel, pulls).split([shape.horizon, 2], dim=2)
        return cls(
            base, ends, _mix(base[:, : shape.time], ends[:, : shape.time], pulls.repeat(len(base) // len(pulls)))
        )

    def errors(self, sums: RidgeSums, channel: int) -> Tensor:
        """Return the mean squared error of every map at each step, (reference, map, horizon)."""
        gram, cross, power = sums.gram[channel], sums.cross[channel], sums.power[channel]
        image, image_ends = gram @ self.base, gram @ self.ends
        plain = power + (self.base * (image - 2.0 * cross)).sum(1)
        change = 2.0 * self.ends.mT @ (image - cross) + (self.ends.mT @ image_ends) @ self.mix
        return (plain + (self.mix * change).sum(2)) / sums.count[channel].clamp(min=1)

    def averaged(self, shares: Tensor) -> Tensor:
        """Return the mean map, (input, horizon), with weights (reference, map, horizon)."""
        base = torch.einsum("mih,mh->ih", self.base, shares.sum(0))
        return base + torch.einsum("mie,meh->ih", self.ends, (self.mix * shares[:, :, None]).sum(0))


@dataclass(frozen=True, slots=True)
class _Solved:
    """All maps of a channel: of each family, its own and the shared ones."""

    pairs: tuple[tuple[_Maps, _Maps], ...]

    @classmethod
    def of(cls, families: Sequence[FamilySums], shared: Sequence[_Maps], channel: int) -> "_Solved":
        """Solve the maps of a channel."""
        of_families = zip(families, shared, strict=True)
        return cls(tuple((_Maps.of(family.train, channel), maps) for family, maps in of_families))

    def weights(self, families: Sequence[FamilySums], channel: int, overlap: float) -> Tensor:
        """Return the weights of all maps by their validation errors, (map, horizon) float64."""
        scores = []
        for family, pair in zip(families, self.pairs, strict=True):
            errors = torch.stack([maps.errors(family.valid, channel) for maps in pair])
            scores.append(_score(family.valid, channel, errors, overlap).flatten(0, 2))
        return torch.softmax(torch.cat(scores), dim=0)

    def averaged(self, weights: Tensor) -> list[_Mean]:
        """Return the weighted mean of the maps of each family, float64."""
        means = []
        for pair, part in zip(self.pairs, weights.split([self._n_maps(pair) for pair in self.pairs]), strict=True):
            of_own, of_shared = part.view(2, *pair[0].mix.shape[:2], -1)
            means.append(_Mean(pair[0].averaged(of_own) + pair[1].averaged(of_shared), part.sum(0)))
        return means

    @staticmethod
    def _n_maps(pair: tuple[_Maps, _Maps]) -> int:
        return len(pair) * pair[0].mix.shape[0] * pair[0].mix.shape[1]


def _solved(sums: RidgeSums, channel: int, pulls: Tensor) -> Tensor:
    """Solve for the future, the sum of the window and its last value, (map, input, horizon + 2).

    The window comes first among the inputs, so its Cholesky factor is the first block of the factor of all inputs.
    """
    shape, gram = sums.shape, sums.gram[channel]
    ends = torch.zeros(shape.n_inputs, 2, dtype=torch.float64)
    ends[: shape.time, 0] = ends[shape.time - 1, 1] = 1.0
    wanted = torch.cat([sums.cross[channel], ends], dim=1)
    factors = [torch.linalg.cholesky(gram + pull * torch.eye(shape.n_inputs, dtype=torch.float64)) for pull in pulls]
    return torch.stack(
        [
            pad(torch.cholesky_solve(wanted[:n], factor[:n, :n]), (0, 0, 0, shape.n_inputs - n))
            for n in dict.fromkeys((shape.n_inputs, shape.time))
            for factor in factors
        ]
    )


def _mix(base: Tensor, ends: Tensor, pulls: Tensor) -> Tensor:
    """Return the coefficients of ``ends`` for the references none, mean and last value, (reference, map, 2, horizon).

    With weights f, penalty p and reference r: sum f = 1, and r'f = |r|^2 k / p, where k is the coefficient of the
    solution for r. The mean is along the sum, so the first condition is enough.

    Args:
        base: (map, time, horizon).
        ends: (map, time, 2).
        pulls: (map,) penalties.
    """
    missing, last = 1.0 - base.sum(1), base[:, -1]
    (of_sum, across), of_last = ends.sum(1).T[..., None], ends[:, -1, 1:] - 1.0 / pulls[:, None]
    zero, size = torch.zeros_like(last), of_sum * of_last - across**2  # size < 0: penalties are above 0
    by_mean = torch.stack([missing / of_sum, zero], dim=1)
    by_last = torch.stack([of_last * missing + across * last, -of_sum * last - across * missing], dim=1)
    return torch.stack([torch.zeros_like(by_mean), by_mean, by_last / size[:, None]])


def _score(valid: RidgeSums, channel: int, errors: Tensor, overlap: float) -> Tensor:
    """Return the log weights of maps from their mean squared validation errors, of the same shape."""
    return -0.5 * (valid.count[channel] / overlap) * errors.clamp(min=_SMALLEST_SCALE**2).log()


def _mean_variance(families: Sequence[FamilySums], means: Sequence[_Mean], channel: int) -> Tensor:
    """Return the training errors of each family's mean map, averaged by the families' shares, (horizon,).

    The squared error of a mean of two forecasts is at most the mean of their squared errors.
    """
    of_families = [
        mean.share * _mean_squares(family.train, channel, mean.weight / mean.share.clamp(min=_SMALLEST_SHARE))
        for family, mean in zip(families, means, strict=True)
    ]
    return torch.stack(of_families).sum(0)


def _mean_squares(sums: RidgeSums, channel: int, weight: Tensor) -> Tensor:
    """Return the mean squared error of a map at each step, (horizon,)."""
    gram, cross, power = sums.gram[channel], sums.cross[channel], sums.power[channel]
    return (power + (weight * (gram @ weight - 2.0 * cross)).sum(0)) / sums.count[channel].clamp(min=1)
