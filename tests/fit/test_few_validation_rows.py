"""Intervals of a panel whose validation part is as short as the horizon."""

import numpy as np
import pandas as pd
import pytest

from divecast import DataWarning, DeepDIVE, TrainingConfig


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
