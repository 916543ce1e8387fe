"""Closed-form ridge against numpy's least squares, planted maps and hand-worked fills."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from divecast.errors import ConfigError, DataError
from divecast.model.linear import ridge, window_products
from divecast.model.linear.filled import fill_short, forward_fill
from divecast.model.linear.label_covariates import label_covariates, one_hots
from divecast.model.linear.ridge import RidgeShape, RidgeSums, RidgeWeights

NAN = float("nan")


def world(seed: int, windows: int, channels: int = 3, covariates: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """Windows of 5 steps, 2 future steps and noise, laid out as (batch, channel, time) like real batches."""
    draw = torch.Generator().manual_seed(seed)
    both = torch.randn(windows, channels, 7, generator=draw)
    side = torch.randn(windows, covariates, generator=draw)
    both[:, :, 5:] += both[:, :, 3:5] + 0.5 * both[:, :, :2] + side.sum(dim=1)[:, None, None]
    return both[:, :, :5].transpose(1, 2), both[:, :, 5:].transpose(1, 2), side


def solve(x: Tensor, y: Tensor, side: Tensor, penalty: float = 1e-3, batch: int = 10_000) -> RidgeWeights:
    sums = RidgeSums(RidgeShape(x.shape[1], y.shape[1], x.shape[2], side.shape[1]))
    for rows in torch.arange(len(x)).split(batch):
        sums.update(x[rows], y[rows], side[rows])
    return sums.solve(penalty)


def by_numpy(x: Tensor, y: Tensor, side: Tensor, channel: int, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Least squares on rows stacked with the penalty; weights and residual scale."""
    inputs = torch.cat([x[:, :, channel], side], dim=1).double().numpy()
    target = y[:, :, channel].double().numpy()
    ridge_rows = np.sqrt(penalty * len(inputs)) * np.eye(inputs.shape[1])
    stacked = np.concatenate([inputs, ridge_rows]), np.concatenate([target, np.zeros((len(ridge_rows), 2))])
    weight = np.linalg.lstsq(*stacked, rcond=None)[0]
    return weight, np.sqrt(np.square(target - inputs @ weight).mean(axis=0))


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(20, 300), st.sampled_from([0.0, 1e-3, 0.5]), st.integers(1, 300))
def test_equals_numpy_least_squares_however_batched(seed: int, windows: int, penalty: float, batch: int) -> None:
    x, y, side = world(seed, windows)
    found = solve(x, y, side, penalty, batch)
    for channel in range(3):
        weight, scale = by_numpy(x, y, side, channel, penalty)
        np.testing.assert_allclose(found.weight[channel], weight, atol=1e-4)
        np.testing.assert_allclose(found.residual_scale[channel], scale, rtol=1e-3)
    assert found.n_windows.tolist() == [windows] * 3


def test_recovers_a_planted_map_and_forecasts_it() -> None:
    x, _, side = world(0, 500)
    planted = torch.randn(3, 7, 2, generator=torch.Generator().manual_seed(1))
    y = torch.einsum("btc,cth->bhc", x, planted[:, :5]) + torch.einsum("bk,ckh->bhc", side, planted[:, 5:])
    found = solve(x, y, side, penalty=0.0)
    torch.testing.assert_close(found.weight, planted, atol=1e-4, rtol=0)
    torch.testing.assert_close(found.forecast(x, side), y, atol=1e-3, rtol=0)
    assert (found.residual_scale < 0.01).all()


def test_recovers_a_linear_autoregression() -> None:
    steps = torch.arange(400, dtype=torch.float64)
    series = (torch.sin(0.7 * steps) + 0.5 * torch.cos(0.7 * steps)).float()
    windows = series.unfold(0, 4, 1).unsqueeze(2)
    x, y = windows[:, :2], windows[:, 2:]
    found = solve(x, y, torch.zeros(len(x), 0), penalty=0.0)
    turn = float(2 * np.cos(0.7))
    expected = torch.tensor([[-1.0, turn], [-turn, turn**2 - 1]]).T.unsqueeze(0)
    torch.testing.assert_close(found.weight, expected, atol=1e-3, rtol=0)
    torch.testing.assert_close(found.forecast(x, torch.zeros(len(x), 0)), y, atol=1e-3, rtol=0)


def test_wide_windows_of_many_channels_are_solved_right() -> None:
    # Sizes at which a batched LU solve has been seen to go wrong on several threads.
    draw = torch.Generator().manual_seed(8)
    x, y = torch.randn(600, 211, 8, generator=draw), torch.randn(600, 2, 8, generator=draw)
    found = solve(x, y, torch.zeros(600, 0))
    gram = torch.einsum("btc,bsc->cts", x.double(), x.double()) + 0.6 * torch.eye(211)
    cross = torch.einsum("btc,bhc->cth", x.double(), y.double())
    torch.testing.assert_close(gram @ found.weight.double(), cross, atol=0.01, rtol=0)


def test_channel_and_row_chunks_do_not_change_the_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, side = world(2, 300, channels=7)
    y[::3, 1, 2] = NAN
    whole = solve(x, y, side)
    monkeypatch.setattr(ridge, "_CHUNK_FLOATS", 2 * 7 * 64)
    monkeypatch.setattr(ridge, "_ROWS_AT_ONCE", 64)
    parts = solve(x, y, side)
    torch.testing.assert_close(parts.weight, whole.weight, atol=1e-5, rtol=0)
    torch.testing.assert_close(parts.residual_scale, whole.residual_scale)
    assert torch.equal(parts.n_windows, whole.n_windows)


def plain_sums(x: Tensor, y: Tensor, side: Tensor) -> RidgeSums:
    """Sums by products of float64, window by window in which only short holes of the future are missing."""
    sums = RidgeSums(RidgeShape(x.shape[1], y.shape[1], x.shape[2], side.shape[1]))
    for channel in range(x.shape[2]):
        past = forward_fill(x[:, :, [channel]]).squeeze(2)
        later = fill_short(torch.cat([past[:, -1:, None], y[:, :, [channel]]], dim=1), 3)[:, 1:, 0]
        used = ~later.isnan().any(1)
        inputs, future = torch.cat([past, side], dim=1)[used].double(), later[used].double()
        sums.gram[channel], sums.cross[channel] = inputs.T @ inputs, inputs.T @ future
        sums.power[channel], sums.count[channel] = future.square().sum(0), len(future)
    return sums


def assert_same_sums(found: RidgeSums, expected: RidgeSums) -> None:
    for name in ("gram", "cross", "power", "count"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=1e-5, atol=1e-3)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 3), st.sampled_from([0.0, 0.02, 0.3, 1.0]), st.data())
def test_sums_are_the_plain_sums(seed: int, n: int, stride: int, missing: float, data: st.DataObject) -> None:
    time, horizon, channels = (data.draw(st.integers(1, most)) for most in (8, 4, 3))
    draw = torch.Generator().manual_seed(seed)
    series = torch.randn(stride * n + time + horizon, channels, generator=draw).cumsum(0)
    series[torch.rand(series.shape, generator=draw) < missing] = NAN
    steps = series.unfold(0, time + horizon, stride)[:n].transpose(1, 2)
    x, y = steps.split([time, horizon], dim=1)
    side = label_covariates(one_hots(torch.randint(-1, 3, (n, 2), generator=draw), (3, 3)), ((0, 1),), x)
    sums = RidgeSums(RidgeShape(time, horizon, channels, side.shape[1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_products, "_LEAST_RUN", 3)
        for rows in torch.arange(n).split(25):
            sums.update(x[rows], y[rows], side[rows])
    assert_same_sums(sums, plain_sums(x, y, side))


@pytest.mark.parametrize("covariates", [0, 2])
def test_a_series_adds_what_its_windows_add(covariates: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = torch.Generator().manual_seed(11)
    series, side = torch.randn(106, 3, generator=draw), torch.randn(100, covariates, generator=draw)
    monkeypatch.setattr(ridge, "_ROWS_AT_ONCE", 64)
    monkeypatch.setattr(window_products, "_LEAST_RUN", 3)
    found = RidgeSums(RidgeShape(5, 2, 3, covariates))
    found.update_series(series, side)
    x, y = series.unfold(0, 7, 1).transpose(1, 2).split([5, 2], dim=1)
    assert_same_sums(found, plain_sums(x, y, side))


def test_penalty_shrinks_the_weights() -> None:
    x, y, side = world(4, 200)
    sizes = [solve(x, y, side, penalty).weight.norm().item() for penalty in (0.0, 0.1, 1.0, 100.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.1 * sizes[0]


def test_missing_future_leaves_out_the_window_of_that_channel_only() -> None:
    x, y, side = world(5, 200)
    holed = y.clone()
    lost = torch.arange(200) % 4 == 0
    holed[lost, 1, 1] = NAN
    full, found, kept = solve(x, y, side), solve(x, holed, side), solve(x[~lost], y[~lost], side[~lost])
    assert found.n_windows.tolist() == [200, 150, 200]
    for channel in (0, 2):
        torch.testing.assert_close(found.weight[channel], full.weight[channel], atol=1e-5, rtol=0)
        torch.testing.assert_close(found.residual_scale[channel], full.residual_scale[channel])
    torch.testing.assert_close(found.weight[1], kept.weight[1], atol=1e-5, rtol=0)
    torch.testing.assert_close(found.residual_scale[1], kept.residual_scale[1])


def test_short_holes_of_the_future_are_taken_to_lie_on_a_line() -> None:
    draw = torch.Generator().manual_seed(9)
    series = torch.randn(240, generator=draw).cumsum(0)
    steps = series.unfold(0, 17, 1)[..., None].clone()
    x, side, whole = steps[:, :5], torch.zeros(len(steps), 0), steps[:, 5:]
    for first, size, n_used in ((4, 3, len(x)), (4, 4, 0), (10, 2, 0)):  # short; too long; no known value after it
        holed, lined = whole.clone(), whole.clone()
        holed[:, first : first + size] = NAN
        ends = [steps[:, 5 + at] for at in (first - 1, min(first + size, 11))]
        for at in range(size):
            lined[:, first + at] = ends[0] + (at + 1) / (size + 1) * (ends[1] - ends[0])
        found = solve(x, holed, side)
        assert found.n_windows.tolist() == [n_used]
        if n_used:
            torch.testing.assert_close(found.weight, solve(x, lined, side).weight, atol=1e-5, rtol=0)


def test_missing_past_is_filled_and_leaves_other_channels_alone() -> None:
    x, y, side = world(6, 200)
    holed = x.clone()
    holed[::3, 1, 0] = NAN
    filled = x.clone()
    filled[::3, 1, 0] = x[::3, 0, 0]
    found, expected = solve(holed, y, side), solve(filled, y, side)
    torch.testing.assert_close(found.weight, expected.weight)
    torch.testing.assert_close(found.weight[1:], solve(x, y, side).weight[1:], atol=1e-6, rtol=0)


def test_channel_without_windows_forecasts_its_mean() -> None:
    x, y, side = world(7, 50)
    y[:, 1, 2] = NAN
    found = solve(x, y, side, penalty=0.0)
    assert found.n_windows[2] == 0
    assert (found.weight[2] == 0).all()
    assert (found.residual_scale[2] == 1).all()


class TestErrors:
    def test_shapes(self) -> None:
        x, y, side = world(0, 10)
        with pytest.raises(DataError, match=r"\(10, 5, 3\), \(10, 2, 3\), \(10, 2\)\), got .*\(10, 4, 3\)"):
            RidgeSums(RidgeShape(5, 2, 3, 2)).update(x[:, 1:], y, side)

    def test_series_too_short_or_of_other_rows_than_the_covariates(self) -> None:
        sums = RidgeSums(RidgeShape(5, 2, 3, 2))
        with pytest.raises(DataError, match="a series of 7 steps or more, got 6"):
            sums.update_series(torch.zeros(6, 3), torch.zeros(0, 2))
        with pytest.raises(DataError, match=r"\(4, 5, 3\), \(4, 2, 3\), \(4, 2\)\), got .*\(9, 2\)"):
            sums.update_series(torch.zeros(10, 3), torch.zeros(9, 2))

    @pytest.mark.parametrize("penalty", [-1.0, NAN])
    def test_negative_penalty(self, penalty: float) -> None:
        with pytest.raises(ConfigError, match="penalty must be >= 0: got"):
            RidgeSums(RidgeShape(2, 1, 1)).solve(penalty)

    def test_inputs_that_depend_on_one_another_without_penalty(self) -> None:
        x = torch.ones(20, 2, 3)
        with pytest.raises(ConfigError, match=r"too small: the inputs of 3 channels .*\[0, 1, 2\]"):
            solve(x, torch.ones(20, 1, 3), torch.zeros(20, 0), penalty=0.0)


class TestForwardFill:
    def test_by_hand(self) -> None:
        rows = torch.tensor([[NAN, 1, NAN, NAN, 2], [NAN, NAN, NAN, NAN, NAN], [3, NAN, 4, 5, NAN]])
        expected = torch.tensor([[0.0, 1, 1, 1, 2], [0, 0, 0, 0, 0], [3, 3, 4, 5, 5]])
        assert torch.equal(forward_fill(rows.T.unsqueeze(0)), expected.T.unsqueeze(0))

    def test_returns_the_input_itself_when_nothing_is_missing(self) -> None:
        x = world(0, 4)[0]
        assert forward_fill(x) is x

    @settings(max_examples=25)
    @given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 9), st.integers(1, 3), st.floats(0, 1))
    def test_agrees_with_a_loop(self, seed: int, batch: int, time: int, channel: int, share: float) -> None:
        draw = torch.Generator().manual_seed(seed)
        x = torch.randn(batch, time, channel, generator=draw)
        x[torch.rand(x.shape, generator=draw) < share] = NAN
        before = x.clone()
        expected = torch.zeros_like(x)
        for step in range(time):
            past = expected[:, step - 1] if step else torch.zeros(batch, channel)
            expected[:, step] = torch.where(x[:, step].isnan(), past, x[:, step])
        assert torch.equal(forward_fill(x), expected)
        assert torch.equal(x.isnan(), before.isnan())


class TestOneHotCovariates:
    def test_factors_side_by_side_and_missing_as_zeros(self) -> None:
        found = label_covariates(
            one_hots(torch.tensor([[0, 2], [-1, 0], [1, -1], [-1, -1]]), (2, 3)), (), torch.zeros(4)
        )
        expected = [[1, 0, 0, 0, 1], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
        assert found.tolist() == expected

    def test_no_factors(self) -> None:
        assert one_hots(torch.zeros(5, 0, dtype=torch.int64), ()) == ()

    @pytest.mark.parametrize("label", [3, -2])
    def test_class_that_does_not_exist(self, label: int) -> None:
        with pytest.raises(DataError, match=f"factor number 1 between -1 and 2, got {label} in row 1"):
            one_hots(torch.tensor([[0, 0], [0, label]]), (2, 3))

    def test_number_of_factors(self) -> None:
        with pytest.raises(DataError, match="Expected labels of 1 factors, got 2"):
            one_hots(torch.zeros(1, 2, dtype=torch.int64), (3,))
