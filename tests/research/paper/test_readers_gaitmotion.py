"""GaitMotion's tables, on tiny ones made from the layout that its published loader reads."""

from pathlib import Path

import numpy as np
import pytest

from divecast.errors import DataError
from research.paper.gaitmotion import CHANNELS, COLUMNS, gaitmotion_files, read_gaitmotion

pandas = pytest.importorskip("pandas")
ROWS = 3000
MOVES = [(400, 700), (1200, 1500), (2000, 2300)]  # rows in which the foot moves, in the file
LENGTHS = [50.0, 110.0, 120.0, 130.0]  # cm; the first stride is before the array


def content(lengths: list[float] = LENGTHS) -> "pandas.DataFrame":
    """A table as the docstring of the reader makes it from the array and the frame of a pickle."""
    array = np.random.default_rng(0).normal(size=(ROWS, 8))
    array[:, 6:] = 0
    for first, last in MOVES:
        array[first:last, 6] = 1
    strides = pandas.DataFrame({"Stride_length": lengths, "foot": "L"})
    table = pandas.DataFrame(array[:, [0, 1, 2, 3, 4, 5, -2]], columns=COLUMNS[:-1])
    return table.join(strides["Stride_length"].reset_index(drop=True))


def write(folder: Path, names: tuple[str, ...], table: "pandas.DataFrame | None" = None) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        written = content() if table is None else table
        written.to_csv(folder / name, index=False) if name.endswith("csv") else written.to_parquet(folder / name)
    return folder


def test_files_are_read_with_labels_from_their_names(tmp_path):
    names = ("Normal/P1_2_L.parquet", "Shuffle/P3_1_R.parquet", "Stroke/P10_1_L.csv", "Parkinson/P4_1_L.parquet")
    recordings, about = read_gaitmotion(write(tmp_path, names))
    assert recordings.names == ("Normal/P1_2_L", "Parkinson/P4_1_L", "Shuffle/P3_1_R", "Stroke/P10_1_L")
    assert recordings.labels["gait_type"].tolist() == ["normal", "shuffle", "shuffle", "stroke"]
    assert recordings.labels["participant"].tolist() == ["1", "4", "3", "10"]
    assert recordings.channels == CHANNELS
    assert recordings.rate == 1000
    assert np.array_equal(recordings.values[:2800], content().iloc[200:, :6].to_numpy(np.float32))
    assert about == "GaitMotion, 4 people, 4 recordings of 0 min in all, 6 channels, 1000 Hz"


def test_a_row_has_the_length_of_the_last_stride_completed(tmp_path):
    recordings, _ = read_gaitmotion(write(tmp_path, ("Normal/P1_2_L.parquet",)))
    lengths = recordings.label_column("stride_length")
    ends = [last - 200 for _, last in MOVES]
    assert np.isnan(lengths[: ends[0]]).all()
    assert (lengths[ends[0] : ends[1]] == 1.1).all()
    assert (lengths[ends[1] : ends[2]] == 1.2).all()
    assert (lengths[ends[2] :] == 1.3).all()


def test_strides_that_are_counted_differently_are_not_labelled(tmp_path):
    recordings, about = read_gaitmotion(write(tmp_path, ("Normal/P1_2_L.parquet",), content([100.0] * 9)))
    assert np.isnan(recordings.label_column("stride_length")).all()
    assert "1 recordings without stride lengths" in about


@pytest.mark.parametrize("name", ["Normal/Stroke_P1_2_L.parquet", "Normal/P_L.parquet"])
def test_a_name_that_does_not_say_what_it_is_is_refused(name, tmp_path):
    with pytest.raises(DataError, match=r"The path of Normal.* does not name one gait type and a participant"):
        read_gaitmotion(write(tmp_path, (name,)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="gyr_z"), "got 3000 rows without gyr_z"),
        (lambda table: table.head(100), "got 100 rows"),
        (lambda table: table.assign(moving="no"), "P1_2_L.parquet has cells that are no numbers"),
    ],
)
def test_another_content_is_named(change, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read_gaitmotion(write(tmp_path, ("Normal/P1_2_L.parquet",), change(content())))


def test_a_folder_without_its_tables_has_none(tmp_path):
    write(tmp_path, ("Walk/P1_2_L.parquet", "trials.csv"))
    assert gaitmotion_files(tmp_path) == []
    with pytest.raises(DataError, match=r"No table of GaitMotion"):
        read_gaitmotion(tmp_path)
