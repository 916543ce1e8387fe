"""Joint models: series that the fit did not see, and forecasts from the last value of each series."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ConfigError, DataWarning, DeepDIVE
from worlds import hours


def test_new_series_are_forecast_beside_the_others(hours_model: DeepDIVE) -> None:
    panel = hours().panel
    more = replace(panel, values=np.hstack([panel.values, 3 * panel.values[:, :1]]), channels=(*panel.channels, "new"))
    at = {"start": "2024-02-24T00:00", "stop": "2024-02-24T12:00", "every": 3}
    with pytest.warns(DataWarning, match="1 series are new to the model, .*'new'"):
        forecast = hours_model.forecast(more, **at, n_paths=2)
    plain = hours_model.forecast(panel, **at)
    assert forecast.channels == more.channels
    np.testing.assert_allclose(forecast.mean[..., :4], plain.mean, rtol=1e-6)
    assert forecast.paths.shape == (2, *forecast.mean.shape)
    assert (np.diff(forecast.quantiles[..., 4], axis=0) > 0).all()
    truth = np.stack([more.values[row : row + 6, 4] for row in forecast.keys.origins])
    naive = np.stack([more.values[row - 24 : row - 18, 4] for row in forecast.keys.origins])
    assert np.abs(forecast.mean[..., 4] - truth).mean() < 1.2 * np.abs(naive - truth).mean()


@pytest.mark.slow
def test_a_new_series_that_does_not_vary_is_forecast_by_its_value(hours_model: DeepDIVE) -> None:
    panel = hours().panel
    flat = np.full((len(panel.values), 1), 7.0, dtype=np.float32)
    more = replace(panel, values=np.hstack([panel.values, flat]), channels=(*panel.channels, "flat"))
    with pytest.warns(DataWarning, match="new to the model"):
        forecast = hours_model.forecast(more)
    assert (forecast.mean[..., 4] == 7.0).all()


def test_each_series_from_its_own_last_value(hours_model: DeepDIVE) -> None:
    panel = hours().panel
    values = panel.values.copy()
    values[-2:, 1] = np.nan
    short = replace(panel, values=values)
    own, earlier = hours_model.forecast(short, own_origin=True), hours_model.forecast(short.rows(0, len(values) - 2))
    with pytest.warns(DataWarning, match="no value in the last row"):
        common = hours_model.forecast(short)
    np.testing.assert_allclose(own.mean[..., [0, 2, 3]], common.mean[..., [0, 2, 3]], rtol=1e-5)
    np.testing.assert_allclose(own.mean[..., 1], earlier.mean[..., 1], rtol=1e-5)
    frame = own.frame(backend="pandas")
    origins = frame.groupby("unique_id")["origin"].first()
    assert origins["s0"] - origins["s1"] == np.timedelta64(2, "h")
    assert (frame["ds"] - frame["origin"] == frame["step"] * np.timedelta64(1, "h")).all()
    np.testing.assert_array_equal(hours_model.forecast(panel, own_origin=True).mean, hours_model.forecast(panel).mean)


def test_series_of_different_times_have_no_common_totals(hours_model: DeepDIVE) -> None:
    panel = hours().panel
    values = panel.values.copy()
    values[-2:, 1] = np.nan
    forecast = hours_model.forecast(replace(panel, values=values), own_origin=True, n_paths=2)
    for ask in (forecast.total, forecast.peak, lambda: forecast.exceeds(0.0)):
        with pytest.raises(ConfigError, match="start at different times"):
            ask()
