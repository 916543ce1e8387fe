"""Results as tables and files."""

import errno

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from divecast.data import Panel, frames, to_frame, write_frame
from divecast.errors import ArtifactError, ConfigError

COLUMNS = {
    "unique_id": np.array(["a", "a", "b"], dtype=object),
    "ds": np.array(["2024-01-01T00", "2024-01-01T01", "2024-01-01T00"], dtype="datetime64[s]"),
    "y": np.float32([1.5, np.nan, 3]),
    "step": np.array([1, 2, 1]),
}


@pytest.mark.parametrize(
    ("backend", "kind"),
    [("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("pyarrow", pa.Table), ("numpy", pa.Table)],
)
def test_the_callers_kind(backend, kind):
    table = to_frame(COLUMNS, backend)
    assert isinstance(table, kind)
    assert list(table.column_names if kind is pa.Table else table.columns) == list(COLUMNS)
    stamps = np.asarray(table["ds"]).astype("datetime64[s]")
    np.testing.assert_array_equal(stamps, COLUMNS["ds"])
    np.testing.assert_array_equal(np.asarray(table["y"], dtype=float), COLUMNS["y"])


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_a_table_made_here_is_read_as_a_panel(backend):
    hours = {"ds": np.arange(5).astype("datetime64[h]").astype("datetime64[s]"), "a": np.arange(5.0), "b": np.ones(5)}
    panel = Panel.from_wide(to_frame(hours, backend))
    np.testing.assert_array_equal(panel.values[:, 0], np.arange(5))
    np.testing.assert_array_equal(panel.clock.stamps(), hours["ds"])


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow", None])
def test_files_read_back(tmp_path, suffix, backend):
    path = write_frame(COLUMNS if backend is None else to_frame(COLUMNS, backend), tmp_path / f"out{suffix}")
    table = pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path, parse_dates=["ds"])
    assert table["unique_id"].tolist() == ["a", "a", "b"]
    np.testing.assert_array_equal(table["ds"].to_numpy().astype("datetime64[s]"), COLUMNS["ds"])
    np.testing.assert_array_equal(table["y"].to_numpy(dtype=float), COLUMNS["y"])
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_a_full_disk_leaves_the_former_file(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"out{suffix}"
    path.write_text("former")

    def write_a_little(arrow, file, name):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(frames, "_write", write_a_little)
    with pytest.raises(ArtifactError, match="No space left on device"):
        write_frame(COLUMNS, path)
    assert path.read_text() == "former"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_places_and_names_that_cannot_be_written(tmp_path):
    with pytest.raises(ArtifactError, match="absent"):
        write_frame(COLUMNS, tmp_path / "absent" / "out.csv")
    with pytest.raises(ConfigError, match=r"out.xlsx"):
        write_frame(COLUMNS, tmp_path / "out.xlsx")
