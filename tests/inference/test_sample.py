"""Samples from the prior around the effects of a whole year."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import DeepDIVE, Panel, TrainingConfig
from worlds import SMALL


@pytest.mark.parametrize(
    ("start", "step", "tz", "n"), [("2004-01-31", "1ME", "UTC", 240), ("2022-01-01", "1D", "Europe/Berlin", 900)]
)
def test_every_month_is_drawn_from_its_own_rows(start, step, tz, n):
    empty = Panel.from_array(np.zeros((n, 1)), start, step, tz=tz)
    month = empty.clock.local(np.arange(n)).astype("datetime64[M]").astype(int) % 12
    values = 100.0 * (month == 1) + np.random.default_rng(0).normal(size=n)
    panel = Panel.from_array(values[:, None], start, step, tz=tz)
    model = DeepDIVE(1, 12, ["month"], model=SMALL, training=TrainingConfig(epochs=1), device="cpu")
    model.fit(panel, progress=False)
    high, low = (model.sample(20, {"month": name}, noise=False).x[:, -1].mean() for name in ("Feb", "Aug"))
    assert high > 50 > low


def test_coupled_classes_are_drawn_together():
    values = np.sin(np.arange(900) / 4.0)[:, None] + 0.1 * np.random.default_rng(0).normal(size=(900, 1))
    config = replace(SMALL, code=replace(SMALL.code, prior="pairs"))
    model = DeepDIVE(2, 24, ["weekday", "weekend"], model=config, training=TrainingConfig(epochs=1), device="cpu")
    model.fit(Panel.from_array(values, "2024-01-01", "1h"), progress=False)
    drawn = model.sample(400, seed=1).labels
    ends = np.isin(drawn["weekday"], ["Sat", "Sun"])
    assert 0.2 < ends.mean() < 0.4
    assert ((drawn["weekend"] == "yes") == ends).mean() > 0.95
    asked = model.sample(200, {"weekend": "yes"}, seed=1).labels
    assert np.isin(asked["weekday"], ["Sat", "Sun"]).mean() > 0.9
