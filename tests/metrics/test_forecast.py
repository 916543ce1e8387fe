"""Plain score functions against hand-worked numbers and numpy or closed forms."""

from math import exp, pi, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.errors import DataError
from divecast.metrics import corr, coverage, crps_quantiles, interval_width, mae, mase, mse, rrse, seasonal_scale

NAN = float("nan")


def crps_normal(truth: float, mean: float, scale: float) -> float:
    """CRPS of a normal forecast (Gneiting and Raftery, 2007, equation 21)."""
    z = (truth - mean) / scale
    density = exp(-z * z / 2) / sqrt(2 * pi)
    return scale * (z * (2 * NormalDist().cdf(z) - 1) + 2 * density - 1 / sqrt(pi))


def normal_quantiles(levels: list[float]) -> np.ndarray:
    return np.array([NormalDist().inv_cdf(level) for level in levels])


class TestHandWorked:
    truth = np.array([[1.0, 10.0], [3.0, 10.0]])
    mean = np.array([[2.0, 10.0], [3.0, 14.0]])

    def test_errors(self) -> None:
        assert mae(self.truth, self.mean) == pytest.approx(5 / 4)
        assert mse(self.truth, self.mean) == pytest.approx(17 / 4)

    def test_rrse_uses_one_average_over_all_series(self) -> None:
        # average 6: squares 25 + 9 + 16 + 16
        assert rrse(self.truth, self.mean) == pytest.approx(sqrt(17 / 66))

    def test_corr_leaves_out_series_without_variance(self) -> None:
        assert corr(self.truth, self.mean) == pytest.approx(1.0)

    def test_mase_divides_by_the_scale_of_the_channel(self) -> None:
        assert mase(self.truth, self.mean, [2.0, 4.0]) == pytest.approx((1 / 2 + 0 + 0 + 4 / 4) / 4)

    def test_mase_leaves_out_channels_without_scale(self) -> None:
        assert mase(self.truth, self.mean, [2.0, 0.0]) == pytest.approx(1 / 4)
        assert mase(self.truth, self.mean, [NAN, 4.0]) == pytest.approx(1 / 2)

    def test_coverage_and_width(self) -> None:
        lower, upper = self.truth - [[0, 1], [1, -1]], self.truth + 2.0
        assert coverage(self.truth, lower, upper) == pytest.approx(3 / 4)
        assert interval_width(self.truth, lower, upper) == pytest.approx((2 + 3 + 3 + 1) / 4)

    def test_crps_of_the_median_alone_is_the_absolute_error(self) -> None:
        assert crps_quantiles(self.truth, self.mean[None], (0.5,)) == pytest.approx(mae(self.truth, self.mean))

    def test_pinball_weights_the_side(self) -> None:
        # truth above the .9 quantile by 1: loss .9; truth below by 1: loss .1
        assert crps_quantiles([[1.0]], [[[0.0]]], (0.9,)) == pytest.approx(1.8)
        assert crps_quantiles([[-1.0]], [[[0.0]]], (0.9,)) == pytest.approx(0.2)


@pytest.mark.parametrize("truth", [-2.3, 0.0, 0.4, 1.9])
def test_crps_of_many_levels_converges_to_the_closed_form(truth: float) -> None:
    def error(n_levels: int) -> float:
        levels = [(i + 0.5) / n_levels for i in range(n_levels)]
        quantiles = normal_quantiles(levels)[:, None, None]
        return abs(crps_quantiles([[truth]], quantiles, levels) - crps_normal(truth, 0.0, 1.0))

    assert error(2000) < 1e-3
    assert error(2000) < error(20)


def evenly(n_levels: int) -> list[float]:
    return [(i + 1) / (n_levels + 1) for i in range(n_levels)]


@pytest.mark.parametrize(
    ("levels", "excess"),
    [(evenly(3), 0.22), (evenly(9), 0.10), (evenly(19), 0.05), (evenly(99), 0.01), ([0.05, 0.5, 0.95], -0.28)],
)
def test_bias_of_few_levels_is_as_documented(levels: list[float], excess: float) -> None:
    truth = normal_quantiles([(i + 0.5) / 4000 for i in range(4000)])[:, None]
    quantiles = np.broadcast_to(normal_quantiles(levels)[:, None, None], (len(levels), *truth.shape))
    assert crps_quantiles(truth, quantiles, levels) * sqrt(pi) - 1 == pytest.approx(excess, abs=0.006)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 30), st.integers(1, 4))
def test_scores_agree_with_numpy_and_skip_missing_truth(seed: int, rows: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(rows, channels)) * 5 + 100
    mean = truth + rng.normal(size=truth.shape)
    padded = np.concatenate([truth, np.full((3, channels), NAN)])
    guess = np.concatenate([mean, np.full((3, channels), NAN)])
    assert rrse(padded, guess) == pytest.approx(np.linalg.norm(mean - truth) / (truth.std() * sqrt(truth.size)))
    assert mae(padded, guess) == pytest.approx(np.abs(mean - truth).mean())
    assert mse(padded, guess) == pytest.approx(np.square(mean - truth).mean())
    pearson = [np.corrcoef(truth[:, c], mean[:, c])[0, 1] for c in range(channels)]
    assert corr(padded, guess) == pytest.approx(np.mean(pearson))


def test_perfect_and_average_forecasts() -> None:
    truth = np.random.default_rng(0).normal(size=(40, 3))
    assert rrse(truth, truth) == 0.0
    assert corr(truth, truth) == pytest.approx(1.0)
    assert corr(truth, -truth) == pytest.approx(-1.0)
    assert rrse(truth, np.full_like(truth, truth.mean())) == pytest.approx(1.0)


def test_constant_forecast_counts_as_correlation_zero() -> None:
    truth = np.array([[1.0, 1.0], [2.0, 3.0], [3.0, 2.0]])
    mean = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    assert corr(truth, mean) == pytest.approx(0.5)


def test_nothing_to_score_is_nan() -> None:
    empty = np.full((3, 2), NAN)
    quantiles = np.zeros((2, 3, 2))
    found = [rrse(empty, empty), corr(empty, empty), mae(empty, empty), mse(empty, empty)]
    found += [coverage(empty, empty, empty), crps_quantiles(empty, quantiles, (0.1, 0.9))]
    assert np.isnan(found).all()


class TestSeasonalScale:
    def test_last_value_of_a_ramp(self) -> None:
        assert seasonal_scale(np.arange(10.0)[:, None] * [1.0, 3.0], 1) == pytest.approx([1.0, 3.0])

    def test_periodic_series_has_scale_zero(self) -> None:
        assert seasonal_scale(np.tile([1.0, 5.0, 2.0], 6)[:, None], 3) == pytest.approx([0.0])

    def test_pairs_with_a_missing_value_are_left_out(self) -> None:
        values = np.array([[0.0, NAN], [1.0, NAN], [NAN, NAN], [7.0, NAN], [10.0, 1.0]])
        found = seasonal_scale(values, 1)
        assert found[0] == pytest.approx(2.0)
        assert np.isnan(found[1])

    def test_long_data_read_in_chunks(self) -> None:
        values = np.random.default_rng(1).normal(size=(140_000, 1)).astype(np.float32)
        expected = np.abs(np.diff(values.astype(np.float64), axis=0)).mean(axis=0)
        assert seasonal_scale(values, 1) == pytest.approx(expected)

    @pytest.mark.parametrize("period", [0, 5, 6])
    def test_period_outside_the_data(self, period: int) -> None:
        with pytest.raises(DataError, match=f"got period={period} with 5 rows"):
            seasonal_scale(np.zeros((5, 1)), period)


def test_shapes_that_differ() -> None:
    with pytest.raises(DataError, match=r"Expected a forecast of shape \(3, 2\), as the truth, got \(2, 3\)"):
        mae(np.zeros((3, 2)), np.zeros((2, 3)))


def test_missing_forecast_is_named() -> None:
    mean = np.zeros((3, 2))
    mean[1, 1] = NAN
    with pytest.raises(DataError, match=r"1 values that are not finite .* the first at \(1, 1\)"):
        rrse(np.zeros((3, 2)), mean)


@pytest.mark.parametrize("levels", [(), (0.5, 0.1), (0.0, 0.5), (0.5, 1.0), (0.5, 0.5)])
def test_levels_that_do_not_rise_inside_the_unit_interval(levels: tuple[float, ...]) -> None:
    with pytest.raises(DataError, match="levels that rise"):
        crps_quantiles(np.zeros((1, 1)), np.zeros((len(levels), 1, 1)), levels)


def test_whole_numbers_are_no_shorter_than_they_are() -> None:
    """A difference of unsigned bytes would come round to 255."""
    truth, forecast = np.zeros((2, 1), dtype=np.uint8), np.ones((2, 1), dtype=np.uint8)
    assert mae(truth, forecast) == mse(truth, forecast) == 1.0
    assert mase(truth, forecast, np.full(1, 2, dtype=np.uint8)) == 0.5


def test_a_scale_below_one_counts() -> None:
    assert mase(np.zeros((3, 1)), np.ones((3, 1)), np.full(1, 0.5)) == 2.0


def test_both_ends_of_an_interval_are_in_it() -> None:
    truth = np.array([[1.0], [2.0], [3.0]])
    assert coverage(truth, np.full((3, 1), 1.0), np.full((3, 1), 2.0)) == pytest.approx(2 / 3)


def test_one_difference_is_a_seasonal_scale() -> None:
    assert seasonal_scale(np.array([[1.0], [4.0], [7.5]]), 2).tolist() == [6.5]
