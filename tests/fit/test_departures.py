"""Answers to windows that are not as usual, fitted to changes that are drawn."""

from dataclasses import replace

import numpy as np

from divecast import DeepDIVE
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
    shown = fitted.network.forecaster.departures.shows(batch.x, batch.x - batch.effects.past)
    assert all(each.float().mean() < 0.03 for each in shown)


def test_a_changed_or_stuck_series_has_wider_intervals_and_the_others_do_not(hours_model: DeepDIVE) -> None:
    values = PANEL.values.copy()
    spread = hours_model.fitted_model.scale.spread
    values[-6:, 1] += 6.0 * spread[1]
    values[-12:, 2] = values[-13, 2]
    usual, changed = (hours_model.forecast(replace(PANEL, values=each)) for each in (PANEL.values, values))
    wider = (np.ptp(changed.quantiles, axis=0) / np.ptp(usual.quantiles, axis=0))[0].mean(0)
    assert wider[1] > 1.5
    assert wider[2] > 1.2
    np.testing.assert_allclose(wider[[0, 3]], 1.0, atol=0.3)
