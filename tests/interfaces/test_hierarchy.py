"""Forecasts of totals and their series that add up."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ConfigError, DataError, DataWarning, DeepDIVE
from divecast.interfaces.hierarchy import reconcile, with_totals
from divecast.results import Forecast
from worlds import hours

PANEL = hours().panel
GROUPS = {"all": {"low": ["s0", "s1"], "high": ["s2", "s3"]}}


def test_totals_of_a_panel() -> None:
    values = PANEL.values.copy()
    values[3, 0] = np.nan
    found = with_totals(replace(PANEL, values=values), GROUPS)
    assert found.channels == (*PANEL.channels, "all", "low", "high")
    np.testing.assert_allclose(found.values[:, 4], values.sum(1), rtol=1e-5)
    np.testing.assert_allclose(found.values[:, 6], values[:, 2:].sum(1), rtol=1e-5)
    assert np.isnan(found.values[3, 4:6]).all()
    values[: len(values) // 4, 1] = np.nan
    with pytest.warns(DataWarning, match=r"'all' in 25% of the rows \(most often 's1', in 25%\); 'low' in 25%"):
        with_totals(replace(PANEL, values=values), GROUPS)
    with pytest.raises(DataError, match="A group has the name of a series: 's0'"):
        with_totals(PANEL, {"s0": ["s1"]})
    with pytest.raises(DataError, match="no series 's9'"):
        with_totals(PANEL, {"all": ["s9"]})


@pytest.fixture(scope="module")
def forecast(hours_model: DeepDIVE) -> Forecast:
    """A forecast of four series, and of totals that do not add up."""
    plain = hours_model.forecast(PANEL, start="2024-02-20", stop="2024-02-21", every=24, n_paths=200)
    tops = {"all": [0, 1, 2, 3], "low": [0, 1], "high": [2, 3]}

    def joined(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, *(1.1 * values[..., at].sum(-1, keepdims=True) for at in tops.values())], -1)

    mean, quantiles, paths = (joined(each) for each in (plain.mean, plain.quantiles, plain.paths))
    noise = 1 + 0.05 * np.random.default_rng(0).normal(size=paths.shape)
    names = (*plain.channels, *tops)
    return Forecast(plain.keys, names, mean, plain.levels, quantiles, (paths * noise).astype(np.float32))


def assert_adds_up(found: Forecast) -> None:
    assert found.channels == ("all", "low", "high", "s0", "s1", "s2", "s3")
    for values in (found.mean, found.paths):
        total = values[..., 3:].sum(-1)
        np.testing.assert_allclose(values[..., 0], total, rtol=1e-4)
        np.testing.assert_allclose(values[..., 1], values[..., 3:5].sum(-1), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found.quantiles, np.quantile(found.paths, found.levels, axis=0), rtol=1e-5)


def test_bottom_up_needs_no_other_package(forecast: Forecast) -> None:
    found = reconcile(forecast, GROUPS, "bottom_up")
    assert_adds_up(found)
    np.testing.assert_array_equal(found.mean[..., 3:], forecast.mean[..., :4])
    np.testing.assert_array_equal(found.paths[..., 3:], forecast.paths[..., :4])
    only = replace(forecast, channels=forecast.channels[:4], mean=forecast.mean[..., :4], paths=forecast.paths[..., :4])
    np.testing.assert_array_equal(reconcile(only, GROUPS, "bottom_up").mean, found.mean)
    with pytest.raises(ConfigError, match="no forecast of the totals 'all', 'low', 'high'"):
        reconcile(only, GROUPS)


def test_mistakes_are_named(forecast: Forecast) -> None:
    with pytest.raises(ConfigError, match="method must be"):
        reconcile(forecast, GROUPS, "magic")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="at least 100: got 5"):
        reconcile(replace(forecast, paths=forecast.paths[:5]), GROUPS, "bottom_up")
    with pytest.raises(ConfigError, match="groups of series by name"):
        reconcile(forecast, {}, "bottom_up")
    mean = forecast.mean.copy()
    mean[..., 2] = np.nan
    with pytest.raises(DataError, match="without a forecast cannot be reconciled: 's2'"):
        reconcile(replace(forecast, mean=mean), GROUPS, "bottom_up")


@pytest.mark.parametrize("method", ["ols", "wls_struct", "wls_var", "mint_cov", "mint_shrink"])
def test_reconciled_forecasts_add_up(forecast: Forecast, method: str) -> None:
    methods = pytest.importorskip(
        "hierarchicalforecast.methods", reason="hierarchicalforecast is not installed: pip install divecast[hierarchy]"
    )
    found = reconcile(forecast, GROUPS, method)  # type: ignore[arg-type]
    assert_adds_up(found)
    base, bottom = (forecast.mean[..., [4, 5, 6, 0, 1, 2, 3]] for _ in range(2))
    assert (found.mean[..., 0] < base[..., 0]).all()  # the totals were a tenth too high, and the series agree
    assert (found.mean[..., 3:].sum(-1) > bottom[..., 3:].sum(-1)).all()
    if method == "ols":  # as the package has it on its own
        sums = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], *np.eye(4)], np.float64)
        own = methods.MinTrace("ols").fit_predict(S=sums, y_hat=base[0].T.astype(np.float64))["mean"]
        np.testing.assert_allclose(found.mean[0], own.T, rtol=1e-4)
