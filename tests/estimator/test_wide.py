"""Panels of more channels than a step takes, from fit to file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from divecast import DeepDIVE, TrainingConfig
from divecast.data import write_store
from divecast.inference.fitted_model import build_network
from laws import assert_same_bits, frozen
from worlds import SMALL, hours

WIDE = hours(n_channels=12)
SHORT = WIDE.panel.rows(0, 504)
TRAINING = TrainingConfig(epochs=3, batch_size=128, learning_rate=1e-2, channels=4)


def fitted(data: object, **changes: object) -> DeepDIVE:
    training = replace(TRAINING, **changes)
    return DeepDIVE(6, 24, ["hour", "weekend"], model=SMALL, training=training).fit(data, progress=False)


@pytest.fixture(scope="module")
def sampled() -> DeepDIVE:
    return fitted(WIDE.panel)


@pytest.mark.slow
def test_every_channel_is_learned_and_labels_are_read(sampled: DeepDIVE) -> None:
    """A third of the channels a step is enough to read the hour, and none of them is left out."""
    trained = sampled.fitted_model
    untrained = build_network(trained.dimensions, trained.config, seed=0)
    moved = (trained.network.forecaster.embedding - untrained.forecaster.embedding).abs().amax(dim=1)
    assert (moved > 1e-3).all()
    assert sampled.infer_labels(WIDE.panel, "test").accuracy()["hour"] > 0.5


def test_a_step_that_takes_all_channels_is_the_same_however_it_is_asked_for() -> None:
    one, two = (fitted(SHORT, epochs=1, channels=channels) for channels in (0, 12))
    assert_same_bits(frozen(two.fitted_model.network), frozen(one.fitted_model.network))


def test_a_store_gives_the_same_fit_as_an_array(tmp_path: Path) -> None:
    panel = SHORT
    store = write_store(tmp_path / "store", [panel.values], panel.channels, "2024-01-01", "1h")
    one, two = (fitted(data, epochs=1) for data in (panel, store))
    assert_same_bits(frozen(two.fitted_model.network), frozen(one.fitted_model.network))


def test_it_is_saved_and_loaded_and_tells_its_setting(sampled: DeepDIVE, tmp_path: Path) -> None:
    sampled.save(tmp_path / "m")
    again = DeepDIVE.load(tmp_path / "m")
    assert again.info()["settings"]["training"]["channels"] == 4
    assert np.array_equal(again.forecast(WIDE.panel).mean, sampled.forecast(WIDE.panel).mean)
