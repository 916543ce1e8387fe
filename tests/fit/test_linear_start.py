"""The closed-form start: in groups as at once, and steady where windows are few."""

from dataclasses import replace

import pytest
import torch

from divecast.fit import linear_start
from divecast.fit.linear_start import Start, start_linear
from divecast.model.linear.label_covariates import label_covariates, one_hots
from divecast.model.linear.ridge import RidgeShape, RidgeSums
from divecast.model.network import Dimensions, Network
from divecast.types import Batch, ChannelSample, WindowEffects
from laws import assert_same_bits, frozen
from train.test_channels import N, Panel, net, panel
from worlds import FREQUENCIES, KINDS, SMALL

SHAPE = RidgeShape(8, 3, N, 6)
PENALTY = 1e-3


def planted(n: int, seed: int = 0) -> tuple[Panel, torch.Tensor]:
    """Windows whose future is one map of the past for all channels, and noise."""
    source, draw = panel(n, seed), torch.Generator().manual_seed(7)
    weight = torch.randn(8, 3, generator=draw) / 8**0.5
    noise = torch.randn(source.y.shape, generator=draw)
    source.y.copy_(torch.einsum("btc,th->bhc", source.x, weight) + noise)
    return source, weight


def test_it_is_the_ridge_of_every_channel() -> None:
    model, source = net(), panel(300, missing=0.05)
    start_linear(model, source, source, Start("ridge", PENALTY, 1, 0))
    sums, batch = RidgeSums(SHAPE), source.batch(torch.arange(300))
    sums.update(batch.x, batch.y, label_covariates(one_hots(batch.labels, (4, 2)), (), batch.x))
    ridge = sums.solve(PENALTY)
    torch.testing.assert_close(model.forecaster.linear.weight, ridge.weight)
    torch.testing.assert_close(model.forecaster.likelihood.log_scale.exp(), ridge.residual_scale.T)


def test_three_families_are_the_ridges_of_their_residuals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps of values and of residuals from what is told read the labels, those of residuals from all effects do not."""
    source, draw = panel(300), torch.Generator().manual_seed(1)
    x, y = source.x, source.y
    past, ahead, told_past, told_ahead = (torch.randn(300, steps, N, generator=draw) for steps in (8, 3, 8, 3))

    def batch(index: torch.Tensor, sample: ChannelSample | None = None) -> Batch:
        every = WindowEffects(past, ahead, told_past, told_ahead)
        return Batch(x[index], y[index], source.labels[index], effects=every.map(lambda each: each[index]))

    monkeypatch.setattr(Panel, "batch", lambda self, index, sample=None: batch(index, sample))
    model = Network(Dimensions(8, 3, N, KINDS, FREQUENCIES, effects="told"), SMALL).eval()
    mix = start_linear(model, source, source, Start("ridge", PENALTY, 1, 0))
    assert [family.labels for family in model.forecaster.families] == [True, False, True]
    covariates = label_covariates(one_hots(source.labels, (4, 2)), (), x)
    linear, (shares,) = model.forecaster.linear, mix.of_groups
    from_all, from_told = (x - past, y - ahead, covariates[:, :0]), (x - told_past, y - told_ahead, covariates)
    maps = []
    for number, (read, wanted, labels) in enumerate(((x, y, covariates), from_all, from_told)):
        sums = RidgeSums(replace(SHAPE, covariate=labels.shape[1]))
        sums.update(read, wanted, labels)
        maps.append(sums.solve(PENALTY).weight * shares[:, number, None])
    torch.testing.assert_close(linear.weight[:, :8], maps[0][:, :8], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(linear.weight[:, 8:], maps[0][:, 8:] + maps[2][:, 8:], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(linear.carry, torch.stack([each[:, :8] for each in maps[1:]]), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(linear.share, shares[:, 1:].transpose(0, 1))


@pytest.mark.parametrize(("linear", "few"), [("ridge", False), ("ridge", True), ("stacked", False)])
def test_groups_of_channels_start_as_all_at_once(linear: str, few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, grouped, source = net(), net(), panel(300, missing=0.05)
    if few:
        monkeypatch.setattr(linear_start, "_MOST_PRODUCTS", 0)
        monkeypatch.setattr(linear_start, "_LEAST_WINDOWS", 100)
        monkeypatch.setattr(linear_start, "_SHARED_CHANNELS", 2)
    start_linear(whole, source, source, Start(linear, PENALTY, 1, 0))
    source.asked.clear()
    monkeypatch.setattr(linear_start, "_ONE_GROUP_BYTES", 0)
    monkeypatch.setattr(linear_start, "_SUM_BYTES", 2 * 2 * 8 * 14 * 17)  # of both parts of the data
    start_linear(grouped, source, source, Start(linear, PENALTY, 1, 0))
    groups = [tuple(sample.index.tolist()) for sample in source.asked][1 if few else 0 :]
    assert list(dict.fromkeys(groups)) == [(0, 1), (2, 3), (4, 5)]
    for name, value in frozen(whole).items():
        torch.testing.assert_close(frozen(grouped)[name], value, rtol=1e-4, atol=1e-5)


class Rows:
    """Windows of one row after the other of a series."""

    def __init__(self, n: int, gap: int | None = None) -> None:
        draw = torch.Generator().manual_seed(3)
        series = torch.randn(n + 10, N, generator=draw).cumsum(0) / 10
        if gap is not None:
            series[gap : gap + 4, 1] = float("nan")
        self.steps = series.unfold(0, 11, 1).transpose(1, 2)
        self.labels = torch.stack([torch.arange(n) % 4, torch.randint(-1, 2, (n,), generator=draw)], dim=1)

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, index: torch.Tensor, sample: ChannelSample | None = None) -> Batch:
        steps = self.steps[index] if sample is None else self.steps[index][:, :, sample.index]
        return Batch(steps[:, :8], steps[:, 8:], self.labels[index], sample)


@pytest.mark.parametrize("piece", [1, 3, 20, 99, 100, 1000])
@pytest.mark.parametrize("gap", [None, 0, 50, 200])
def test_windows_that_follow_one_another_are_each_added_once(
    piece: int, gap: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, source = net(), Rows(200, gap)
    monkeypatch.setattr(linear_start, "_LEAST_RUN", 20)
    monkeypatch.setattr(linear_start, "_MOST_RUN", 101)
    monkeypatch.setattr(linear_start, "_PIECE_VALUES", piece * N * 11)
    monkeypatch.setattr(linear_start, "_BATCH_WINDOWS", 30)
    (found,) = linear_start._sums(model, source, torch.arange(200), torch.arange(N)).of
    expected = RidgeSums(SHAPE)
    batch = source.batch(torch.arange(200))
    expected.update(batch.x, batch.y, label_covariates(one_hots(batch.labels, (4, 2)), (), batch.x))
    for name in ("gram", "cross", "power", "count"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=1e-5, atol=1e-4)


def test_few_windows_are_drawn_towards_what_channels_share(monkeypatch: pytest.MonkeyPatch) -> None:
    source, truth = planted(4000)
    monkeypatch.setattr(linear_start, "_MOST_PRODUCTS", 0)
    monkeypatch.setattr(linear_start, "_LEAST_WINDOWS", 60)
    errors = {}
    for penalty in (0.03, 1e-6):
        monkeypatch.setattr(linear_start, "_SHARED_PENALTY", penalty)
        model = net()
        start_linear(model, source, source, Start("ridge", PENALTY, 1, 0))
        errors[penalty] = float((model.forecaster.linear.weight[:, :8] - truth).square().mean())
    assert errors[0.03] < 0.95 * errors[1e-6]


def test_windows_are_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    source, models = panel(300), [net() for _ in range(3)]
    monkeypatch.setattr(linear_start, "_MOST_PRODUCTS", 0)
    monkeypatch.setattr(linear_start, "_LEAST_WINDOWS", 100)
    state = torch.get_rng_state()
    for model, seed in zip(models, (0, 0, 1), strict=True):
        start_linear(model, source, source, Start("ridge", PENALTY, 1, seed))
    assert torch.equal(torch.get_rng_state(), state)
    assert_same_bits(frozen(models[1]), frozen(models[0]))
    assert not torch.equal(models[2].forecaster.linear.weight, models[0].forecaster.linear.weight)


def test_a_large_penalty_leaves_the_shared_map_and_that_is_the_one_of_all_rows() -> None:
    source, _ = planted(200)
    batch = source.batch(torch.arange(200))
    sums = RidgeSums(RidgeShape(8, 3, N))
    sums.update(batch.x, batch.y, torch.zeros(200, 0))
    shared = sums.pooled().solve(1e-9).weight[0].double()
    rows = [each.permute(0, 2, 1).flatten(0, 1).double() for each in (batch.x, batch.y)]
    torch.testing.assert_close(shared, torch.linalg.lstsq(*rows).solution, rtol=1e-4, atol=1e-5)
    near = sums.solve(1e6, shared).weight
    torch.testing.assert_close(near, shared.float().expand(N, -1, -1), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(sums.solve(0.1, torch.zeros_like(shared)).weight, sums.solve(0.1).weight)


@pytest.mark.parametrize(("drawn", "made"), [(1000, "stacked"), (200, "stacked"), (100, "shared")])
def test_it_stacks_as_long_as_windows_are_many_for_the_inputs(
    drawn: int, made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear_start, "_MOST_PRODUCTS", 0)
    monkeypatch.setattr(linear_start, "_LEAST_WINDOWS", drawn)
    source, state = panel(300), torch.get_rng_state()
    assert start_linear(net(), source, source, Start("stacked", PENALTY, 1, 0)).kind == made
    assert torch.equal(torch.get_rng_state(), state)


def test_windows_further_apart_than_the_horizon_count_once() -> None:
    source, apart, adjoining = panel(300), net(), net()
    start_linear(apart, source, source, Start("stacked", PENALTY, 50, 0))
    start_linear(adjoining, source, source, Start("stacked", PENALTY, 3, 0))
    assert torch.equal(apart.forecaster.linear.weight, adjoining.forecaster.linear.weight)
