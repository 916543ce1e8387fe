"""Streamed scores agree with the one-shot functions, however the windows are cut into batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.errors import DataError
from divecast.metrics import (
    ScoreSums,
    corr,
    coverage,
    crps_quantiles,
    interval_width,
    mae,
    mase,
    mse,
    rrse,
)

LEVELS = (0.05, 0.5, 0.95)
NAMES = ("rrse", "corr", "mae", "mse", "mase", "crps", "coverage", "width")


def world(seed: int, windows: int, missing: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Truth, mean, quantiles and training mean of 3 steps x 4 channels at very different levels."""
    rng = np.random.default_rng(seed)
    level, size = np.array([0.0, 50.0, -300.0, 1e5]), np.array([1.0, 5.0, 20.0, 300.0])
    truth = level + size * rng.normal(size=(windows, 3, 4))
    mean = truth + 0.5 * size * rng.normal(size=truth.shape)
    quantiles = mean + size * np.array([-0.9, 0.05, 0.8])[:, None, None, None]
    truth[rng.random(truth.shape) < missing] = np.nan
    return truth, mean, quantiles, level + size


def one_shot(truth: np.ndarray, mean: np.ndarray, quantiles: np.ndarray, scale: np.ndarray) -> list[float]:
    return [
        rrse(truth, mean),
        corr(truth, mean),
        mae(truth, mean),
        mse(truth, mean),
        mase(truth, mean, scale),
        crps_quantiles(truth, quantiles, LEVELS),
        coverage(truth, quantiles[0], quantiles[-1]),
        interval_width(truth, quantiles[0], quantiles[-1]),
    ]


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([0.0, 0.3]), st.integers(1, 40))
def test_agrees_with_one_shot_functions(seed: int, windows: int, missing: float, batch: int) -> None:
    truth, mean, quantiles, shift = world(seed, windows, missing)
    scale = np.array([1.0, 2.0, 0.0, 3.0])
    sums = ScoreSums(3, shift, scale, LEVELS)
    for first in range(0, windows, batch):
        part = slice(first, first + batch)
        sums.update(truth[part], mean[part], quantiles[:, part])
    scores = sums.result()
    for row, steps in enumerate([slice(0, 1), slice(1, 2), slice(2, 3), slice(None)]):
        expected = one_shot(truth[:, steps], mean[:, steps], quantiles[:, :, steps], scale)
        found = [getattr(scores, name)[row] for name in NAMES]
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)
        assert scores.n[row] == np.isfinite(truth[:, steps]).sum()


def test_small_variance_beside_a_large_level_is_kept() -> None:
    rng = np.random.default_rng(0)
    truth = 1e8 + rng.normal(size=(500, 1, 2))
    mean = truth + 0.1 * rng.normal(size=truth.shape)
    sums = ScoreSums(1, np.full(2, 1e8))
    for rows in np.split(np.arange(500), 10):
        sums.update(truth[rows], mean[rows])
    scores = sums.result()
    assert scores.corr[0] == pytest.approx(corr(truth - 1e8, mean - 1e8), rel=1e-7)
    assert scores.rrse[0] == pytest.approx(rrse(truth - 1e8, mean - 1e8), rel=1e-7)


@pytest.mark.parametrize("shift", [0.0, 7.3])
def test_series_without_variance(shift: float) -> None:
    truth = np.stack([np.full((50, 1), 7.3), np.arange(50.0)[:, None], np.arange(50.0)[:, None]], axis=2)
    mean = np.stack([truth[..., 1], truth[..., 1] * 2 + 1, np.full((50, 1), 7.3)], axis=2)
    sums = ScoreSums(1, np.full(3, shift))
    for rows in np.split(np.arange(50), 5):
        sums.update(truth[rows], mean[rows])
    assert sums.result().corr[0] == pytest.approx(0.5)
    assert sums.result().corr[0] == pytest.approx(corr(truth, mean))


def test_result_can_be_read_between_updates() -> None:
    truth, mean, _, shift = world(3, 10, 0.0)
    sums = ScoreSums(3, shift)
    sums.update(truth[:5], mean[:5])
    assert sums.result().mae[-1] == pytest.approx(mae(truth[:5], mean[:5]))
    sums.update(truth[5:], mean[5:])
    assert sums.result().mae[-1] == pytest.approx(mae(truth, mean))


def test_float32_input_is_summed_in_float64() -> None:
    truth = np.full((3000, 1, 1), 0.1, dtype=np.float32)
    sums = ScoreSums(1, [0.0])
    for rows in np.split(np.arange(3000), 30):
        sums.update(truth[rows], np.zeros_like(truth[rows]))
    assert sums.result().mae[0] == pytest.approx(float(np.float32(0.1)), rel=1e-12)


class TestTable:
    def test_has_a_row_for_each_step_and_one_for_all(self) -> None:
        truth, mean, quantiles, shift = world(1, 8, 0.0)
        sums = ScoreSums(3, shift, np.ones(4), LEVELS)
        sums.update(truth, mean, quantiles)
        table = sums.result().table()
        assert table["horizon"].tolist() == ["1", "2", "3", "all"]
        assert table["n"].tolist() == [32, 32, 32, 96]
        assert set(table) == {"horizon", "n", *NAMES}
        assert {column.shape for column in table.values()} == {(4,)}
        assert sums.result().overall()["mae"] == pytest.approx(mae(truth, mean))
        assert sums.result().nominal == pytest.approx(0.9)

    def test_point_forecasts_leave_quantile_scores_and_mase_nan(self) -> None:
        truth, mean, _, shift = world(1, 8, 0.0)
        sums = ScoreSums(3, shift)
        sums.update(truth, mean)
        overall = sums.result().overall()
        assert {name for name in NAMES if np.isnan(overall[name])} == {"mase", "crps", "coverage", "width"}

    def test_nothing_scored_is_nan(self) -> None:
        scores = ScoreSums(2, np.zeros(3), np.ones(3), LEVELS).result()
        assert scores.n.tolist() == [0, 0, 0]
        assert all(np.isnan(getattr(scores, name)).all() for name in NAMES)


class TestErrors:
    def test_shape_of_the_truth(self) -> None:
        with pytest.raises(DataError, match=r"shape \(window, 3, 4\), got \(5, 3, 2\) and \(5, 3, 2\)"):
            ScoreSums(3, np.zeros(4)).update(np.zeros((5, 3, 2)), np.zeros((5, 3, 2)))

    def test_quantiles_left_out_or_surplus(self) -> None:
        with pytest.raises(DataError, match=r"quantiles of shape \(3, 5, 1, 1\)"):
            ScoreSums(1, [0.0], levels=LEVELS).update(np.zeros((5, 1, 1)), np.zeros((5, 1, 1)))
        with pytest.raises(DataError, match=r"quantiles of shape \(0, 5, 1, 1\)"):
            ScoreSums(1, [0.0]).update(np.zeros((5, 1, 1)), np.zeros((5, 1, 1)), np.zeros((1, 5, 1, 1)))

    def test_forecast_that_is_no_number_is_named(self) -> None:
        mean = np.zeros((5, 2, 3))
        mean[4, 1, 2] = np.nan
        with pytest.raises(DataError, match=r"mean has 1 values .*window 4, step 2, channel number 2"):
            ScoreSums(2, np.zeros(3)).update(np.zeros((5, 2, 3)), mean)

    def test_quantile_that_is_no_number_is_named(self) -> None:
        quantiles = np.zeros((3, 5, 1, 1))
        quantiles[2, 3] = np.inf
        with pytest.raises(DataError, match=r"quantiles has .*window 3, step 1, channel number 0"):
            ScoreSums(1, [0.0], levels=LEVELS).update(np.zeros((5, 1, 1)), np.zeros((5, 1, 1)), quantiles)

    @pytest.mark.parametrize(("shift", "scale"), [([[0.0]], None), ([0.0, np.nan], None), ([0.0], [1.0, 2.0])])
    def test_shift_and_scale(self, shift: list[float], scale: list[float] | None) -> None:
        with pytest.raises(DataError, match="shift must be finite"):
            ScoreSums(1, shift, scale)

    def test_levels(self) -> None:
        with pytest.raises(DataError, match="levels that rise"):
            ScoreSums(1, [0.0], levels=(0.9, 0.1))
