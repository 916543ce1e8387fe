"""Folders of files with one recording each, and labels from a second table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from divecast.data import Label, Recordings, read_source
from divecast.errors import DataError, DataWarning

RATE = 50.0


def trial(rows: int = 30, rate: float = RATE, **more: object) -> pd.DataFrame:
    return pd.DataFrame({"time": np.arange(rows) / rate, "ax": np.sin(np.arange(rows)), "ay": 1.0, **more})


def write(folder: Path, **trials: pd.DataFrame) -> Path:
    for name, table in trials.items():
        path = folder / f"{name.replace('__', '/')}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        table.assign(ay=np.cos(np.arange(len(table)))).to_csv(path, index=False)
    return folder


def test_each_file_is_a_recording_with_its_name_and_the_rate_of_its_clock(tmp_path):
    data = Recordings.from_folder(write(tmp_path, b=trial(20), a=trial(30), p01__walk=trial(25)))
    assert data.names == ("a", "b", "p01/walk")
    assert (data.channels, data.rate, data.lengths.tolist()) == (("ax", "ay"), RATE, [30, 20, 25])
    np.testing.assert_allclose(data.values[30:50, 0], np.sin(np.arange(20)), rtol=1e-6)


@pytest.mark.parametrize(
    ("clock", "rate", "found"),
    [
        (np.arange(30) * 8, 125.0, 125.0),  # milliseconds, as the rate tells
        (np.arange(30) * 10 + 3, None, None),
        (np.round(np.arange(30) / 128, 2), None, 128.0),  # rounded stamps
        (pd.date_range("2024-01-01", periods=30, freq="5ms"), None, 200.0),
    ],
)
def test_the_rate_is_that_of_the_clock(tmp_path, clock, rate, found):
    folder = write(tmp_path, a=trial().assign(time=clock))
    told = {} if rate is None else {"rate": rate}
    if found is None:
        folder = write(tmp_path, a=trial().rename(columns={"time": "time [ms]"}).assign(**{"time [ms]": clock}))
        found = 100.0
    assert abs(Recordings.from_folder(folder, **told).rate / found - 1.0) < 0.02


def test_a_rate_that_is_told_must_be_that_of_the_clock_also_one_row_per_second(tmp_path):
    with pytest.raises(DataError, match="The rate does not fit the clock 'time'"):
        Recordings.from_folder(write(tmp_path, a=trial()), rate=1.0)


def test_labels_come_from_a_table_within_the_folder(tmp_path):
    write(tmp_path, a=trial(), b=trial(), c=trial())
    table = tmp_path / "labels.csv"
    table.write_text("file,person,when,note\nb.csv,007,after,\na.csv,008,before,\nd.csv,009,before,\n")
    with pytest.warns(DataWarning) as told:
        data = read_source(tmp_path, known=table, factors=[Label("when")])
    assert isinstance(data, Recordings)
    assert data.labels["when"].tolist() == ["before", "after", None]
    assert data.labels["person"].tolist() == ["008", "007", None]
    assert "note" not in data.labels
    said = " ".join(str(each.message) for each in told)
    assert "1 recording that the data lack, left out: 'd'" in said
    assert "1 column of labels.csv left out, without a label of any recording: 'note'" in said
    assert "1 recording without a row in labels.csv, so without labels: 'c'" in said


def test_labels_of_a_named_column(tmp_path):
    data = Recordings.from_arrays([np.zeros((3, 1))] * 2, names=["1", "2"])
    table = pd.DataFrame({"n": [2, 1], "other": [1, 2], "side": ["right", "left"]})
    assert data.with_labels(table, "n").labels["side"].tolist() == ["left", "right"]
    assert data.with_labels(table, "other").labels["side"].tolist() == ["right", "left"]


def test_a_model_reads_its_channels_from_files_that_have_more(tmp_path):
    before = Recordings.from_folder(write(tmp_path, a=trial(), b=trial()))
    more = tmp_path / "more"
    more.mkdir()
    trial().assign(extra=2.0).to_csv(more / "c.csv", index=False)
    like = before.as_read.named(before.rate)
    from dataclasses import replace

    with pytest.warns(DataWarning, match="1 channel unknown to the model left out: 'extra'"):
        data = read_source(more, like=replace(like, channels=before.channels))
    assert data.channels == before.channels


def test_a_folder_of_very_many_files_is_refused_and_what_cannot_be_listed_does_not_count(tmp_path, monkeypatch):
    folder = write(tmp_path / "trials", **{f"t{number}": trial() for number in range(3)})
    (folder / "gone.csv").symlink_to(tmp_path / "nowhere")
    assert len(Recordings.from_folder(folder).names) == 3
    monkeypatch.setattr("divecast.data.tables.folder._MOST_FILES", 2)
    with pytest.raises(DataError, match="more than 2 files"):
        Recordings.from_folder(folder)
