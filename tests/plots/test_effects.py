"""Pictures of what forecasts are made of, and of curves of effects."""

import numpy as np
import pytest

from divecast import ConfigError
from divecast.plots import EffectsDisplay, PartsDisplay, plot
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


def test_lines_of_curves_are_those_of_the_table(told_model):
    display = EffectsDisplay.from_effects(told_model.effects(), "v", "temperature")
    table, (own, mean) = display.frame(), display.plot().axes
    assert set(table["unique_id"]) == {"v"}
    drawn = [*lines(own)[1:], *lines(mean)[1:]]  # the first is zero
    expected = np.vstack([table["effect"][:132].to_numpy().reshape(33, 4).T, table["effect"][132:]])
    np.testing.assert_allclose(drawn, expected)


def test_the_largest_effects_are_shown_with_their_shares(told_model):
    curves = told_model.effects()
    display = EffectsDisplay.from_effects(curves, "u")
    assert len(display.curves.curves) == 6
    assert says(display.plot(), f"hour: {curves.shares['hour'][0]:.1%} of the variance")
    with pytest.raises(ConfigError, match="an effect out of"):
        plot(curves, name="rain")
