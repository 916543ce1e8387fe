"""Intervals of a panel whose validation part is as short as the horizon."""

import numpy as np
import pandas as pd
import pytest

from divecast import DataWarning, DeepDIVE, ModelConfig, Panel, TrainingConfig


def test_the_mean_lies_within_its_interval_though_all_errors_have_one_sign() -> None:
    quarters, row = pd.date_range("2018-01-01", periods=24, freq="QS"), np.arange(24)
    season = 5.0 * np.sin(np.pi * row / 2.0)
    series = {f"r{i}": 30.0 + 1.2 * row + season + np.random.default_rng(i).normal(size=24) for i in range(6)}
    table = pd.DataFrame({"ds": quarters, **series})
    model = DeepDIVE(4, training=TrainingConfig(epochs=1))
    with pytest.warns(DataWarning, match="The data are short"):
        model.fit(table, progress=False)
    found = model.forecast(table)
    assert (found.quantiles[0] < found.mean).all()
    assert (found.mean < found.quantiles[-1]).all()


def test_intervals_of_a_growing_panel_hold_what_they_say() -> None:
    """The validation part has two horizons: what its months missed by chance must not narrow the intervals."""
    draw, month = np.random.default_rng(1), np.arange(144)[:, None]
    season = 0.25 * draw.normal(size=60) * np.sin(2.0 * np.pi * month / 12.0 + draw.uniform(0.0, 6.0, 60))
    wander = np.cumsum(draw.normal(0.0, 0.012, (144, 60)), axis=0)
    values = np.exp(5.0 + 0.01 * month + season + wander + draw.normal(0.0, 0.04, (144, 60)))
    past, truth = Panel.from_array(values[:-12], "2010-01-01", "1MS"), values[-12:]
    model = DeepDIVE(12, 24, ["month"], model=ModelConfig(scale="log"))
    found = model.fit(past, progress=False).forecast(past, levels=(0.05, 0.5, 0.95))
    low, _, high = found.quantiles[:, 0]
    assert ((low <= truth) & (truth <= high)).mean() > 0.8
