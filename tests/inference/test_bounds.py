"""Bounds: what forecasts do not exceed, and where a series always is at its bound."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ConfigError, DataWarning, DeepDIVE, TrainingConfig
from divecast.config import as_bounds
from divecast.data import ByTime, Part, split
from divecast.inference.bounds import Bounds
from worlds import hours

PANEL = hours().panel
ALL = Part(np.array([0]), np.array([len(PANEL.values)]))


def sunny() -> np.ndarray:
    """Values of which the first series is 0 from 20 to 5 o'clock, and the second dips below 0."""
    values = np.abs(PANEL.values[:, :2]).copy()
    hour = np.arange(len(values)) % 24
    values[(hour >= 20) | (hour < 6), 0] = 0.0
    values[5:95:9, 1] = -1.0
    return values


def test_zero_is_the_bound_of_what_never_was_below() -> None:
    panel = replace(PANEL, values=sunny(), channels=("sun", "net"))
    bounds = Bounds.of(panel, ALL, "auto")
    np.testing.assert_array_equal(bounds.low, [0.0, np.nan])
    assert np.flatnonzero(bounds.at_low[:, 0]).tolist() == [0, 1, 2, 3, 4, 5, 20, 21, 22, 23]
    assert not bounds.at_low[:, 1].any()
    found = bounds.clip(np.array([[[-1.0, -2.0], [3.0, np.nan]]], np.float32), np.array([[12, 21]]))
    np.testing.assert_array_equal(found, [[[0.0, -2.0], [0.0, np.nan]]])


def test_values_of_training_beyond_the_bounds_are_named() -> None:
    panel = replace(PANEL, values=sunny(), channels=("sun", "net"))
    with pytest.warns(DataWarning, match="beyond the bounds of 'net', .* go from -1 to "):
        Bounds.of(panel, ALL, (0, None))


@pytest.mark.filterwarnings("ignore:.*beyond the bounds:divecast.DataWarning")
def test_all_of_a_forecast_lies_within_and_its_parts_add_up() -> None:
    panel = replace(PANEL, values=sunny(), channels=("sun", "net"))
    training = TrainingConfig(epochs=1, window_stride=5)
    model = DeepDIVE(24, 24, training=training, bounds=(0, None)).fit(panel, progress=False)
    forecast = model.forecast(panel, n_paths=20)
    assert min(forecast.mean.min(), forecast.quantiles.min(), forecast.paths.min()) == 0.0
    night = (np.arange(24) + len(panel.values)) % 24 < 6
    assert not np.ptp(forecast.paths[:, 0, night, 0]).any()
    np.testing.assert_allclose(forecast.parts().values.sum(0), forecast.mean, atol=1e-3)
    assert forecast.parts().names[-1] == "bounds"


def test_what_bounds_can_be() -> None:
    assert as_bounds([0, None]) == (0.0, None)
    assert as_bounds("auto") == "auto"
    for asked in ("none", (1, 0), (0,), (np.nan, 1), 5):
        with pytest.raises(ConfigError, match="bounds"):
            as_bounds(asked)


def test_values_before_a_forecast_beyond_its_bounds_are_warned_of() -> None:
    values = np.abs(PANEL.values[:, :2]) + 1.0
    panel = replace(PANEL, values=values, channels=("sun", "net"))
    training = TrainingConfig(epochs=1, window_stride=5, outliers="keep")
    model = DeepDIVE(24, 24, training=training).fit(panel, progress=False)
    later = values.copy()
    later[-3:, 1] = -0.5
    departed = pytest.warns(DataWarning, match="departed")
    with departed, pytest.warns(DataWarning, match="beyond the bounds that forecasts are kept within .net."):
        model.forecast(replace(panel, values=later))
    falls = values.copy()
    falls[int(0.7 * len(values)), 0] = -0.5  # in the validation part
    parts = split(panel, ByTime())
    bounds = Bounds.of(replace(panel, values=falls), parts.train, "auto", parts.valid)
    np.testing.assert_array_equal(bounds.low, [np.nan, 0.0])
