"""Recordings in a scale of their own."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ByRecording, DataWarning, DeepDIVE, TrainingConfig
from worlds import SMALL, moves


def test_units_of_a_recording_do_not_change_its_forecast() -> None:
    config, training = replace(SMALL, own_scale=True), TrainingConfig(epochs=1, window_stride=4)
    recordings = moves(3)
    model = DeepDIVE(5, 40, ["move"], model=config, training=training)
    model.fit(recordings, ByRecording(6, 1, 1, group="person"), progress=False)
    values = recordings.values.copy()
    first = slice(int(recordings.offsets[0]), int(recordings.offsets[1]))
    values[first] = values[first] * 50 + 1000
    plain, other = model.forecast(recordings), model.forecast(replace(recordings, values=values))
    np.testing.assert_allclose(other.mean[0], plain.mean[0] * 50 + 1000, rtol=1e-3)
    np.testing.assert_allclose(other.quantiles[:, 0], plain.quantiles[:, 0] * 50 + 1000, rtol=1e-3)
    np.testing.assert_array_equal(other.mean[1:], plain.mean[1:])
    assert np.isfinite(list(model.evaluate(recordings, "all").scores["DeepDIVE"].overall().values())[:5]).all()


def test_a_channel_that_has_not_varied_yet_has_the_scale_of_all() -> None:
    config, training = replace(SMALL, own_scale=True), TrainingConfig(epochs=1, window_stride=4)
    recordings = moves(3)
    values = recordings.values.copy()
    values[: int(recordings.offsets[1]), 1] = 3.0
    still = replace(recordings, values=values)
    model = DeepDIVE(5, 40, ["move"], model=config, training=training)
    with pytest.warns(DataWarning, match="'r0': its channel 'wx' does not change"):
        model.fit(still, ByRecording(6, 1, 1, group="person"), progress=False)
    assert np.isfinite(model.forecast(still).mean).all()
    part = model.reconstruct(still, "all", every=30)
    assert np.isfinite(part.mean).all()
