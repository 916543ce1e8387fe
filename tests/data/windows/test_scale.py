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
@settings(max_examples=40, deadline=None)
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
@settings(max_examples=30, deadline=None)
def test_scaling_and_back(array):
    source = panel(np.random.default_rng(1).normal([1, -50, 300], [1, 20, 5], (50, 3)))
    scale = fit_scale(source, split(source, ByTime()).train)
    back = scale.invert(scale.apply(array))
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, array, atol=1e-3)


def test_channels_that_cannot_be_scaled():
    values = np.random.default_rng(2).normal(size=(20, 4))
    values[:12, 1] = np.nan
    with pytest.raises(DataError, match=r"1 channel without any value in the training part: 'c1'.*channels="):
        fit_scale(panel(values), split(panel(values), ByTime()).train)
    values[:12, 1] = 0.1
    values[:12, 3] = np.nan
    values[5, 3] = 7
    with pytest.raises(
        DataError,
        match=r"2 constant channels .*: 'c1' \(always 0.1 as float32\), 'c3' \(always 7 as float32\)",
    ):
        fit_scale(panel(values), split(panel(values), ByTime()).train)


def test_digits_that_float32_loses_are_told():
    counter = np.random.default_rng(0).normal(1e7, 2, (50, 2))
    counter[:, 0] -= 1e7
    with pytest.warns(DataWarning, match="1 channel lost digits .*, the first 'c1'.* around 1e\\+07.* steps of 1\\."):
        fit_scale(panel(counter), split(panel(counter), ByTime()).train)
