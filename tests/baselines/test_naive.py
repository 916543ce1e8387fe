"""Naive forecasts are exact where the world is as simple as they take it to be."""

import pytest
import torch
from torch import Tensor

from divecast.baselines import Baseline, LastValue, SeasonalNaive
from divecast.errors import ConfigError
from divecast.types import Batch

NAN = float("nan")


def batch_of(series: Tensor, lookback: int, horizon: int) -> Batch:
    """Every window of series (row, channel)."""
    windows = series.unfold(0, lookback + horizon, 1)
    x, y = windows[:, :, :lookback].transpose(1, 2), windows[:, :, lookback:].transpose(1, 2)
    return Batch(x, y, torch.zeros(len(x), 0, dtype=torch.int64))


def test_last_value_is_exact_on_constants() -> None:
    batch = batch_of(torch.tensor([1.0, -2.0]).expand(20, 2), 6, 4)
    assert torch.equal(LastValue().fit([], ()).forecast(batch), batch.y)


def test_last_value_is_the_last_observed_one() -> None:
    x = torch.tensor([[[1.0, 5.0, NAN], [2.0, NAN, NAN]]])
    batch = Batch(x, torch.full((1, 3, 3), NAN), torch.zeros(1, 0, dtype=torch.int64))
    assert LastValue().forecast(batch).tolist() == [[[2.0, 5.0, 0.0]] * 3]


@pytest.mark.parametrize(("period", "lookback", "horizon"), [(3, 6, 2), (3, 3, 3), (3, 5, 8), (1, 4, 3), (4, 7, 9)])
def test_seasonal_naive_is_exact_on_a_periodic_series(period: int, lookback: int, horizon: int) -> None:
    season = torch.randn(period, 2, generator=torch.Generator().manual_seed(0))
    batch = batch_of(season.repeat(12, 1), lookback, horizon)
    assert torch.equal(SeasonalNaive(period).fit([], ()).forecast(batch), batch.y)


def test_seasonal_naive_with_period_one_is_the_last_value() -> None:
    batch = batch_of(torch.randn(30, 2, generator=torch.Generator().manual_seed(1)), 5, 4)
    assert torch.equal(SeasonalNaive(1).forecast(batch), LastValue().forecast(batch))


def test_seasonal_naive_fills_what_is_missing() -> None:
    x = torch.tensor([[1.0, 2.0, 3.0, NAN]]).unsqueeze(2)
    batch = Batch(x, torch.zeros(1, 3, 1), torch.zeros(1, 0, dtype=torch.int64))
    assert SeasonalNaive(2).forecast(batch).flatten().tolist() == [3.0, 3.0, 3.0]


def test_season_longer_than_the_look_back() -> None:
    batch = batch_of(torch.zeros(20, 1), 5, 2)
    with pytest.raises(ConfigError, match="season of 6 steps needs a lookback of at least 6: got 5"):
        SeasonalNaive(6).forecast(batch)


def test_period_below_one() -> None:
    with pytest.raises(ConfigError, match="period must be >= 1: got 0"):
        SeasonalNaive(0)


@pytest.mark.parametrize("baseline", [LastValue(), SeasonalNaive(2)])
def test_shape_and_no_missing_values(baseline: Baseline) -> None:
    series = torch.randn(40, 3, generator=torch.Generator().manual_seed(2))
    series[::5] = NAN
    batch = batch_of(series, 6, 4)
    forecast = baseline.forecast(batch)
    assert forecast.shape == batch.y.shape
    assert not forecast.isnan().any()
