"""GaitMotion's pickles, on tiny files of the layout its published loader reads."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from divecast.errors import DataError
from divecast.reproduce import gaitmotion
from divecast.reproduce.gaitmotion import CHANNELS, has_gaitmotion, read_gaitmotion

pandas = pytest.importorskip("pandas")
ROWS = 3000
MOVES = [(400, 700), (1200, 1500), (2000, 2300)]  # rows in which the foot moves, in the file
LENGTHS = [50.0, 110.0, 120.0, 130.0]  # cm; the first stride is before the array


def content(lengths: list[float] = LENGTHS) -> tuple:
    array = np.random.default_rng(0).normal(size=(ROWS, 8))
    array[:, 6:] = 0
    for first, last in MOVES:
        array[first:last, 6] = 1
    return array, pandas.DataFrame({"Stride_length": lengths, "foot": "L"}), np.arange(len(MOVES))


def write(folder: Path, names: tuple[str, ...], what: tuple | None = None) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(pickle.dumps(what or content(), protocol=4))
    return folder


def test_files_are_read_with_labels_from_their_names(tmp_path):
    names = ("Normal/P1_2_L.pkl", "Shuffle/P3_1_R.pkl", "Stroke/P10_1_L.pkl", "Parkinson/P4_1_L.pkl")
    recordings, about = read_gaitmotion(write(tmp_path, names))
    assert recordings.names == ("Normal/P1_2_L", "Parkinson/P4_1_L", "Shuffle/P3_1_R", "Stroke/P10_1_L")
    assert recordings.labels["gait_type"].tolist() == ["normal", "shuffle", "shuffle", "stroke"]
    assert recordings.labels["participant"].tolist() == ["1", "4", "3", "10"]
    assert recordings.channels == CHANNELS
    assert recordings.rate == 1000
    assert np.array_equal(recordings.values[:2800], content()[0][200:, :6].astype(np.float32))
    assert about == "GaitMotion, 4 people, 4 recordings of 0 min in all, 6 channels, 1000 Hz"


def test_a_row_has_the_length_of_the_last_stride_completed(tmp_path):
    recordings, _ = read_gaitmotion(write(tmp_path, ("Normal/P1_2_L.pkl",)))
    lengths = recordings.label_column("stride_length")
    ends = [last - 200 for _, last in MOVES]
    assert np.isnan(lengths[: ends[0]]).all()
    assert (lengths[ends[0] : ends[1]] == 1.1).all()
    assert (lengths[ends[1] : ends[2]] == 1.2).all()
    assert (lengths[ends[2] :] == 1.3).all()


def test_strides_that_are_counted_differently_are_not_labelled(tmp_path):
    recordings, about = read_gaitmotion(write(tmp_path, ("Normal/P1_2_L.pkl",), content([100.0] * 9)))
    assert np.isnan(recordings.label_column("stride_length")).all()
    assert "1 recordings without stride lengths" in about


@pytest.mark.parametrize("name", ["Walk/P1_2_L.pkl", "Normal/Stroke_P1_2_L.pkl", "Normal/P_L.pkl"])
def test_a_name_that_does_not_say_what_it_is_is_refused(name, tmp_path):
    with pytest.raises(DataError, match=r"expected a gait type .* got (Walk|Normal)"):
        read_gaitmotion(write(tmp_path, (name,)))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ((np.zeros((500, 6)), content()[1], 0), r"got array \(500, 6\)"),
        ((np.zeros((100, 8)), content()[1], 0), r"got array \(100, 8\)"),
        ((np.zeros((500, 8)), np.zeros(3), 0), r"got array \(500, 8\) of float64, array \(3,\)"),
        ((np.zeros((500, 8)), pandas.DataFrame({"a": [1.0]}), 0), r"frame \['a'\]"),
        ((np.zeros((500, 8)),), r"got array \(500, 8\)"),
    ],
)
def test_another_content_is_named(what, said, tmp_path):
    with pytest.raises(DataError, match=rf"'Stride_length' in P1_2_L\.pkl, {said.removeprefix('got ')}|{said}"):
        read_gaitmotion(write(tmp_path, ("Normal/P1_2_L.pkl",), what))


@pytest.mark.parametrize("lengths", [np.zeros((3, 2)), np.zeros(()), np.array(["a", None], dtype=object)])
def test_lengths_that_are_no_column_of_numbers_are_named(lengths, tmp_path, monkeypatch):
    found = np.zeros((500, 8)), {"Stride_length": lengths}
    monkeypatch.setattr(gaitmotion, "load_pickle", lambda file: found)
    told = re.escape(f"frame ['Stride_length'] with array {lengths.shape} of {lengths.dtype} in 'Stride_length'")
    with pytest.raises(DataError, match=told):
        read_gaitmotion(write(tmp_path, ("Normal/P1_2_L.pkl",)))


def test_a_hostile_file_among_them_is_refused(tmp_path):
    write(tmp_path, ("Normal/P1_2_L.pkl",))
    marker = tmp_path / "ran"
    (tmp_path / "Normal" / "P2_1_L.pkl").write_bytes(f"cposix\nsystem\n(Vtouch {marker}\ntR.".encode())
    with pytest.raises(DataError, match=r"refused to read P2_1_L\.pkl: it asks for posix\.system"):
        read_gaitmotion(tmp_path)
    assert not marker.exists()


def test_a_folder_without_pickles_has_none(tmp_path):
    assert not has_gaitmotion(tmp_path)
    with pytest.raises(DataError, match=r"\*\.pkl"):
        read_gaitmotion(tmp_path)
