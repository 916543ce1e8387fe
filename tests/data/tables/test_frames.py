"""Results as tables and files."""

import gzip
import weakref

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from divecast.data import Panel, to_frame, write_frame, write_frames
from divecast.errors import ArtifactError, ConfigError, DataError

SUFFIXES = (".csv", ".csv.gz", ".parquet")
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
def test_a_table_written_here_is_read_as_a_panel(backend):
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


def pieces(n: int = 40):
    """Tables of random numbers, which do not compress."""
    draw = np.random.default_rng(0)
    for _ in range(n):
        yield to_frame({"s": np.array(["a", "b"] * 250, dtype=object), "y": draw.normal(size=500)}, "pyarrow")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_table_after_table_gives_the_file_of_all_in_one(tmp_path, suffix):
    whole = write_frame(pa.concat_tables(pieces()), tmp_path / f"whole{suffix}")
    path = tmp_path / f"pieces{suffix}"
    assert write_frames(pieces(), path) == 40 * 500
    if suffix == ".parquet":
        assert pa.parquet.read_table(path).equals(pa.parquet.read_table(whole))
        assert pa.parquet.read_metadata(path).num_row_groups == 40
    else:
        read = gzip.decompress if suffix.endswith(".gz") else bytes
        assert read(path.read_bytes()) == read(whole.read_bytes())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_tables_are_let_go_as_they_are_written(tmp_path, suffix):
    written = []

    def watched():
        for table in pieces(5):
            assert sum(each() is not None for each in written) <= 1  # the one that was written last
            written.append(weakref.ref(table))
            yield table
            del table

    write_frames(watched(), tmp_path / f"out{suffix}")
    assert len(written) == 5


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_that_cannot_be_written_leaves_the_former_file(tmp_path, suffix):
    def cut_short():
        yield from pieces(3)
        raise DataError("no more")

    path = tmp_path / f"out{suffix}"
    path.write_text("former")
    for tables, message in ((cut_short(), "no more"), ([], "no table to write")):
        with pytest.raises(DataError, match=message):
            write_frames(tables, path)
    assert path.read_text() == "former"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_disk_that_is_full_leaves_the_former_file(tmp_path, suffix):
    resource = pytest.importorskip("resource", reason="only Unix can refuse more bytes")
    path = tmp_path / f"out{suffix}"
    path.write_text("former")
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, former[1]))
    try:
        with pytest.raises(ArtifactError, match=rf"Could not write .*{suffix} \(.*[Tt]oo large"):
            write_frames(pieces(), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert path.read_text() == "former"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_places_and_names_that_cannot_be_written(tmp_path):
    with pytest.raises(ArtifactError, match="absent"):
        write_frame(COLUMNS, tmp_path / "absent" / "out.csv")
    with pytest.raises(ConfigError, match=r"out.xlsx"):
        write_frame(COLUMNS, tmp_path / "out.xlsx")
