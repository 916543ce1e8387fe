"""End to end on a world whose truth is known."""

import numpy as np
import pytest

from divecast import ByTime, DeepDIVE, TrainingConfig
from divecast.data import split
from worlds import SMALL, Hours, hours

pytestmark = pytest.mark.slow  # one long fit; the arms and the told model learn less, quickly


@pytest.fixture(scope="module")
def world() -> Hours:
    return hours(weeks=12, noise=0.2)


@pytest.fixture(scope="module")
def model(world: Hours) -> DeepDIVE:
    training = TrainingConfig(epochs=8, batch_size=128, learning_rate=1e-2, patience=8)
    return DeepDIVE(6, 24, ["hour", "weekend"], model=SMALL, training=training).fit(
        world.panel, ByTime(3, 1, 1), progress=False
    )


def test_it_reads_the_hour_and_the_weekend_from_the_window(model: DeepDIVE, world: Hours) -> None:
    accuracy = model.infer_labels(world.panel, "test").accuracy()
    assert accuracy["hour"] > 0.95
    assert accuracy["weekend"] > 0.9


def test_it_forecasts_far_better_than_the_simple_forecasters(model: DeepDIVE, world: Hours) -> None:
    scores = model.evaluate(world.panel).scores
    ours = scores["DeepDIVE"]
    assert ours.rrse[-1] < 0.6 * scores["seasonal naive (24)"].rrse[-1]
    assert ours.rrse[-1] < 0.6 * scores["last value"].rrse[-1]
    assert ours.rrse[-1] < scores["stacked ridge"].rrse[-1]


def test_its_intervals_hold_their_share(model: DeepDIVE, world: Hours) -> None:
    assert 0.8 < model.evaluate(world.panel, baselines=False).scores["DeepDIVE"].coverage[-1] < 0.97


def test_it_finds_the_truth_behind_the_noise(model: DeepDIVE, world: Hours) -> None:
    """The clean signal is several times the noise; the forecast misses it by about the noise."""
    first = split(world.panel, ByTime(3, 1, 1)).test.ranges()[0].start
    forecast = model.forecast(world.panel, start=world.panel.clock.at(np.array([first]))[0])
    steps = forecast.keys.origins[:, None] + np.arange(-1, 6)
    weekend = steps // 24 % 7 >= 5
    # where a weekend begins or ends within the steps, the labels at the window's end do not tell of it
    kept = (weekend == weekend[:, :1]).all(1) & (steps[:, -1] < len(world.clean))
    error = np.sqrt(np.square(forecast.mean[kept] - world.clean[steps[kept, 1:]]).mean((0, 1)))
    assert (error < 1.5 * world.noise).all()
    assert (world.clean.std(0) > 3 * world.noise).all()


def test_draws_of_a_class_look_like_the_class(model: DeepDIVE, world: Hours) -> None:
    """Windows that end at 6 and at 18 o'clock on Wednesday to Friday: each draw is nearer to the mean of its own."""
    days = [day for day in range(80) if day % 7 in (2, 3, 4)]
    drawn, truth = {}, {}
    for hour in (6, 18):
        draws = model.sample(100, {"hour": f"{hour:02}", "weekend": "no"}, noise=False)
        drawn[hour] = draws.x.mean(0)
        truth[hour] = np.mean([world.clean[24 * day + hour - 23 : 24 * day + hour + 1] for day in days], axis=0)
    for hour, other in ((6, 18), (18, 6)):
        own, wrong = (np.square((drawn[hour] - truth[h]) / world.clean.std(0)).mean() for h in (hour, other))
        assert own < 0.7 * wrong
