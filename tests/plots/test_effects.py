"""Pictures of what forecasts are made of."""

import numpy as np
import pytest

from divecast import ConfigError
from divecast.plots import PartsDisplay, plot
from plots.drawn import columns, lines, only, says
from worlds import hours

PANEL = hours().panel


@pytest.fixture(scope="module")
def parts(hours_model):
    return hours_model.forecast(PANEL, start="2024-02-20", every=30).parts()


def test_bars_of_parts_are_those_of_the_table_and_reach_the_forecast(parts):
    display = PartsDisplay.from_parts(parts, ["s2", "s0"], window=-1)
    table, figure = columns(display), display.plot()
    for axes, name, at in zip(figure.axes, ("s2", "s0"), (2, 0), strict=True):
        listed = only(table, unique_id=name)
        heights = [bar.get_height() for bars in axes.containers for bar in bars]
        expected = listed["value"].reshape(6, -1).T
        np.testing.assert_allclose(np.reshape(heights, (-1, 6)), expected[1:], rtol=1e-6)
        level, forecast = lines(axes)
        np.testing.assert_allclose(level, expected[0], rtol=1e-6)
        np.testing.assert_allclose(forecast, parts.mean[-1, :, at], rtol=1e-5)
        highest = max(bar.get_y() + bar.get_height() for bars in axes.containers for bar in bars)
        assert highest >= expected.clip(min=0)[1:].sum(0).max() + level.min()


def test_parts_are_named_and_windows_exist(parts):
    assert says(plot(parts), "carry-over: last day")
    with pytest.raises(ConfigError, match="window"):
        PartsDisplay.from_parts(parts, window=99)
