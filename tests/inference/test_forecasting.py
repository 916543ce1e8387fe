"""Forecasts a batch at a time: joined, they are those made at once, and so are their files."""

import gzip
from dataclasses import replace
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from divecast import ConfigError, DataError, DataWarning, DeepDIVE, Label, Panel, TrainingConfig
from divecast.cli import forecast_tables, main
from divecast.data import write_frame
from divecast.inference import predict as inference
from divecast.inference.forecasting import Share
from divecast.inference.results import Forecast
from worlds import SMALL, hours, moves, told

PANEL = hours().panel
SPAN = {"start": "2024-02-22T03:00", "every": 5}


@pytest.fixture
def small_batches(monkeypatch):
    """Six windows of the panel a batch."""
    monkeypatch.setattr(inference, "_VALUES_AT_ONCE", 6 * 4 * 30)


def assert_same(one: Forecast, other: Forecast) -> None:
    assert (one.channels, one.levels, one.keys.backend) == (other.channels, other.levels, other.keys.backend)
    for name in ("origins", "recordings", "stamps"):
        np.testing.assert_array_equal(getattr(one.keys, name), getattr(other.keys, name))
    for name in ("mean", "quantiles", "paths"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(n=st.integers(0, 60), of=st.integers(1, 70))
def test_shares_are_all_things_once_and_as_equal_as_can_be(n: int, of: int) -> None:
    things = list(range(n))
    shares = [things[Share(at, of).among(n)] for at in range(of)]
    assert [*chain(*shares)] == things
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(("number", "of"), [(-1, 2), (2, 2), (0, 0)])
def test_there_is_no_such_share(number: int, of: int) -> None:
    with pytest.raises(ConfigError, match="must be a whole number >="):
        Share(number, of)


@pytest.mark.parametrize("of", [1, 2, 3, 40])
def test_batches_joined_are_the_forecast(small_batches, hours_model: DeepDIVE, of: int) -> None:
    shares = [[*hours_model.forecast_batches(PANEL, **SPAN, share=Share(at, of))] for at in range(of)]
    batches = [*chain(*shares)]
    assert [len(batch.mean) for batch in batches] == [6, 6, 6, 1]
    assert_same(Forecast.joined(batches, 19), hours_model.forecast(PANEL, **SPAN))


def test_recordings_roll_in_batches_too(monkeypatch, moves_model: DeepDIVE) -> None:
    monkeypatch.setattr(inference, "_VALUES_AT_ONCE", 9 * 2 * 45)
    batches = [*moves_model.forecast_batches(moves(), every=7)]
    assert len(batches) > 10
    whole = moves_model.forecast(moves(), every=7)
    assert_same(Forecast.joined(batches, len(whole.mean)), whole)


def test_nothing_is_forecast_before_it_is_taken_but_all_is_checked(hours_model: DeepDIVE, monkeypatch) -> None:
    monkeypatch.setattr(inference, "predict", None)
    hours_model.forecast_batches(PANEL, **SPAN)
    with pytest.raises(DataError, match="No forecast can start"):
        hours_model.forecast_batches(PANEL, start="2024-01-01", stop="2024-01-01T09:00")
    with pytest.raises(ConfigError, match="every must be"):
        hours_model.forecast_batches(PANEL, start="2024-02-01", every=0)


def test_paths_of_batches_differ_and_leave_the_random_state(small_batches, hours_model: DeepDIVE) -> None:
    before = torch.get_rng_state()
    drawn = hours_model.forecast(PANEL, **SPAN, n_paths=5)
    assert torch.equal(torch.get_rng_state(), before)
    noise = (drawn.paths - drawn.mean) / (drawn.quantiles[-1] - drawn.quantiles[0])  # (path, window, step, channel)
    assert abs(np.corrcoef(noise[:, 0].ravel(), noise[:, 6].ravel())[0, 1]) < 0.5  # the first window of two batches


@pytest.fixture(scope="module")
def files(hours_model: DeepDIVE, tmp_path_factory):
    """A model, and the panel as a wide Parquet file of many row groups with a column that is no channel."""
    folder = tmp_path_factory.mktemp("streams")
    hours_model.save(folder / "model.safetensors")
    stamps = PANEL.clock.stamps().astype("datetime64[us]")
    table = pa.table(
        {"ds": stamps, "other": np.ones(len(stamps)), **dict(zip(PANEL.channels, PANEL.values.T.copy(), strict=True))}
    )
    pa.parquet.write_table(table, folder / "panel.parquet", row_group_size=100)
    return folder / "model.safetensors", folder / "panel.parquet"


@pytest.mark.parametrize(
    ("layout", "suffix", "large"),  # every two of them meet
    [
        ("long", ".csv", False),
        ("wide", ".csv", True),
        ("long", ".csv.gz", True),
        ("wide", ".csv.gz", False),
        ("long", ".parquet", False),
        ("wide", ".parquet", True),
    ],
)
@pytest.mark.filterwarnings("ignore:.*left out:divecast.DataWarning")
def test_the_file_is_that_of_all_at_once(
    small_batches, files, hours_model, tmp_path, monkeypatch, layout, suffix, large
):
    model, data = files
    whole = write_frame(hours_model.forecast(data, **SPAN).frame(layout), tmp_path / f"whole{suffix}")
    out = tmp_path / f"out{suffix}"
    span = ["--start", SPAN["start"], "--every", str(SPAN["every"]), "--layout", layout]
    if large:
        monkeypatch.setattr(forecast_tables, "_LARGE", 0)
        monkeypatch.setattr("divecast.data.tables.as_written.read_table", None)
    assert main(["forecast", str(model), str(data), "--out", str(out), *span]) == 0
    if suffix == ".parquet":
        assert pa.parquet.read_table(out).equals(pa.parquet.read_table(whole))
        assert pa.parquet.read_metadata(out).num_row_groups == 4
    else:
        read = gzip.decompress if suffix.endswith(".gz") else bytes
        assert read(out.read_bytes()) == read(whole.read_bytes())
    assert sorted(tmp_path.iterdir()) == sorted([out, whole])


def test_a_large_file_has_its_times_in_the_column_of_the_fit(tmp_path, monkeypatch) -> None:
    stamps, data = PANEL.clock.stamps().astype("datetime64[us]"), tmp_path / "panel.parquet"
    series = dict(zip(PANEL.channels, PANEL.values.T.copy(), strict=True))
    pa.parquet.write_table(pa.table({"noted": stamps + np.timedelta64(1, "h"), "ds": stamps, **series}), data)
    with pytest.warns(DataWarning, match="'noted'"):
        panel = Panel.read(data, time="ds")
    model = DeepDIVE(6, 24, model=SMALL, training=TrainingConfig(epochs=1)).fit(panel, progress=False)
    model.save(tmp_path / "model.safetensors")
    monkeypatch.setattr(forecast_tables, "_LARGE", 0)
    assert main(["forecast", str(tmp_path / "model.safetensors"), str(data), "--out", str(tmp_path / "f.parquet")]) == 0
    whole = write_frame(model.forecast(panel).frame(), tmp_path / "whole.parquet")
    assert pa.parquet.read_table(tmp_path / "f.parquet").equals(pa.parquet.read_table(whole))


def test_a_failure_on_the_way_leaves_the_former_file(small_batches, files, tmp_path, monkeypatch, capsys) -> None:
    made, forecast = [], inference.predict

    def predict(*given):
        made.append(given)
        if len(made) == 3:
            raise DataError("no more")
        return forecast(*given)

    monkeypatch.setattr(inference, "predict", predict)
    out = tmp_path / "out.parquet"
    out.write_text("former")
    command = ["forecast", *map(str, files), "--out", str(out), "--start", SPAN["start"], "--every", "5"]
    assert main(command) == 2
    assert "no more" in capsys.readouterr().err
    assert (len(made), out.read_text(), list(tmp_path.iterdir())) == (3, "former", [out])


def test_rows_that_effects_go_back_to_are_asked_for(told_model):
    """From fewer rows than effects read, a forecast is another one, with a warning; from these on it is the same."""
    table, needed = told(), told_model.fitted_model.rows_needed
    table.loc[table["ds"] > table["ds"].max() - np.timedelta64(8, "h"), "y"] = np.nan  # the rows to forecast
    assert needed == 60 + 23  # the mean of a day's temperature
    whole = told_model.forecast(table).mean
    enough = told_model.forecast(table.groupby("unique_id").tail(needed + 8)).mean
    np.testing.assert_allclose(enough, whole, rtol=1e-5)
    with pytest.warns(DataWarning, match="60 rows before the first step ahead, .*temperature.* go back"):
        cut = told_model.forecast(table.groupby("unique_id").tail(60 + 8)).mean
    assert np.abs(cut / whole - 1.0).max() > 1e-5


def test_so_they_are_of_independent_series() -> None:
    table = told().drop(columns="wind")
    factors, training = ["hour", Label("promotion", per_series=True)], TrainingConfig(epochs=1, batch_size=128)
    model = DeepDIVE(
        8, 60, factors, covariates=["temperature"], model=SMALL, training=training, series="independent"
    ).fit(table, progress=False)
    table.loc[table["ds"] > table["ds"].max() - np.timedelta64(8, "h"), "y"] = np.nan
    whole, rows = model.forecast(table).mean, table.groupby("unique_id")
    np.testing.assert_allclose(model.forecast(rows.tail(83 + 8)).mean, whole, rtol=1e-5)
    with pytest.warns(DataWarning, match="go back"):
        model.forecast(rows.tail(60 + 8))


def test_a_window_that_departed_is_forecast_in_mixed_precision(hours_model: DeepDIVE) -> None:
    values = PANEL.values.copy()
    values[-6:, 1] += 5.0 * values[:, 1].std()
    panel = replace(PANEL, values=values)
    with pytest.warns(DataWarning, match="departed"):
        plain = hours_model.forecast(panel)
    with torch.autocast("cpu", torch.bfloat16), pytest.warns(DataWarning, match="departed"):
        mixed = hours_model.forecast(panel)
    np.testing.assert_allclose(mixed.mean, plain.mean, atol=0.1 * float(np.std(plain.mean)))
