"""Parquet at an address reads as it does from disk."""

from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from divecast import DataError, Panel, open_store, store_from_parquet
from divecast.data import as_panel


def table(first: int, rows: int) -> pa.Table:
    stamps = np.datetime64("2024-01-01", "us") + np.arange(first, first + rows) * np.timedelta64(3600, "s")
    values = np.arange(first, first + rows, dtype=float)
    return pa.table({"time": stamps, "low": values, "high": 10.0 * values})


@pytest.fixture
def bucket() -> Iterator[str]:
    memory = fsspec.filesystem("memory")
    for number, (first, rows) in enumerate([(0, 20), (20, 5), (25, 30)]):
        with memory.open(f"/meters/part-{number}.parquet", "wb") as file:
            pq.write_table(table(first, rows), file)
    yield "memory://meters"
    memory.rm("/meters", recursive=True)


def whole(tmp_path: Path) -> Panel:
    pq.write_table(table(0, 55), tmp_path / "whole.parquet")
    return Panel.read(tmp_path / "whole.parquet")


def test_files_at_an_address_are_one_panel_in_order_of_their_names(bucket, tmp_path):
    assert Panel.read(f"{bucket}/*.parquet").fingerprint() == whole(tmp_path).fingerprint()
    assert as_panel(f"{bucket}/part-0.parquet").fingerprint() == whole(tmp_path).rows(0, 20).fingerprint()


def test_a_store_of_them_is_the_same(bucket, tmp_path):
    store = store_from_parquet(tmp_path / "store", f"{bucket}/*.parquet", channels=["high", "low"])
    assert open_store(store).fingerprint() == whole(tmp_path).select(["high", "low"]).fingerprint()


@pytest.mark.filterwarnings("ignore:time stamps were not in order")
def test_files_in_another_order_of_time_are_refused(bucket, tmp_path):
    with fsspec.filesystem("memory").open("/meters/part-3.parquet", "wb") as file:
        pq.write_table(table(-4, 4), file)
    with pytest.raises(DataError, match="Sort the file"):
        store_from_parquet(tmp_path / "store", f"{bucket}/*.parquet")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://meters/none.parquet", "There is no file"),
        ("memory://meters/none*.parquet", "There is no file"),
        ("nowhere://meters/a.parquet", "cannot be opened"),
    ],
)
def test_missing_files_and_unknown_protocols(bucket, address, message):
    with pytest.raises(DataError, match=message):
        Panel.read(address)


def test_files_of_other_columns_are_refused(bucket):
    with fsspec.filesystem("memory").open("/meters/part-3.parquet", "wb") as file:
        pq.write_table(table(55, 4).rename_columns(["time", "low", "middle"]), file)
    with pytest.raises(DataError, match="middle"):
        Panel.read(f"{bucket}/*.parquet")


def test_what_is_no_parquet_is_refused(bucket):
    with fsspec.filesystem("memory").open("/meters/other.parquet", "wb") as file:
        file.write(b"no table at all")
    with pytest.raises(DataError, match=r"other\.parquet"):
        Panel.read(f"{bucket}/other.parquet")
