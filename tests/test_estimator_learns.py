"""End to end on a world whose truth is known: labels are read, forecasts near the best there can be."""

import numpy as np

from divecast import ByTime, DeepDIVE, TrainingConfig
from divecast.data import split
from worlds import SMALL, hours


def test_it_learns_hours_and_weekends_and_forecasts_near_the_noise() -> None:
    world = hours(weeks=12, noise=0.2)
    training = TrainingConfig(epochs=10, batch_size=64, learning_rate=5e-3)
    model = DeepDIVE(6, 24, ["hour", "weekend"], model=SMALL, training=training)
    model.fit(world.panel, ByTime(3, 1, 1), progress=False)

    accuracy = model.infer_labels(world.panel, "test").accuracy()
    assert accuracy["hour"] > 0.9
    assert accuracy["weekend"] > 0.8

    scores = model.evaluate(world.panel).scores
    ours, naive = scores["DeepDIVE"], scores["seasonal naive (24)"]
    assert ours.rrse[-1] < 0.6 * naive.rrse[-1]
    assert ours.rrse[-1] < scores["last value"].rrse[-1]
    assert 0.8 < ours.coverage[-1] < 0.98

    rows = split(world.panel, ByTime(3, 1, 1)).test.ranges()[0]
    forecast = model.forecast(world.panel, start=world.panel.clock.at(np.array([rows.start]))[0])
    steps = forecast.keys.origins[:-6, None] + np.arange(6)
    error = np.sqrt(np.square(forecast.mean[:-6] - world.clean[steps]).mean((0, 1)))
    assert (error < world.noise).all()  # the truth behind the noise is missed by less than the noise
