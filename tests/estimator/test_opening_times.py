"""A model of opening hours: fitted, saved, and applied to tables that do not tell these hours themselves."""

import numpy as np
import pandas as pd
import pytest

from divecast import BusinessDays, DeepDIVE, Panel, TrainingConfig
from divecast.plots import ForecastDisplay
from worlds import SMALL

pytestmark = pytest.mark.slow

SHOP = BusinessDays("Mon-Fri 08:00-18:00, Sat 09:00-13:00")


@pytest.fixture(scope="module")
def shop():
    """Six weeks in Berlin, over the start of summer time, which end on a Saturday."""
    draw = np.random.default_rng(0)
    hours = 54 * 6
    values = np.stack([20 + np.arange(hours) % 10, 40 + draw.normal(size=hours)], axis=1)
    return Panel.from_array(values, "2024-03-04 08:00", "1h", ["a", "b"], "Europe/Berlin", SHOP)


@pytest.fixture(scope="module")
def model(shop):
    """Of one pass."""
    training = TrainingConfig(epochs=1, batch_size=64)
    return DeepDIVE(horizon=12, lookback=30, factors=["hour", "weekday"], model=SMALL, training=training).fit(shop)


def stamps_of(forecast):
    return [str(stamp)[:16].replace("T", " ") for stamp in forecast.keys.stamps[0, 1:].astype("datetime64[m]")]


def test_forecasts_are_at_open_times(model, shop):
    expected = [f"2024-04-15 {hour:02}:00" for hour in range(8, 18)] + ["2024-04-16 08:00", "2024-04-16 09:00"]
    assert stamps_of(model.forecast(shop)) == expected
    rolling = model.forecast(shop, start=shop.clock.stamps()[-60], every=12)
    assert len(rolling.mean) == 6
    assert model.evaluate(shop).scores
    assert model.sample(3).x.shape == (3, 30, 2)


def test_a_saved_model_reads_short_tables_by_its_opening_times(model, shop, tmp_path):
    model.save(tmp_path / "shop.safetensors")
    loaded = DeepDIVE.load(tmp_path / "shop.safetensors")
    assert str(loaded.fitted_model.provenance.slots) == SHOP.weekmask
    wall = shop.clock.local(np.arange(len(shop.values)))[-40:]
    table = pd.DataFrame({"ds": wall, "a": shop.values[-40:, 0], "b": shop.values[-40:, 1]})
    forecast = loaded.forecast(table)
    assert stamps_of(forecast) == stamps_of(model.forecast(shop))
    np.testing.assert_allclose(forecast.mean, model.forecast(shop).mean, rtol=1e-5)


def test_lines_of_figures_end_where_the_shop_closes(model, shop):
    axes = ForecastDisplay.from_forecast(model.forecast(shop), shop, series="a").plot().axes[0]
    observed, mean = (line.get_ydata() for line in axes.lines if len(line.get_ydata()) > 2)
    assert np.isnan(mean).sum() == 1
    assert np.isnan(observed).sum() == 12 + 6  # steps to forecast, and six nights
