"""End to end: what the table tells of the future moves the forecast by what it is worth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from divecast import ByTime, DataWarning, DeepDIVE, Panel, TrainingConfig
from divecast.data import Label
from effects.told import DEGREE, PROMOTION, panel_of
from worlds import SMALL

PANEL: Panel = panel_of(weeks=40)
HORIZON = 24
END = HORIZON * int(PANEL.covariates["temperature"].reshape(-1, HORIZON).min(axis=1).argmax())  # the warmest day
PAST = PANEL.rows(0, END)


@pytest.fixture(scope="module")
def model() -> DeepDIVE:
    training = TrainingConfig(epochs=2, batch_size=128, learning_rate=1e-2, window_stride=5)
    made = DeepDIVE(
        HORIZON, 48, ["hour", Label("promotion")], covariates=["temperature"], model=SMALL, training=training
    )
    return made.fit(PANEL, ByTime(3, 1, 1), progress=False)


def tomorrow(promotion: str = "off", warmer: float = 0.0, beyond: int = 0) -> pd.DataFrame:
    """Rows of the day after the past and of some rows beyond, with what is known of them."""
    rows = slice(END, END + HORIZON + beyond)
    temperature = PANEL.covariates["temperature"][rows] + warmer
    return pd.DataFrame({"ds": PANEL.clock.stamps()[rows], "promotion": promotion, "temperature": temperature})


def test_a_promotion_told_for_tomorrow_lifts_its_forecast(model: DeepDIVE) -> None:
    off, on = (model.forecast(PAST, future=tomorrow(name)) for name in ("off", "on"))
    np.testing.assert_allclose((on.mean - off.mean).mean(1)[0], PROMOTION, rtol=0.25)
    np.testing.assert_allclose(on.quantiles[2] - off.quantiles[2], on.mean - off.mean, atol=0.3)


def test_a_warmer_day_lifts_a_forecast_of_warm_hours(model: DeepDIVE) -> None:
    plain, warm = (model.forecast(PAST, future=tomorrow(warmer=each)).mean[0] for each in (0.0, 2.0))
    assert PANEL.covariates["temperature"][END : END + HORIZON].min() > 18.0
    np.testing.assert_allclose((warm - plain).mean(0), 2.0 * DEGREE, rtol=0.3)


def test_what_is_not_told_leaves_the_expected_forecast_and_wider_intervals(model: DeepDIVE) -> None:
    told = model.forecast(PAST, future=tomorrow())
    both = r"lack 'promotion' \(steps 1 to 24\), 'temperature' \(steps 1 to 24\)"
    with pytest.warns(DataWarning, match=both):
        untold = model.forecast(PAST)
    widths = [each.quantiles[-1] - each.quantiles[0] for each in (told, untold)]
    assert (widths[1] > 1.2 * widths[0]).mean() > 0.9
    on, off = (model.forecast(PAST, future=tomorrow(name)).mean.mean() for name in ("on", "off"))
    with pytest.warns(DataWarning, match=r"lack 'promotion' \(steps 1 to 24\): "):
        between = model.forecast(PAST, future=tomorrow().assign(promotion=None)).mean.mean()
    assert off < between < on


def test_the_future_of_the_panel_counts_as_a_second_table_does(model: DeepDIVE) -> None:
    """A label acts on the row before it, too, so that the row after the horizon counts."""
    at = PANEL.clock.at(np.array([END]))[0]
    rolled = model.forecast(PANEL, start=at, stop=PANEL.clock.at(np.array([END + 1]))[0]).mean[0]
    labels = PANEL.labels["promotion"][END : END + HORIZON + 1]
    given = model.forecast(PAST, future=tomorrow(beyond=1).assign(promotion=labels)).mean[0]
    np.testing.assert_allclose(given, rolled, rtol=1e-4)


@pytest.mark.slow
def test_it_beats_a_model_that_is_told_nothing(model: DeepDIVE) -> None:
    training = TrainingConfig(epochs=2, batch_size=128, learning_rate=1e-2, window_stride=5)
    plain = DeepDIVE(HORIZON, 48, ["hour"], model=replace(SMALL, effects=False), training=training)
    plain.fit(PANEL, ByTime(3, 1, 1), progress=False)
    ours, theirs = (each.evaluate(PANEL, baselines=False).scores["DeepDIVE"].rrse[-1] for each in (model, plain))
    assert ours < 0.75 * theirs
