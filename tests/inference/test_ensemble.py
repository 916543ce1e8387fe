"""Totals, peaks and exceedances of paths are sums, maxima and comparisons, path by path."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ConfigError, DataWarning, DeepDIVE
from divecast.inference.results import Forecast
from worlds import hours

PANEL = hours().panel
A, B, C, D = PANEL.channels


@pytest.fixture(scope="module")
def forecast(hours_model: DeepDIVE) -> Forecast:
    """Forecasts of 6 hours from 21:00 and from 03:00, so that the first spans two days."""
    return hours_model.forecast(PANEL, start="2024-02-20T21:00", stop="2024-02-21T03:00", every=6, n_paths=40)


def test_a_day_is_the_sum_of_its_steps_and_says_how_many_there_are(forecast: Forecast) -> None:
    days = forecast.total("day")
    assert days.n_steps.tolist() == [[3, 3], [6, 0]]
    assert [str(start) for start in days.starts[0]] == ["2024-02-20T21:00:00", "2024-02-21T00:00:00"]
    np.testing.assert_allclose(days.values[:, 0, 1], forecast.paths[:, 0, 3:].sum(1), rtol=1e-5)
    np.testing.assert_allclose(days.values[:, 1, 0], forecast.paths[:, 1].sum(1), rtol=1e-5)
    assert len(days.frame(backend="pyarrow")) == 3 * 4


def test_groups_add_up_whatever_they_are_made_of(forecast: Forecast) -> None:
    with pytest.warns(DataWarning, match=f"1 of 4 series are in no group: '?{D}"):
        groups = forecast.total({"all": {"left": [A, B], "right": [C]}, "one": [A]})
    assert groups.names == ("all", "left", "right", "one")
    np.testing.assert_allclose(groups.values[..., 0], groups.values[..., 1:3].sum(-1), rtol=1e-5)
    both = (forecast.total("step").total("horizon"), forecast.total("horizon").total("step"))
    np.testing.assert_allclose(both[0].values, both[1].values, rtol=1e-4)


def test_groups_without_a_sum_are_named(forecast: Forecast) -> None:
    paths = forecast.paths.copy()
    paths[..., 1] = np.nan
    with pytest.warns(DataWarning, match=f"There is no sum of 'left', as there is no forecast of '{B}'"):
        groups = replace(forecast, paths=paths).total({"left": [A, B], "right": [C, D]})
    assert np.isnan(groups.values).all(axis=(0, 1, 2)).tolist() == [True, False]


def test_peaks_and_exceedances_follow_one_another(forecast: Forecast) -> None:
    peak = forecast.peak()
    np.testing.assert_array_equal(peak.values[:, :, 0], forecast.paths.max(2))
    limit = float(np.median(forecast.paths))
    above = forecast.exceeds(limit)
    np.testing.assert_allclose(above.mean, (forecast.paths > limit).mean(0), atol=1e-6)
    np.testing.assert_array_equal(above.peak().mean, peak.exceeds(limit).mean)
    low, high = above.total().quantiles((0.05, 0.95))
    assert ((low >= 0) & (low <= high) & (high <= 6)).all()
    one = forecast.exceeds({name: limit if name == A else np.inf for name in PANEL.channels})
    assert not one.mean[..., 1:].any()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda f: f.total("hour"), "one of day, week"),
        (lambda f: f.total({"x": ["no such"]}), "There is no series 'no such'"),
        (lambda f: f.total({"x": [A, A]}), "each once"),
        (lambda f: f.total({"x": {"x": [A]}}), "Two groups have the name 'x'"),
        (lambda f: f.exceeds({A: 1.0}), "No threshold"),
        (lambda f: f.exceeds("x"), "a number, or one for each series"),
        (lambda f: f.exceeds(float("nan")), "a number, or one for each series"),
        (lambda f: f.total({}), "no groups to sum"),
        (lambda f: f.total().quantiles((5,)), "from 0 to 1"),
    ],
)
def test_what_is_refused(forecast: Forecast, ask, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ask(forecast)


def test_without_paths_there_is_no_total(hours_model: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match="n_paths"):
        hours_model.forecast(PANEL).total()
