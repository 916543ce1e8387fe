"""Intervals after an outage: wider by the age of the last value, for the series that has it alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from divecast import DataWarning, DeepDIVE
from divecast.model.recalibration import Recalibration
from worlds import hours

PANEL = hours().panel


def test_factors_rise_with_the_age_and_are_none_without_one(hours_model: DeepDIVE) -> None:
    found = hours_model.fitted_model.network.forecaster.recalibration
    assert found.ages.tolist() == [0, 2, 5, 11, 24]
    assert not found.by_age[0].any()
    assert (found.by_age.diff(dim=0) >= 0).all()
    assert found.by_age[-1].max() > 0.05


def test_the_factor_is_interpolated_between_ages() -> None:
    recalibration = Recalibration(1, 2, horizon=1)
    recalibration.ages.copy_(torch.tensor([0.0, 1.0, 3.0, 7.0, 8.0]))
    recalibration.by_age.copy_(torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0])[:, None])
    x = torch.zeros(3, 8, 2)
    x[0, -1:, 0], x[1, -3:, 0], x[2, :, 0] = torch.nan, torch.nan, torch.nan
    factor = recalibration.for_age(x)[:, 0]
    torch.testing.assert_close(factor, torch.tensor([[1.0, 0.0], [2.0, 0.0], [4.0, 0.0]]))


def test_only_the_silent_series_has_wider_intervals(hours_model: DeepDIVE) -> None:
    values = PANEL.values.copy()
    values[-2:, 1] = np.nan
    whole = hours_model.forecast(PANEL)
    with pytest.warns(DataWarning, match=r"1 channel had no value in the last row before a forecast \(s1: 2 rows\)"):
        gap = hours_model.forecast(replace(PANEL, values=values))
    wider = np.ptp(gap.quantiles, axis=0)[0] / np.ptp(whole.quantiles, axis=0)[0]
    assert wider[0, 1] > 1.02
    np.testing.assert_allclose(wider[:, [0, 2, 3]], 1.0, atol=0.3)
