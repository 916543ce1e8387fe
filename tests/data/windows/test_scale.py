"""Scales of the training part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from divecast.data import ByTime, Panel, fit_scale, split
from divecast.data.sources import arrays as chunking
from divecast.errors import DataError, DataWarning


def panel(values):
    return Panel.from_array(np.asarray(values, np.float32), "2020-01-01", "1h")


@given(arrays(np.float32, (40, 3), elements=st.floats(-1e6, 1e6, width=32)), st.integers(0, 2**31))
@settings(max_examples=40)
def test_mean_and_deviation_of_the_observed_training_values_only(values, seed):
    values += np.arange(40, dtype=np.float32)[:, None] * 1e3
    values[np.random.default_rng(seed).random((40, 3)) < 0.2] = np.nan
    values[:2] = [[0, 1, 2], [5, 7, 9]]
    source = panel(values)
    train = split(source, ByTime()).train
    scale = fit_scale(source, train)
    known = values[:24].astype(np.float64)
    np.testing.assert_allclose(scale.center, np.nanmean(known, axis=0), rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(scale.spread, np.nanstd(known, axis=0), rtol=1e-5)


def test_chunks_do_not_change_it(monkeypatch):
    values = np.random.default_rng(0).normal(1e5, 1, (500, 4))
    source = panel(values)
    train = split(source, ByTime()).train
    whole = fit_scale(source, train)
    monkeypatch.setattr(chunking, "_CHUNK_VALUES", 28)
    parts = fit_scale(source, train)
    np.testing.assert_allclose(parts.center, whole.center, rtol=1e-7)
    np.testing.assert_allclose(parts.spread, whole.spread, rtol=1e-6)
    np.testing.assert_allclose(whole.spread, values[:300].astype(np.float32).std(axis=0, dtype=np.float64), rtol=1e-6)


@given(arrays(np.float32, (7, 5, 3), elements=st.floats(-1e3, 1e3, width=32)))
@settings(max_examples=30)
def test_scaling_and_back(array):
    source = panel(np.random.default_rng(1).normal([1, -50, 300], [1, 20, 5], (50, 3)))
    scale = fit_scale(source, split(source, ByTime()).train)
    back = scale.invert(scale.apply(array))
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, array, atol=1e-3)


def test_channels_that_cannot_be_learned_from_have_no_scale_and_are_named_once():
    values = np.random.default_rng(2).normal(size=(20, 4))
    values[:12, 1], values[:12, 3] = np.nan, 0.1
    with pytest.warns(
        DataWarning, match=r"2 of 4 series .* forecast by the last values .*: 'c1' \(no value\), 'c3' \(always 0\.1\)"
    ):
        scale = fit_scale(panel(values), split(panel(values), ByTime()).train)
    assert scale.learned.tolist() == [True, False, True, False]
    assert np.isnan(scale.spread).tolist() == [False, True, False, True]
    assert np.isnan(scale.apply(values.astype(np.float32))[:, 1]).all()  # missing in every window
    values[5, 1] = 7  # a single value tells no more
    with pytest.warns(DataWarning, match="'c1' \\(always 7\\), .*"):
        fit_scale(panel(values), split(panel(values), ByTime()).train, "drop")


def test_one_series_at_least_can_be_learned_from():
    with pytest.raises(DataError, match=r"No series can be learned from, .*always 0\), .*always 0\)"):
        fit_scale(panel(np.zeros((20, 2))), split(panel(np.zeros((20, 2))), ByTime()).train)


def test_digits_that_float32_loses_are_told():
    counter = np.random.default_rng(0).normal(1e7, 2, (50, 2))
    counter[:, 0] -= 1e7
    with pytest.warns(DataWarning, match="1 channel lost digits .*, the first 'c1'.* around 1e\\+07.* steps of 1\\."):
        fit_scale(panel(counter), split(panel(counter), ByTime()).train)
