"""Stores: the same panel from disk."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from divecast.data import (
    ByTime,
    Panel,
    Windows,
    WindowShape,
    as_panel,
    encode_labels,
    fit_scale,
    fit_vocabularies,
    open_store,
    split,
    store_from_parquet,
    write_store,
)
from divecast.data.factors import as_factors
from divecast.errors import ArtifactError, DataError, DataWarning

VALUES = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
VALUES[5, 1] = np.nan


def array_panel():
    return Panel.from_array(VALUES, "2024-01-01", "1h", ["a", "b", "c"], tz="Europe/Berlin")


def store_panel(path):
    chunks = (VALUES[first : first + 37] for first in range(0, 200, 37))
    return open_store(write_store(path, chunks, ["a", "b", "c"], "2024-01-01", "1h", tz="Europe/Berlin"))


def test_a_store_is_the_panel_it_was_written_from(tmp_path):
    panel = store_panel(tmp_path / "store")
    assert isinstance(panel.values, np.memmap)
    assert panel.fingerprint() == array_panel().fingerprint()
    assert panel.clock == array_panel().clock
    assert as_panel(tmp_path / "store").fingerprint() == panel.fingerprint()
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


@pytest.mark.parametrize("role", ["fit", "score", "encode"])
def test_batches_from_disk_and_memory_are_equal(tmp_path, role):
    batches = []
    for panel in (array_panel(), store_panel(tmp_path / "store")):
        factors = as_factors(["hour"])
        parts = split(panel, ByTime())
        codes = encode_labels(panel, factors, fit_vocabularies(panel, factors, parts.train))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            windows = Windows.of(panel, parts.test, codes, fit_scale(panel, parts.train), WindowShape(24, 6), role)
            batches.append(windows.batch(torch.arange(len(windows))))
    for name in ("x", "y", "labels"):
        torch.testing.assert_close(*(getattr(batch, name) for batch in batches), rtol=0, atol=0, equal_nan=True)


def test_some_channels_of_a_store_stay_on_disk(tmp_path):
    panel = store_panel(tmp_path / "store")
    assert np.shares_memory(panel.select(["b", "c"]).values, panel.values)
    np.testing.assert_array_equal(panel.select(["c", "a"]).values, VALUES[:, [2, 0]])


def frame(rows):
    stamps = np.datetime64("2024-01-01T00:00:00", "us") + np.arange(len(VALUES)) * np.timedelta64(1, "h")
    return pd.DataFrame(VALUES, columns=["a", "b", "c"]).assign(ds=stamps).iloc[rows]


def test_from_parquet_with_row_groups_and_a_gap(tmp_path):
    rows = np.r_[0:60, 63:200]
    frame(rows).to_parquet(tmp_path / "panel.parquet", row_group_size=50)
    with pytest.warns(DataWarning, match="3 of 200"):
        store = open_store(store_from_parquet(tmp_path / "store", tmp_path / "panel.parquet"))
    with pytest.warns(DataWarning, match="3 of 200"):
        whole = Panel.read(tmp_path / "panel.parquet")
    assert store.fingerprint() == whole.fingerprint()


@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
@pytest.mark.parametrize("rows", [np.r_[1:50, 0:1], np.r_[0:50, 49:60]])
def test_from_parquet_refuses_disorder(tmp_path, rows):
    frame(rows).to_parquet(tmp_path / "panel.parquet")
    with pytest.raises(DataError, match="Sort the file"):
        store_from_parquet(tmp_path / "store", tmp_path / "panel.parquet")
    assert not (tmp_path / "store").exists()


def test_from_parquet_checks_cells(tmp_path):
    frame(np.arange(9)).assign(b="text").to_parquet(tmp_path / "panel.parquet")
    with pytest.raises(DataError, match=r"Channel 'b'.* 'text' in row 0"):
        store_from_parquet(tmp_path / "store", tmp_path / "panel.parquet")
    with pytest.raises(DataError, match=r"table in absent\.parquet cannot be read"):
        store_from_parquet(tmp_path / "store", tmp_path / "absent.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["panel.parquet"]


def test_a_bad_chunk_leaves_the_former_store(tmp_path):
    before = store_panel(tmp_path / "store").fingerprint()
    bad = VALUES[:10].copy()
    bad[3, 1] = np.inf
    with pytest.raises(DataError, match=r"Channel 'b' .* in row 203 \(2024-01-09T10:00:00 UTC\)"):
        write_store(tmp_path / "store", [VALUES, bad], ["a", "b", "c"], "2024-01-01", "1h", tz="Europe/Berlin")
    with pytest.raises(DataError, match=r"2 channel names|expected 2"):
        write_store(tmp_path / "store", [VALUES, VALUES[:, :2]], ["a", "b", "c"], "2024-01-01", "1h")
    with pytest.raises(DataError, match="no rows"):
        write_store(tmp_path / "store", [], ["a"], "2024-01-01", "1h")
    assert open_store(tmp_path / "store").fingerprint() == before
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_new_store_replaces_the_former(tmp_path):
    store_panel(tmp_path / "store")
    write_store(tmp_path / "store", [VALUES[:7, :1]], ["z"], "2024-01-01", "1D")
    assert open_store(tmp_path / "store").values.shape == (7, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_nothing_but_a_store_is_replaced(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(ArtifactError, match="not a store"):
        write_store(tmp_path / "home", [VALUES], ["a", "b", "c"], "2024-01-01", "1h")
    assert (tmp_path / "home" / "letter.txt").read_text() == "dear"


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="nothing was changed"):
        write_store(tmp_path / "file" / "store", [VALUES], ["a", "b", "c"], "2024-01-01", "1h")


def test_damaged_and_foreign_stores(tmp_path):
    with pytest.raises(ArtifactError, match="There is no store"):
        open_store(tmp_path / "absent")
    store_panel(tmp_path / "store")
    header = json.loads((tmp_path / "store" / "store.json").read_text())
    (tmp_path / "store" / "store.json").write_text(json.dumps(header | {"version": 99}))
    with pytest.raises(ArtifactError, match="of version 1"):
        open_store(tmp_path / "store")
    (tmp_path / "store" / "store.json").write_text(json.dumps({k: v for k, v in header.items() if k != "clock"}))
    with pytest.raises(ArtifactError, match="damaged"):
        open_store(tmp_path / "store")
    (tmp_path / "store" / "store.json").write_text("{ half of")
    with pytest.raises(ArtifactError, match="not a valid divecast store"):
        open_store(tmp_path / "store")
    (tmp_path / "store" / "store.json").write_text(json.dumps(header))
    content = (tmp_path / "store" / "values.f32").read_bytes()
    (tmp_path / "store" / "values.f32").write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError, match=r"expected 2400 bytes.*found 1200"):
        open_store(tmp_path / "store")


def test_a_flipped_bit_is_found_unless_nobody_looks(tmp_path):
    whole = store_panel(tmp_path / "store")
    header = json.loads((tmp_path / "store" / "store.json").read_text())
    content = bytearray((tmp_path / "store" / header["values"]).read_bytes())
    content[17] ^= 4
    (tmp_path / "store" / header["values"]).write_bytes(content)
    with pytest.raises(ArtifactError, match="checksum"):
        open_store(tmp_path / "store")
    assert (open_store(tmp_path / "store", check=False).values != whole.values).sum() <= 1


@pytest.mark.parametrize("name", ["../store/values.f32", "/dev/zero", "store.json", "", None, 5])
def test_the_values_lie_in_the_store(tmp_path, name):
    store_panel(tmp_path / "store")
    header = json.loads((tmp_path / "store" / "store.json").read_text())
    (tmp_path / "store" / "store.json").write_text(json.dumps(header | {"values": name}))
    with pytest.raises(ArtifactError, match="not a valid divecast store"):
        open_store(tmp_path / "store")


def test_from_parquet_takes_the_channels_asked_for(tmp_path):
    frame(np.arange(20)).assign(b="text").to_parquet(tmp_path / "panel.parquet")
    store = open_store(store_from_parquet(tmp_path / "store", tmp_path / "panel.parquet", channels=["c", "a"]))
    assert store.channels == ("c", "a")
    np.testing.assert_array_equal(store.values, VALUES[:20, [2, 0]])
    for wanted, message in (
        (["d"], "no channel 'd'"),
        (["ds"], "'ds' among"),
        ([], "no channel"),
        (["a", "a"], "More"),
    ):
        with pytest.raises(DataError, match=message):
            store_from_parquet(tmp_path / "other", tmp_path / "panel.parquet", channels=wanted)
