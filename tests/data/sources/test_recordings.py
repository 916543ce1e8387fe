"""Recordings from arrays and long tables."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from divecast.data import Panel, Recordings
from divecast.errors import DataError

ARRAYS = [np.arange(6.0).reshape(3, 2), np.array([[6.0, np.nan]]), np.arange(8.0, 12.0).reshape(2, 2)]
WHOLE = np.float32([[0, 1], [2, 3], [4, 5], [6, np.nan], [8, 9], [10, 11]])


def recordings():
    labels = {"gait": ["a", None, "b"], "stride": [1.5, None, 2]}
    return Recordings.from_arrays(ARRAYS, labels, rate=50, channels=["x", "y"], names=["one", "two", "three"])


def test_arrays_lie_after_one_another():
    data = recordings()
    np.testing.assert_array_equal(data.values, WHOLE)
    assert data.values.flags.f_contiguous
    assert data.offsets.tolist() == [0, 3, 4, 6]
    assert (data.rate, data.clock, data.backend) == (50.0, None, "numpy")


def test_labels_are_repeated_over_the_rows_of_a_recording():
    data = recordings()
    assert data.label_column("gait").tolist() == ["a", "a", "a", None, "b", "b"]
    np.testing.assert_array_equal(data.label_column("stride"), [1.5, 1.5, 1.5, np.nan, 2, 2])
    with pytest.raises(DataError, match="'speed' among 'gait', 'stride'"):
        data.label_column("speed")


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_long_table_gives_the_same(frame):
    table = {
        "trial": ["one", "two", "one", "three", "one", "three"],
        "x": [0.0, 6.0, 2.0, 8.0, 4.0, 10.0],
        "y": [1.0, None, 3.0, 9.0, 5.0, 11.0],
        "gait": ["a", None, "a", "b", "a", "b"],
        "phase": [1, 2, 3, 4, 5, 6],
    }
    data = Recordings.from_long(frame(table), "trial", ["x", "y"], ["gait", "phase"], rate=50)
    assert data.fingerprint() == recordings().fingerprint()
    assert data.names == ("one", "two", "three")
    assert data.labels["gait"].tolist() == ["a", None, "b"]
    assert data.row_labels["phase"].tolist() == [1, 3, 5, 2, 4, 6]
    assert data.label_column("phase").tolist() == [1, 3, 5, 2, 4, 6]


def test_select_keeps_rows_and_labels():
    data = recordings().select(["y"])
    np.testing.assert_array_equal(data.values, WHOLE[:, 1:])
    assert data.label_column("gait").tolist() == ["a", "a", "a", None, "b", "b"]


def test_fingerprint_sees_where_recordings_end():
    joined = Recordings.from_arrays([np.concatenate(ARRAYS)], rate=50, channels=["x", "y"])
    assert joined.fingerprint() != recordings().fingerprint()


@pytest.mark.parametrize(
    ("arrays", "settings", "message"),
    [
        ([], {}, "There is no recording"),
        ([np.zeros((3, 2)), np.zeros((3, 1))], {}, r"Recording 1 .*\(time, 2\) with at least one row, got \(3, 1\)"),
        ([np.zeros((3, 2)), np.zeros((0, 2))], {}, "Recording 1"),
        ([np.zeros(3)], {}, r"\(3,\)"),
        ([np.array([[1.0], [np.inf]])], {"names": ["walk"]}, "Channel 'c0' .* in row 1 of recording 'walk'"),
        ([np.zeros((3, 2))], {"rate": 0}, "rate above 0 Hz"),
        (
            [np.zeros((3, 2))],
            {"labels": {"gait": ["a", "b"]}},
            "'gait' must have one entry per recording",
        ),
        ([np.zeros((3, 2))], {"channels": ["a"]}, "2 channel names"),
        ([np.zeros((3, 2))], {"channels": ["a", "a"]}, "More than one channel"),
        ([np.zeros((3, 2))], {"names": ["a", "b"]}, "Expected 1 recording names, got 2"),
    ],
)
def test_bad_arrays(arrays, settings, message):
    with pytest.raises(DataError, match=message):
        Recordings.from_arrays(arrays, **settings)


def test_bad_cell_in_a_table():
    table = pd.DataFrame({"trial": ["u", "v"], "x": ["1", "?"]})
    with pytest.raises(DataError, match=r"Channel 'x'.* '\?' in row 1 \(counting from 0, recording 'v'\)"):
        Recordings.from_long(table, "trial", ["x"])
    with pytest.raises(DataError, match="no column 'z' among"):
        Recordings.from_long(table, "trial", ["z"])


def test_names_of_recordings_differ():
    with pytest.raises(DataError, match="More than one recording is called 'one'"):
        Recordings.from_arrays([np.zeros((3, 1)), np.ones((3, 1))], names=["one", "one"])


def test_rate_is_of_recordings_alone():
    assert Recordings.from_arrays([np.zeros((3, 1))], rate=50).rate == 50
    assert Panel.from_array(np.zeros((3, 1)), "2024-01-01", "1h").rate is None


@pytest.mark.parametrize("rate", ["10", None, True, 0, np.nan])
def test_what_is_no_rate(rate):
    with pytest.raises(DataError, match="Expected a rate above 0 Hz"):
        Recordings.from_arrays([np.zeros((3, 1))], rate=rate)


def test_arrays_by_name():
    named = Recordings.from_arrays({"walk": np.zeros((5, 2)), "run": np.ones((8, 2))})
    assert (named.names, named.lengths.tolist()) == (("walk", "run"), [5, 8])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_a_long_table_has_the_rate_of_its_clock(frame):
    table = frame({"id": ["a"] * 4 + ["b"] * 4, "t": [0.0, 0.02, 0.04, 0.06] * 2, "x": np.arange(8.0)})
    assert Recordings.from_long(table, "id", time="t").rate == 50
    assert Recordings.from_long(table, "id", ["x"]).rate == 1
    assert Recordings.from_long(table, "id", time="t", rate=100).rate == 100
