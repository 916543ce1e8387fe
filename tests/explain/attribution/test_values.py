"""What each value adds to the network's part: all of it together, and nothing where nothing can be."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from divecast import ConfigError
from divecast.inference.parts import forecast_parts
from worlds import hours

pytest.importorskip("captum")
AT = ["2024-02-20T05:00", "2024-02-24T18:00"]


def test_they_sum_to_what_the_network_adds_beyond_a_constant_window(hours_model):
    panel = hours().panel
    told = hours_model.why_values(panel, "s1", at=AT, points=128)
    assert told.values.shape == (2, 24, 4)
    size = np.abs(told.values).sum((1, 2))
    assert np.all(np.abs(told.gap) < 0.01 * size)
    assert np.all(size > 0.0)


def test_what_they_sum_to_is_the_part_of_the_forecast_that_is_told_as_the_networks(hours_model):
    panel, fitted = hours().panel, hours_model.fitted_model
    told = hours_model.why_values(panel, "s2", at=AT, steps=[2, 5])
    parts = [forecast_parts(fitted, fitted.windows(panel).subset([row - 24]), "known") for row in rows_of(panel)]
    network = [part.values[part.names.index("code and network"), 0, [1, 4], 2].mean() for part in parts]
    assert np.allclose(told.part, network, rtol=1e-3, atol=1e-3 * np.abs(network).max())


def rows_of(panel):
    return [panel.clock.row_of(at) for at in AT]


def test_a_network_that_adds_nothing_depends_on_nothing(hours_model):
    fitted = hours_model.fitted_model
    forecaster = fitted.network.forecaster
    kept = forecaster.shares.clone()
    try:
        forecaster.shares.zero_()
        told = hours_model.why_values(hours().panel, "s0", at=AT)
    finally:
        forecaster.shares.copy_(kept)
    whole = hours_model.why_values(hours().panel, "s0", at=AT)
    assert np.abs(told.values).sum() < 0.5 * np.abs(whole.values).sum()
    assert not torch.equal(kept, torch.zeros_like(kept))


def test_a_missing_value_adds_nothing_and_the_others_are_finite(hours_model):
    panel = hours().panel
    values = panel.values.copy()
    values[-10, 3] = np.nan
    told = hours_model.why_values(replace(panel, values=values), "s1")
    assert np.isfinite(told.values).all()
    assert told.values[0, -10, 3] == 0.0
    assert np.abs(told.gap[0]) < 0.02 * np.abs(told.values).sum()


def test_the_table_has_a_row_per_value(hours_model):
    told = hours_model.why_values(hours().panel, "s1", at=AT)
    table = told.frame(backend="pandas")
    assert list(table) == ["window", "unique_id", "ds", "value"]
    assert len(table) == told.values.size
    row = table[(table["window"] == 1) & (table["unique_id"] == "s3")].iloc[-1]
    assert str(row["ds"]) == "2024-02-24 17:00:00"
    assert row["value"] == told.values[1, -1, 3]


def test_series_and_steps_that_are_not_there(hours_model):
    for arguments, said in (({"series": "s9"}, "s9"), ({"series": "s1", "steps": [7]}, "from 1 to 6")):
        with pytest.raises(ConfigError, match=said):
            hours_model.why_values(hours().panel, **arguments)
