"""Maps of values and maps of residuals from effects: which of them gets the weight, against numbers by hand."""

import numpy as np
import pytest
import torch
from torch import Tensor

from divecast.model.linear.ridge import RidgeShape, RidgeSums, RidgeWeights
from divecast.model.linear.stacking import FamilySums, stacked_ridge, weighed_ridge

TIME, HORIZON = 5, 3
SHAPE = RidgeShape(time=TIME, horizon=HORIZON, channel=2)


def sums_of(x: Tensor, y: Tensor) -> RidgeSums:
    sums = RidgeSums(SHAPE)
    sums.update(x, y, x.new_empty(len(x), 0))
    return sums


class Windows:
    """Windows of a residual that carries on by half of its last value, plus effects that no window tells."""

    def __init__(self, n: int, seed: int, useful: bool) -> None:
        draw = torch.Generator().manual_seed(seed)
        x = torch.randn(n, TIME, 2, generator=draw)
        y = 0.5 * x[:, -1:] + 0.3 * torch.randn(n, HORIZON, 2, generator=draw)
        self.past, self.ahead = (2.0 * torch.randn(n, steps, 2, generator=draw) for steps in (TIME, HORIZON))
        self.x, self.y = (x + self.past, y + self.ahead) if useful else (x, y)

    def values(self) -> RidgeSums:
        return sums_of(self.x, self.y)

    def residuals(self) -> RidgeSums:
        return sums_of(self.x - self.past, self.y - self.ahead)

    def forecast(self, maps: RidgeWeights) -> Tensor:
        own = torch.einsum("btc,cth->bhc", self.x, maps.weight)
        for carried in maps.carried:
            own = own + torch.einsum("btc,cth->bhc", self.x - self.past, carried.weight)
            own = own + carried.share.T * self.ahead
        return own


def families(train: Windows, valid: Windows) -> tuple[FamilySums, FamilySums]:
    pairs = ((train.values(), valid.values()), (train.residuals(), valid.residuals()))
    of_values, of_residuals = (FamilySums(one, other, one.pooled()) for one, other in pairs)
    return of_values, of_residuals


@pytest.mark.parametrize("useful", [True, False])
def test_the_family_that_forecasts_gets_the_weight(useful: bool) -> None:
    train, valid, test = (Windows(n, seed, useful) for seed, n in enumerate((600, 200, 400)))
    both, alone = (stacked_ridge(families(train, valid)[:n], overlap=3.0) for n in (2, 1))
    np.testing.assert_allclose(both.carried[0].share, 1.0 if useful else 0.0, atol=0.01)
    errors = [float((test.forecast(maps) - test.y).square().mean()) for maps in (both, alone)]
    assert errors[0] < (0.1 if useful else 1.01) * errors[1]
    if useful:
        assert errors[0] == pytest.approx(0.3**2, rel=0.1)


def test_few_windows_leave_both_families_their_half() -> None:
    train = Windows(600, 0, useful=True)
    maps = stacked_ridge(families(train, Windows(200, 1, useful=True)), overlap=1e9)
    np.testing.assert_allclose(maps.carried[0].share, 0.5, atol=1e-4)


def test_the_weights_of_two_maps_are_those_by_hand() -> None:
    train, valid = Windows(300, 0, useful=True), Windows(40, 1, useful=True)
    valid.y = valid.y + 1.5 * torch.randn(valid.y.shape, generator=torch.Generator().manual_seed(9))
    maps = train.values().solve(0.1), train.residuals().solve(0.1)
    overlap = 4.0
    found = weighed_ridge(maps, (valid.values(), valid.residuals()), overlap)
    misses = (
        valid.y - torch.einsum("btc,cth->bhc", valid.x, maps[0].weight),
        valid.y - valid.ahead - torch.einsum("btc,cth->bhc", valid.x - valid.past, maps[1].weight),
    )
    squares = np.stack([each.double().square().mean(0).T.numpy() for each in misses])  # (family, channel, horizon)
    powers = squares ** (-0.5 * 40 / overlap)
    own, share = powers / powers.sum(0)
    assert 0.01 < share.min() < share.max() < 1.0
    np.testing.assert_allclose(found.carried[0].share, share, rtol=1e-3)
    np.testing.assert_allclose(found.weight, maps[0].weight.numpy() * own[:, None], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(found.carried[0].weight, maps[1].weight.numpy() * share[:, None], rtol=1e-3, atol=1e-6)
    scales = [each.residual_scale.square().numpy() for each in maps]
    np.testing.assert_allclose(found.residual_scale, np.sqrt(own * scales[0] + share * scales[1]), rtol=1e-3)


def test_a_mean_of_both_families_misses_no_more_than_its_scale_says() -> None:
    train = Windows(600, 0, useful=True)
    maps = stacked_ridge(families(train, Windows(200, 1, useful=True)), overlap=60.0)
    missed = (train.forecast(maps) - train.y).square().mean(0).sqrt().T
    assert (missed <= 1.001 * maps.residual_scale).all()
