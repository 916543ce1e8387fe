"""Readings beyond all that a series did: what is found, what is not, and that one bad meter harms nobody else."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import DataWarning, DeepDIVE, Panel, TrainingConfig
from divecast.data import Part
from divecast.data.outliers import Limits, clean_covariates
from divecast.data.sources.series_rows import SeriesRows
from divecast.page.scope import Scope
from worlds import hours

PANEL = hours().panel


def limits(values: np.ndarray) -> tuple[float, float]:
    """The limits of a series by all its values."""
    panel = Panel.from_array(values[:, None].astype(np.float32), "2024-01-01", "1h", ["x"])
    found = Limits.of(panel, Part(np.array([0]), np.array([len(values)])))
    return float(found.low[0]), float(found.high[0])


@settings(max_examples=30)
@given(st.integers(0, 1000), st.sampled_from([9999.0, 65535.0, 1e8]), st.integers(1, 40))
def test_sentinels_are_beyond_however_often_they_occur(seed: int, sentinel: float, n: int) -> None:
    draws = np.random.default_rng(seed)
    values = draws.normal(300, 50, 1000)
    values[draws.choice(1000, n, replace=False)] = sentinel
    low, high = limits(values)
    assert high < 5000  # half of the smallest one
    assert low > -5000


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).standard_t(3, 2000),
        np.where(np.random.default_rng(1).random(2000) < 0.9, 0, np.random.default_rng(2).poisson(3, 2000)),
        np.exp(np.random.default_rng(3).normal(size=2000)),
        np.arange(400.0) ** 2,
        np.where(np.arange(1000) % 7 == 0, 50.0, 1.0),  # a peak of each week
        np.full(100, 3.0),
    ],
)
def test_what_series_do_is_within(values: np.ndarray) -> None:
    low, high = limits(values)
    assert not (values < low).any()
    assert not (values > high).any()


@pytest.mark.parametrize("sentinel", [9999.0, 65535.0, -1e6])
def test_one_bad_meter_harms_nobody_else(hours_model: DeepDIVE, sentinel: float) -> None:
    values = PANEL.values.copy()
    values[-1, 1] = sentinel
    plain = hours_model.forecast(PANEL)
    far = rf"1 reading far beyond .*'s1' \({re.escape(f'{sentinel:g}')} in row"
    with pytest.warns(DataWarning, match=far), pytest.warns(DataWarning, match="no value in the last row"):
        found = hours_model.forecast(replace(PANEL, values=values))
    others = [0, 2, 3]
    moved = np.abs(found.mean - plain.mean)[..., others] / hours_model.fitted_model.scale.spread[others]
    assert moved.max() < 0.05
    width = np.ptp(found.quantiles, axis=0)[..., others] / np.ptp(plain.quantiles, axis=0)[..., others]
    assert (np.abs(width - 1) < 0.05).all()


def test_only_the_rows_that_are_read_are_searched_and_anomalies_are_found_all_the_same(hours_model: DeepDIVE) -> None:
    values = PANEL.values.copy()
    values[-200, 1] = 9999.0
    panel = replace(PANEL, values=values)
    np.testing.assert_array_equal(hours_model.forecast(panel).mean, hours_model.forecast(PANEL).mean)
    with pytest.warns(DataWarning, match="9999"):
        hours_model.evaluate(panel, "all", every=9, baselines=False)
    found = hours_model.anomalies(panel, "all")
    worst = int(found.keys.origins[np.nanargmax(found.score)])
    assert -24 <= worst - (len(values) - 200) <= 30


@pytest.mark.filterwarnings("ignore:.*far beyond:divecast.DataWarning")
def test_data_with_such_a_reading_are_those_of_the_fit_all_the_same() -> None:
    values = PANEL.values.copy()
    values[300, 1] = 9999.0
    panel = replace(PANEL, values=values)
    model = DeepDIVE(6, 24, training=TrainingConfig(epochs=1, window_stride=5)).fit(panel, progress=False)
    assert np.isfinite(model.evaluate(panel, every=9, baselines=False).scores["DeepDIVE"].overall()["mae"])
    scope = Scope.of(model, panel)
    assert scope.part == "test"
    assert model.fitted_model.is_fit_data(scope.source)
    values[1200, 1] = 9999.0
    assert not model.fitted_model.is_fit_data(replace(panel, values=values))


@pytest.mark.filterwarnings("ignore:.*far beyond:divecast.DataWarning")
def test_a_series_that_grows_beyond_its_limits_is_kept_and_a_jump_is_not() -> None:
    grows = np.exp(0.01 * np.arange(900)) * (1.0 + 0.1 * np.cos(np.arange(900)))
    jumps = np.random.default_rng(0).normal(50.0, 5.0, 900)
    jumps[800:] *= 1000.0
    panel = Panel.from_array(np.stack([grows, jumps], 1).astype(np.float32), "2020-01-01", "1D", ["grows", "jumps"])
    train = Part(np.array([0]), np.array([540]))
    found = Limits.of(panel, train)
    assert panel.values[-1, 0] > 2.0 * found.high[0]
    cleaned = np.isnan(found.clean(panel).values)
    assert not cleaned[:, 0].any()
    assert np.flatnonzero(cleaned[:, 1]).tolist() == list(range(800, 900))


def test_limits_of_a_series_that_starts_late_are_those_of_its_own_training_part() -> None:
    values = np.full((100, 2), np.nan, np.float32)
    values[:, 0], values[56:, 1] = np.arange(100), 10.0 + np.arange(44) ** 1.5
    rows = SeriesRows.of(Panel.from_array(values, "2000-01-01", "1D", ["long", "late"]), 4, 2)
    start = rows.blocks.start
    found = Limits.of(rows, Part(start, start + (0.6 * (rows.blocks.stop - start)).astype(int)))
    assert found.channels == ("long", "late")
    assert found.clean(rows) is rows


def test_absurd_values_of_a_covariate_count_as_missing_and_are_named() -> None:
    draw, levels = np.random.default_rng(0), np.where(np.arange(PANEL.values.shape[1]) % 2, 1e4, 10.0)
    shared, own = draw.normal(15.0, 5.0, len(PANEL.values)), levels + draw.normal(size=PANEL.values.shape)
    shared[100], own[50, 1] = -999.0, 1e6
    told = replace(PANEL, covariates={"temp": shared.astype(np.float32), "price": own.astype(np.float32)})
    train = Part(np.array([0]), np.array([len(PANEL.values)]))
    name = re.escape(repr(PANEL.channels[1]))
    with (
        pytest.warns(DataWarning, match=r"'temp' has 1 value far beyond .* taken as missing: -999 in row 100"),
        pytest.warns(DataWarning, match=rf"'price' has 1 value .*: 1e\+06 of {name} in row 50"),
    ):
        found = clean_covariates(told, ["temp", "price"], train)
    assert np.argwhere(np.isnan(found.covariates["temp"])).tolist() == [[100]]
    assert np.argwhere(np.isnan(found.covariates["price"])).tolist() == [[50, 1]]
    assert clean_covariates(found, ["temp", "price"], train) is found
