"""The stacked ridge: every map against a regression done by hand, and the weights of the maps."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from divecast.model.linear import stacking
from divecast.model.linear.ridge import RidgeShape, RidgeSums
from divecast.model.linear.stacking import FamilySums, stacked_ridge

SHAPE = RidgeShape(time=5, horizon=3, channel=2, covariate=2)
Floats = NDArray[np.float64]


def some(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Windows of two channels with levels of their own and two indicator covariates."""
    draw = torch.Generator().manual_seed(seed)
    steps = torch.randn(n, 8, 2, generator=draw).cumsum(1) + 2.0 * torch.randn(n, 1, 2, generator=draw)
    labels = torch.randint(2, (n,), generator=draw)
    return steps[:, :5], steps[:, 5:], torch.nn.functional.one_hot(labels, 2).float()


def sums_of(n: int, seed: int) -> RidgeSums:
    sums = RidgeSums(SHAPE)
    sums.update(*some(n, seed))
    return sums


def maps_of(sums: RidgeSums, channel: int) -> torch.Tensor:
    """Every map, (map, input, horizon): the mean of which it has the whole share."""
    maps = stacking._Maps.of(sums, channel)
    shape = (3, *maps.base.shape[:1], SHAPE.horizon)
    each = torch.eye(shape[0] * shape[1], dtype=torch.float64).view(-1, *shape[:2], 1)
    return torch.stack([maps.averaged(share.expand(shape)) for share in each])


def all_maps(sums: RidgeSums, channel: int) -> torch.Tensor:
    """A channel's own maps and those of all channels together."""
    return torch.cat([maps_of(sums, channel), maps_of(sums.pooled(), 0)])


def by_hand(reference: str, labels: bool, penalty: float, channel: int) -> Floats:
    """Regress the distances to the reference, then forecast new windows."""
    x, y, known = (part.double().numpy() for part in some(200, 0))
    new, _, new_known = (part.double().numpy() for part in some(20, 9))

    def level(window: Floats) -> Floats:
        return {"zero": 0.0 * window[:, :1], "mean": window.mean(1, keepdims=True), "last": window[:, -1:]}[reference]

    def inputs(window: Floats, side: Floats) -> Floats:
        centred = window - level(window)
        return np.concatenate([centred, side], axis=1) if labels else centred

    features, target = inputs(x[..., channel], known), y[..., channel] - level(x[..., channel])
    pull = penalty * len(x) * np.eye(features.shape[1])
    weight = np.linalg.solve(features.T @ features + pull, features.T @ target)
    return inputs(new[..., channel], new_known) @ weight + level(new[..., channel])


def test_every_map_is_the_regression_on_distances_to_its_reference() -> None:
    new, _, known = (part.double() for part in some(20, 9))
    found = [torch.cat([new[..., 1], known], dim=1) @ each for each in maps_of(sums_of(200, 0), 1)]
    expected = [
        by_hand(reference, labels, penalty, 1)
        for reference in ("zero", "mean", "last")
        for labels in (True, False)
        for penalty in stacking.PENALTIES
    ]
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.numpy(), other, atol=1e-4)


def test_many_validation_windows_choose_the_best_map_and_few_take_the_mean() -> None:
    train, valid = sums_of(200, 0), sums_of(300, 1)
    maps = all_maps(train, 0)
    errors = torch.stack([stacking._mean_squares(valid, 0, each) for each in maps])
    chosen, mean = (stacked_ridge([FamilySums(train, valid, train.pooled())], each).weight[0] for each in (1e-6, 1e9))
    best = errors.argmin(0)
    torch.testing.assert_close(chosen, torch.stack([maps[best[h], :, h] for h in range(3)], dim=1).float())
    torch.testing.assert_close(mean, maps.mean(0).float(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("covariates", [0, 2])
def test_errors_of_all_maps_are_those_of_each(covariates: int) -> None:
    x, y, known = some(200, 5)
    shape = replace(SHAPE, covariate=covariates)
    train, valid = RidgeSums(shape), RidgeSums(shape)
    train.update(x, y, known[:, :covariates])
    valid.update(*some(300, 6)[:2], some(300, 6)[2][:, :covariates])
    found = stacking._Maps.of(train, 1).errors(valid, 1).flatten(0, 1)
    expected = torch.stack([stacking._mean_squares(valid, 1, each) for each in maps_of(train, 1)])
    assert len(found) == (30 if covariates else 15)
    torch.testing.assert_close(found, expected)


def test_a_channel_that_never_moves_is_forecast_by_its_reference() -> None:
    """With nothing to learn from, the window's mean and last value stay."""
    sums = RidgeSums(SHAPE)
    sums.update(*(torch.zeros(50, *part.shape[1:]) for part in some(50, 0)))
    zero, mean, last = maps_of(sums, 0).unflatten(0, (3, -1))
    assert (zero == 0).all()
    torch.testing.assert_close(mean[:, :5], torch.full_like(mean[:, :5], 0.2))
    torch.testing.assert_close(last[:, :5], torch.eye(5, dtype=torch.float64)[4, :, None].expand_as(last[:, :5]))


def test_a_channel_nobody_checked_takes_the_mean() -> None:
    train = sums_of(200, 0)
    maps = all_maps(train, 1)
    found = stacked_ridge([FamilySums(train, RidgeSums(SHAPE), train.pooled())], 1.0).weight[1]
    torch.testing.assert_close(found, maps.mean(0).float(), rtol=1e-4, atol=1e-5)


def test_the_shared_maps_are_those_of_all_windows_as_of_one_channel() -> None:
    x, y, known = some(200, 0)
    together = RidgeSums(replace(SHAPE, channel=1))
    together.update(*(torch.cat([part[..., :1], part[..., 1:]]) for part in (x, y)), torch.cat([known, known]))
    torch.testing.assert_close(maps_of(sums_of(200, 0).pooled(), 0), maps_of(together, 0), rtol=1e-3, atol=1e-4)


def test_a_channel_without_a_past_is_forecast_as_the_others_are() -> None:
    x, y, known = some(200, 0)
    y[..., 1] = torch.nan
    train = RidgeSums(SHAPE)
    train.update(x, y, known)
    valid = sums_of(300, 1)
    found = stacked_ridge([FamilySums(train, valid, train.pooled())], 1e-6)
    best = torch.stack([stacking._mean_squares(valid, 1, each) for each in maps_of(train, 0)]).amin(0)
    reached = stacking._mean_squares(valid, 1, found.weight[1].double())
    assert (reached <= 1.001 * best).all()


def test_errors_come_from_the_sums() -> None:
    x, y, known = some(200, 3)
    weight = torch.randn(7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    missed = y[..., 0].double() - torch.cat([x[..., 0], known], dim=1).double() @ weight
    found = stacking._mean_squares(sums_of(200, 3), 0, weight)
    torch.testing.assert_close(found, missed.square().mean(0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("drift", [0.0, 6.0])
def test_it_follows_a_level_that_moves_on(drift: float) -> None:
    """Trained at one level, checked at another, asked at a third: the plain ridge pulls forecasts back to the first."""

    def windows(level: float, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x, y, known = some(150, seed)
        return 0.2 * x + level, 0.2 * y + level, known

    train, valid = RidgeSums(SHAPE), RidgeSums(SHAPE)
    train.update(*windows(0.0, 0))
    valid.update(*windows(drift, 1))
    x, y, known = windows(2.0 * drift, 2)
    stacked, plain = (
        (weights.forecast(x, known) - y).square().mean()
        for weights in (stacked_ridge([FamilySums(train, valid, train.pooled())], 3), train.solve(0.1))
    )
    assert stacked < (0.2 if drift else 1.02) * plain
