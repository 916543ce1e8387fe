"""Data read from whatever a user passes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from divecast.data import Covariate, Label, Panel, Recordings, as_panel, datasets, read_source, write_store
from divecast.errors import DataError

HOURS = pd.DataFrame(
    {"ds": pd.date_range("2024-01-01", periods=4, freq="h"), "a": np.arange(4.0), "mode": ["x", "y", "x", "y"]}
)


def test_a_shipped_data_set_is_read_by_its_name():
    assert as_panel("loads").fingerprint() == datasets.load("loads").fingerprint()
    motion = read_source("motion", channels=["wy", "ax"])
    assert isinstance(motion, Recordings)
    assert motion.channels == ("wy", "ax")
    with pytest.raises(DataError, match="no common clock"):
        as_panel("motion")


@pytest.mark.parametrize("store", [True, False])
def test_what_lies_there_comes_before_a_shipped_data_set(tmp_path, monkeypatch, store):
    monkeypatch.chdir(tmp_path)
    if store:
        write_store("loads", [np.zeros((3, 1))], ["mine"], "2024-01-01", "1h")
        assert as_panel("loads").channels == ("mine",)
    else:
        (tmp_path / "loads").write_text("no table")
        with pytest.raises(DataError, match=r"ends in \.csv"):
            as_panel("loads")


def test_a_path_that_is_not_there_names_the_shipped_data_sets(tmp_path):
    with pytest.raises(DataError, match="loads, motion") as caught:
        read_source(tmp_path / "birds")
    assert "birds" in caught.value.problem


def test_columns_of_labels_are_those_that_factors_name():
    panel = read_source(HOURS, factors=[Label("mode")])
    assert panel.channels == ("a",)
    assert panel.label_column("mode").tolist() == list("xyxy")
    assert not read_source(HOURS.drop(columns="mode"), factors=[Label("mode")], absent_labels=True).labels
    with pytest.raises(DataError, match=r"'mode': the table has the columns 'ds', 'a'\. Name one .* in factors="):
        read_source(HOURS.drop(columns="mode"), factors=[Label("mode")])
    with pytest.raises(DataError, match=r"Did you mean 'hour'\?"):  # a calendar factor, misspelt
        read_source(HOURS, factors=[Label("hours")])


@pytest.mark.parametrize("channels", [(), ["a"]])
def test_a_table_with_a_column_of_recordings(channels):
    recordings = read_source(HOURS, recording="mode", time="ds", rate=50, channels=channels)
    assert isinstance(recordings, Recordings)
    assert (recordings.names, recordings.channels, recordings.rate) == (("x", "y"), ("a",), 50)


def test_an_object_is_returned_as_it_is():
    panel = Panel.from_array(np.zeros((3, 2)), "2024-01-01", "1h")
    assert read_source(panel, factors=[Label("mode")]) is panel


METERS = pd.DataFrame(
    {
        "meter": ["b", "b", "a", "a"],
        "time": pd.to_datetime(["2024-01-01", "2024-01-02"] * 2),
        "kwh": [1.0, 2.0, 3.0, 4.0],
        "price": [5.0, 6.0, 7.0, 8.0],
    }
)


@pytest.mark.parametrize("named", [{"id": "meter", "value": "kwh"}, {"id": "meter", "value": "kwh", "time": "time"}])
def test_a_long_table_with_other_names(named, tmp_path):
    panel = read_source(METERS, covariates=[Covariate("price", per_series=True)], **named)
    assert panel.channels == ("b", "a")
    assert panel.values.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert panel.covariate("price").tolist() == [[5.0, 7.0], [6.0, 8.0]]
    METERS.drop(columns="price").to_csv(tmp_path / "meters.csv", index=False)
    assert Panel.read(tmp_path / "meters.csv", **named).fingerprint() == replace(panel, covariates={}).fingerprint()
    assert as_panel(tmp_path / "meters.csv", **named).channels == ("b", "a")


def test_the_names_of_the_series_hold_in_the_other_tables_too():
    facts = pd.DataFrame({"area": [10.0, 20.0], "meter": ["a", "b"]})
    known = METERS[["meter", "time", "price"]]
    panel = read_source(
        METERS.drop(columns="price"),
        id="meter",
        value="kwh",
        covariates=[Covariate("price", per_series=True)],
        static=facts,
        known=known,
    )
    assert panel.static_column("area").tolist() == [20.0, 10.0]
    assert panel.covariate("price").tolist() == [[5.0, 7.0], [6.0, 8.0]]


@pytest.mark.parametrize(
    ("named", "argument"), [({"id": "meter"}, "value"), ({"value": "kwh"}, "id"), ({"id": "metre"}, "id")]
)
def test_a_column_that_a_long_table_lacks_is_asked_for(named, argument):
    with pytest.raises(DataError) as caught:
        read_source(METERS, **named)
    assert caught.value.argument == argument


def test_a_rate_of_one_that_is_told_is_not_taken_for_none_told():
    table = pd.DataFrame({"trial": ["a"] * 4, "t": [0.0, 0.02, 0.04, 0.06], "x": [1.0, 2.0, 0.0, 1.0]})
    assert read_source(table, recording="trial", time="t").rate == 50.0
    assert read_source(table, recording="trial", time="t", rate=1.0).rate == 1.0
