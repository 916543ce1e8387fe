"""Recordings: fit, forecast, and labels of windows and of whole recordings."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ByRecording, ConfigError, DataError, DataWarning, DeepDIVE, Recordings, TrainingConfig
from divecast.data import split
from worlds import SMALL, moves

RECORDINGS = moves()


def piece(lengths: list[int]) -> Recordings:
    """The first rows of the first recordings."""
    ends = zip(RECORDINGS.offsets, lengths, strict=False)
    arrays = [RECORDINGS.values[first : first + length] for first, length in ends]
    return Recordings.from_arrays(arrays, rate=10.0, channels=RECORDINGS.channels)


def test_every_recording_is_forecast_from_its_end(moves_model: DeepDIVE) -> None:
    forecast = moves_model.forecast(RECORDINGS)
    assert forecast.keys.recordings.tolist() == list(RECORDINGS.names)
    np.testing.assert_array_equal(forecast.keys.origins, RECORDINGS.offsets[1:])
    np.testing.assert_allclose(forecast.keys.stamps[:, 0], (RECORDINGS.lengths - 1) / 10)
    table = forecast.frame().to_pandas()
    assert list(table.columns[:5]) == ["unique_id", "recording", "origin", "step", "ds"]
    assert len(table) == len(RECORDINGS.names) * 2 * 5


def test_rolling_equals_one_by_one(moves_model: DeepDIVE) -> None:
    rolling = moves_model.forecast(piece([60, 61]), every=10)
    assert rolling.keys.recordings.tolist() == ["r0"] * 3 + ["r1"] * 3
    for at, lengths in enumerate([40, 50, 60]):
        alone = moves_model.forecast(piece([lengths]))
        np.testing.assert_allclose(rolling.mean[at], alone.mean[0], rtol=1e-4, atol=1e-4)


def test_no_window_crosses_from_one_recording_to_the_next(moves_model: DeepDIVE) -> None:
    alone, both = moves_model.encode(piece([60])), moves_model.encode(piece([60, 60]))
    assert len(both.a_mean) == 2 * len(alone.a_mean) == 2 * 21
    np.testing.assert_allclose(both.a_mean[:21], alone.a_mean, atol=1e-4)


def test_the_test_part_is_whole_recordings_that_were_held_out(moves_model: DeepDIVE) -> None:
    parts = split(RECORDINGS, ByRecording(6, 1, 1, group="person"))
    held_out = {RECORDINGS.names[i] for i in np.flatnonzero(parts.test.stop > parts.test.start)}
    assert len(held_out) == 4
    assert set(moves_model.encode(RECORDINGS, "test").keys.recordings) == held_out


def test_labels_of_held_out_recordings_are_inferred(moves_model: DeepDIVE) -> None:
    by_window = moves_model.infer_labels(RECORDINGS, "test")
    labels = moves_model.infer_labels(RECORDINGS, "test", by="recording")
    assert len(labels.keys.recordings) == 4
    assert labels.accuracy()["move"] == 1.0
    for at, name in enumerate(labels.keys.recordings):
        own = by_window.keys.recordings == name
        for pooled, shares in zip(labels.probabilities, by_window.probabilities, strict=True):
            np.testing.assert_allclose(pooled[at], shares[own].mean(0), rtol=1e-5)
        assert (by_window.given[own] == labels.given[at]).all()
    assert labels.frame()["recording"].to_pylist() == labels.keys.recordings.tolist()


def test_missing_labels_of_recordings_stay_missing(moves_model: DeepDIVE) -> None:
    labels = moves_model.infer_labels(RECORDINGS, by="recording")
    side = np.array([name is None for name in RECORDINGS.labels["side"]])
    np.testing.assert_array_equal(labels.given[:, 1] < 0, side)
    assert labels.accuracy()["side"] > 0.8


def test_recordings_too_short_for_a_window_are_left_out_and_reported(moves_model: DeepDIVE) -> None:
    with pytest.warns(DataWarning, match="1 of 2 recordings are too short for lookback=40 and were left out: r1"):
        forecast = moves_model.forecast(piece([60, 30]))
    assert forecast.keys.recordings.tolist() == ["r0"]
    with pytest.raises(DataError, match="lookback=40 "):
        moves_model.forecast(piece([20, 30]))


def test_recordings_have_no_calendar(moves_model: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match="Recordings have no clock"):
        moves_model.forecast(RECORDINGS, start="2024-01-01")
    model = DeepDIVE(5, 40, ["hour"], model=SMALL, training=TrainingConfig(epochs=1))
    with pytest.raises(DataError, match="recordings have no clock"):
        model.fit(RECORDINGS, ByRecording(2, 1, 1), progress=False)


def test_the_encoder_for_recordings_is_chosen(moves_model: DeepDIVE, hours_model: DeepDIVE) -> None:
    assert moves_model.info()["settings"]["model"]["encoder"]["kind"] == "recording"
    assert moves_model.info()["frequency"] == "recordings at 10 Hz"
    assert hours_model.info()["settings"]["model"]["encoder"]["kind"] == "panel"


def test_recordings_and_people_unlike_the_fit_are_named(moves_model: DeepDIVE) -> None:
    draw = np.random.default_rng(0)
    noise = [(50.0 * draw.normal(size=(90, 2))).astype(np.float32) for _ in range(2)]
    labels = {"move": ["fast", "slow"], "side": ["left", "right"], "person": ["new", "new"]}
    strange = Recordings.from_arrays(noise, labels, rate=10.0, channels=RECORDINGS.channels)
    alone = replace(strange, labels=strange.labels | {"person": np.array([None, "new"], dtype=object)})
    for data in (strange, alone):  # a person that is not told stops nothing
        with pytest.warns(DataWarning) as told:
            moves_model.infer_labels(data, by="recording")
        texts = [str(each.message) for each in told]
        assert any("2 of 2 recordings are unlike all of the training part: 'r0', 'r1'" in text for text in texts)
        assert any("1 of 1 groups of 'person' are unlike all of the training part: 'new'" in text for text in texts)
