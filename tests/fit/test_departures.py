"""Answers to windows that are not as usual, fitted to changes that are drawn."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import DataWarning, DeepDIVE
from divecast.model.departures import constant_run
from worlds import hours

PANEL = hours().panel


def test_factors_rise_with_the_size_and_shares_are_shares(hours_model: DeepDIVE) -> None:
    found = hours_model.fitted_model.network.forecaster.departures
    assert (found.by_size >= 0.0).all()
    assert (found.by_size.diff(dim=1) >= 0.0).all()
    assert (found.by_run.diff(dim=0) >= 0.0).all()
    assert ((found.follow >= 0.0) & (found.follow <= 1.0)).all()
    assert found.by_size[:, -1].max() > 1.0


def test_few_windows_of_the_fit_are_unusual(hours_model: DeepDIVE) -> None:
    fitted = hours_model.fitted_model
    windows = fitted.windows(PANEL, "train")
    batch = windows.batch(np.arange(len(windows)))
    departures = fitted.network.forecaster.departures
    times, run = departures.largest(batch.x - batch.effects.past)[1].amax(2), constant_run(batch.x)
    usual = departures.usual_run
    assert (times > 1.0).float().mean() < 0.03
    assert (run <= usual).all()


def test_a_changed_or_stuck_series_has_wider_intervals_and_the_others_do_not(hours_model: DeepDIVE) -> None:
    values = PANEL.values.copy()
    spread = hours_model.fitted_model.scale.spread
    values[-6:, 1] += 6.0 * spread[1]
    values[-12:, 2] = values[-13, 2]
    usual = hours_model.forecast(PANEL)
    departed = pytest.warns(DataWarning, match=r"1 channel departed before a forecast .*\(s1\): .* wider")
    with departed, pytest.warns(DataWarning, match=r"1 channel did not change before a forecast, .*\(s2: 13 rows\)"):
        changed = hours_model.forecast(replace(PANEL, values=values))
    wider = (np.ptp(changed.quantiles, axis=0) / np.ptp(usual.quantiles, axis=0))[0].mean(0)
    assert wider[1] > 1.5
    assert wider[2] > 1.2
    np.testing.assert_allclose(wider[[0, 3]], 1.0, atol=0.3)


def test_a_window_far_from_the_training_part_is_named(hours_model: DeepDIVE) -> None:
    values = PANEL.values.copy()
    values[-24:, 3] += 8.0 * hours_model.fitted_model.scale.spread[3]
    with pytest.warns(DataWarning, match=r"1 channel had values before a forecast that are far from all .*\(s3\)"):
        hours_model.forecast(replace(PANEL, values=values))


def test_one_missing_row_is_named_once_in_a_call(hours_model: DeepDIVE) -> None:
    values = PANEL.values.copy()
    values[-1, 0], values[-3:, 1] = np.nan, np.nan
    with pytest.warns(DataWarning) as found:
        hours_model.forecast(replace(PANEL, values=values), start="2024-02-20")
    (warning,) = found
    assert "2 channels had no value in the last row before a forecast (s1: 3 rows, s0: 1 row)" in str(warning.message)
