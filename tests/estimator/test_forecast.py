"""Forecasts: which stamps, which numbers, in which table."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import ConfigError, DataError, DataWarning, DeepDIVE, Panel
from divecast.data import open_store, write_store
from worlds import hours

PANEL = hours().panel
END = np.datetime64("2024-02-26T00:00", "s")  # the first stamp after the eight weeks


def frame(kind: str) -> object:
    stamps = PANEL.clock.stamps().astype("datetime64[us]")
    columns = {"ds": stamps, **dict(zip(PANEL.channels, PANEL.values.T.copy(), strict=True))}
    return {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[kind](columns)


def test_at_the_end_of_the_panel_the_next_stamps_are_forecast(hours_model: DeepDIVE) -> None:
    forecast = hours_model.forecast(PANEL)
    assert forecast.mean.shape == (1, 6, 4)
    assert forecast.quantiles.shape == (5, 1, 6, 4)
    assert forecast.paths.shape == (0, 1, 6, 4)
    hour = np.timedelta64(1, "h")
    np.testing.assert_array_equal(forecast.keys.stamps, [[END + hour * step for step in range(-1, 6)]])
    assert forecast.keys.origins.tolist() == [len(PANEL.values)]


def test_only_the_look_back_matters(hours_model: DeepDIVE) -> None:
    whole, tail = (
        hours_model.forecast(PANEL),
        hours_model.forecast(PANEL.rows(len(PANEL.values) - 24, len(PANEL.values))),
    )
    np.testing.assert_allclose(tail.mean, whole.mean, rtol=1e-5)
    np.testing.assert_array_equal(tail.keys.stamps, whole.keys.stamps)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_tables_come_back_as_they_went_in(kind: str, hours_model: DeepDIVE) -> None:
    forecast = hours_model.forecast(frame(kind))
    np.testing.assert_array_equal(forecast.mean, hours_model.forecast(PANEL).mean)
    for layout, rows in (("long", 24), ("wide", 6)):
        table = forecast.frame(layout)
        assert type(table).__module__.split(".")[0] == kind
        assert len(table) == rows


def test_rolling_equals_one_by_one(hours_model: DeepDIVE) -> None:
    rolling = hours_model.forecast(PANEL, start="2024-02-20 05:00", stop="2024-02-22", every=7)
    rows = range(PANEL.clock.row_of("2024-02-20 05:00"), PANEL.clock.row_of("2024-02-22") + 1, 7)
    assert rolling.keys.origins.tolist() == list(rows)
    for at, row in enumerate(rows):
        alone = hours_model.forecast(PANEL.rows(0, row))
        np.testing.assert_allclose(rolling.mean[at], alone.mean[0], rtol=1e-5)
        np.testing.assert_allclose(rolling.quantiles[:, at], alone.quantiles[:, 0], rtol=1e-4)
        np.testing.assert_array_equal(rolling.keys.stamps[at], alone.keys.stamps[0])


def test_rolling_without_a_stop_runs_to_the_end(hours_model: DeepDIVE) -> None:
    rolling = hours_model.forecast(PANEL, start="2024-02-25 20:00")
    np.testing.assert_array_equal(rolling.keys.stamps[:, 1], END + np.timedelta64(1, "h") * np.arange(-4, 1))


@settings(max_examples=15)
@given(levels=st.lists(st.floats(0.005, 0.995), min_size=2, max_size=7, unique=True).map(sorted))
def test_quantiles_rise_with_the_level(hours_model: DeepDIVE, levels: list[float]) -> None:
    forecast = hours_model.forecast(PANEL, levels=levels)
    assert forecast.levels == tuple(levels)
    assert (np.diff(forecast.quantiles, axis=0) >= 0).all()


def test_without_levels_there_are_no_quantiles(hours_model: DeepDIVE) -> None:
    forecast = hours_model.forecast(PANEL, levels=())
    assert forecast.quantiles.shape == (0, 1, 6, 4)
    assert forecast.frame().column_names == ["unique_id", "origin", "step", "ds", "mean"]


def test_samples_repeat_and_lie_about_the_mean(hours_model: DeepDIVE) -> None:
    one, two = (hours_model.forecast(PANEL, n_paths=60) for _ in range(2))
    np.testing.assert_array_equal(one.paths, two.paths)
    assert one.paths.shape == (60, 1, 6, 4)
    low, high = one.quantiles[0, 0], one.quantiles[-1, 0]  # 90 % between
    inside = ((one.paths[:, 0] > low) & (one.paths[:, 0] < high)).mean()
    assert 0.75 < inside < 0.99
    assert (np.abs(one.paths.mean(0) - one.mean) < 0.5 * (high - low)).all()


def test_hours_are_forecast_in_the_units_of_the_data(hours_model: DeepDIVE) -> None:
    """The levels of the channels lie a factor of a hundred apart."""
    forecast = hours_model.forecast(PANEL, start="2024-02-19")
    mean, level = forecast.mean.mean((0, 1)), PANEL.values.mean(0)
    np.testing.assert_allclose(mean, level, rtol=0.1)


def test_known_and_inferred_labels_give_other_forecasts(hours_model: DeepDIVE) -> None:
    known, inferred = (hours_model.forecast(PANEL, start="2024-02-20", labels=mode) for mode in ("known", "infer"))
    assert not np.allclose(known.mean, inferred.mean, rtol=1e-5)
    np.testing.assert_allclose(known.mean, inferred.mean, rtol=0.2)


def test_missing_values_do_not_spoil_a_forecast(hours_model: DeepDIVE) -> None:
    values = PANEL.values[-48:].copy()
    values[30:35] = np.nan
    values[:, 2] = np.nan
    panel = Panel.from_array(values, PANEL.clock.at(np.array([len(PANEL.values) - 48]))[0], "1h", PANEL.channels)
    absent, silent = r"1 channel had no value in the look-back .*\(s2\): ", r"3 channels had no value in the last row "
    with pytest.warns(DataWarning, match=absent), pytest.warns(DataWarning, match=silent):
        forecast = hours_model.forecast(panel, start="2024-02-25", n_paths=1)
    assert np.isfinite(forecast.paths).all()


def test_a_start_before_the_first_look_back_is_said_to_be_moved(hours_model: DeepDIVE) -> None:
    with pytest.warns(DataWarning, match="the first forecast starts at 2024-01-02T00:00:00"):
        early = hours_model.forecast(PANEL, start="2024-01-01T12:00", stop="2024-01-03", every=12)
    exact = hours_model.forecast(PANEL, start="2024-01-02", stop="2024-01-03", every=12)
    np.testing.assert_array_equal(early.mean, exact.mean)


def test_another_channel_order_gives_the_same_forecast(hours_model: DeepDIVE) -> None:
    with pytest.warns(DataWarning, match="put in the order of the model"):
        turned = hours_model.forecast(PANEL.select(["s3", "s1", "s0", "s2"]))
    assert turned.channels == PANEL.channels
    np.testing.assert_array_equal(turned.mean, hours_model.forecast(PANEL).mean)


def test_a_memory_mapped_store_gives_the_same(hours_model: DeepDIVE, tmp_path: Path) -> None:
    write_store(tmp_path / "store", np.array_split(PANEL.values, 7), PANEL.channels, "2024-01-01", "1h")
    stored = open_store(tmp_path / "store")
    for data in (stored, tmp_path / "store"):
        one, two = (hours_model.forecast(d, start="2024-02-20", every=9) for d in (data, PANEL))
        np.testing.assert_allclose(one.mean, two.mean, rtol=1e-6)
    assert str(hours_model.evaluate(stored)) == str(hours_model.evaluate(PANEL))


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"start": "2030-01-01"}, DataError, "No row is at 2030-01-01"),
        ({"start": "2024-01-01 03:00", "stop": "2024-01-01 05:00"}, DataError, "needs lookback=24 rows before"),
        ({"start": "2024-02-02", "stop": "2024-02-01"}, DataError, "No forecast can start from"),
        ({"stop": "2024-02-02"}, ConfigError, "need the time of the first one"),
        ({"every": 2}, ConfigError, "need the time of the first one"),
        ({"start": "2024-02-02", "every": 0}, ConfigError, "every must be a whole number >= 1"),
        ({"n_paths": -1}, ConfigError, "n_paths must be a whole number >= 0"),
        ({"labels": "guess"}, ConfigError, '"known" or "infer"'),
        ({"levels": (0.0001, 0.5)}, ConfigError, "levels must increase and lie between"),
        ({"levels": (0.9, 0.1)}, ConfigError, "levels must increase"),
    ],
)
def test_what_cannot_be_forecast(asked: dict, error: type[Exception], message: str, hours_model: DeepDIVE) -> None:
    with pytest.raises(error, match=message):
        hours_model.forecast(PANEL, **asked)


def test_data_that_do_not_fit_the_model(hours_model: DeepDIVE) -> None:
    with pytest.warns(DataWarning, match="23 rows before the forecast, the look-back 24: those before are missing"):
        hours_model.forecast(PANEL.rows(0, 23))
    absent = pytest.warns(DataWarning, match="1 of 4 series of the model are not in the data, .*'s3'")
    with (
        absent,
        pytest.warns(DataWarning, match=r"1 channel had no value in the look-back .* \(s3\)"),
    ):
        assert hours_model.forecast(PANEL.select(["s0", "s1", "s2"])).channels == PANEL.channels
    with pytest.raises(DataError, match=r"another sampling .*: expected a panel every 1h, got a panel every 2h"):
        hours_model.forecast(Panel.from_array(PANEL.values[::2], "2024-01-01", "2h", PANEL.channels))
    with pytest.raises(DataError, match="numpy array"):
        hours_model.forecast(PANEL.values)
