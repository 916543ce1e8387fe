"""Stores: the same panel from disk."""

import json
import os
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


MODES = np.array([["on", "off", None], ["off", None, "on"]] * 100, dtype=object)
BESIDE = {
    "labels": {
        "mode": MODES,
        "shift": [None, "late"] * 100,
        "level": np.r_[np.nan, np.arange(199.0)],
    },
    "covariates": {"price": VALUES[::-1] * 2, "temp": np.r_[np.float32(np.nan), np.arange(199, dtype=np.float32)]},
    "static": {"area": [40.0, None, 55.5], "kind": ["x", None, "y"]},
}


def full_store(path, **changes):
    chunks = (VALUES[first : first + 37] for first in range(0, 200, 37))
    return write_store(path, chunks, ["a", "b", "c"], "2024-01-01", "1h", tz="Europe/Berlin", **(BESIDE | changes))


def names_in(path):
    return sorted(file.name for file in path.iterdir())


def test_a_store_keeps_what_is_known_beside_the_values(tmp_path):
    panel = open_store(full_store(tmp_path / "store"))
    assert panel.label_column("mode").tolist() == MODES.tolist()
    assert panel.label_column("shift").tolist() == [None, "late"] * 100
    np.testing.assert_array_equal(panel.label_column("level"), BESIDE["labels"]["level"])
    np.testing.assert_array_equal(panel.covariate("price"), BESIDE["covariates"]["price"])
    np.testing.assert_array_equal(panel.covariate("temp"), BESIDE["covariates"]["temp"])
    np.testing.assert_array_equal(panel.static_column("area"), [40, np.nan, 55.5])
    assert panel.static_column("kind").tolist() == ["x", None, "y"]
    assert isinstance(panel.covariate("price"), np.memmap)
    whole = Panel(panel.values, panel.channels, panel.clock, covariates=BESIDE["covariates"], static=dict(panel.static))
    assert panel.fingerprint() == whole.fingerprint()
    again = write_store(
        tmp_path / "again",
        [panel.values],
        panel.channels,
        panel.clock.start,
        "1h",
        "Europe/Berlin",
        panel.labels,
        panel.covariates,
        panel.static,
    )
    assert (again / "store.json").read_text() == (tmp_path / "store" / "store.json").read_text()


def test_a_store_of_values_alone_is_as_it_was(tmp_path):
    store_panel(tmp_path / "store")
    header = json.loads((tmp_path / "store" / "store.json").read_text())
    assert header["version"] == 1
    assert set(header) == {"format", "version", "values", "channels", "clock", "sha256"}
    write_store(tmp_path / "small", [np.arange(6.0).reshape(3, 2)], ["a", "b"], "2024-01-01", "1h")
    assert json.loads((tmp_path / "small" / "store.json").read_text())["sha256"] == SMALL


# As written before stores had anything beside the values.
SMALL = "0008d67cad2d95f3bcdbce9ad4087f8a902a162905e6fc6db322c6ccc740815b"


@pytest.mark.parametrize("whole", [True, False])
def test_covariates_come_whole_or_in_chunks(tmp_path, whole):
    def cut(column):
        return column if whole else (column[first : first + 30] for first in range(0, 200, 30))

    covariates = {name: cut(column) for name, column in BESIDE["covariates"].items()}
    panel = open_store(full_store(tmp_path / "store", covariates=covariates))
    assert panel.fingerprint() == open_store(full_store(tmp_path / "other")).fingerprint()
    listed = open_store(full_store(tmp_path / "store", covariates={"temp": [1.0, None] * 100}))
    np.testing.assert_array_equal(listed.covariate("temp"), [1, np.nan] * 100)


def test_facts_of_a_store_may_be_a_table(tmp_path):
    pd.DataFrame({"site": ["c", "a", "b"], "area": [3, 1, 2]}).to_csv(tmp_path / "facts.csv", index=False)
    panel = open_store(full_store(tmp_path / "store", static=tmp_path / "facts.csv"))
    assert panel.static_column("area").tolist() == [1, 2, 3]


def test_a_replaced_store_leaves_no_file_behind(tmp_path):
    path = full_store(tmp_path / "store")
    beside = ["covariate_0.f32", "covariate_1.f32", "label_0.i16", "label_1.i16", "label_2.f64"]
    assert names_in(path) == [*beside, "store.json", "values.f32"]
    (path / "notes.txt").write_text("mine")
    full_store(path, labels={}, covariates={"price": VALUES})
    assert names_in(path) == ["covariate_0.1.f32", "notes.txt", "store.json", "values.1.f32"]
    np.testing.assert_array_equal(open_store(path).covariate("price"), VALUES)
    full_store(path, labels={}, covariates={}, static=None)
    assert names_in(path) == ["notes.txt", "store.json", "values.f32"]
    assert open_store(path).fingerprint() == array_panel().fingerprint()


def test_a_store_stays_whole_if_its_replacement_is_interrupted(tmp_path, monkeypatch):
    path = full_store(tmp_path / "store")
    before, replace_file = open_store(path).fingerprint(), os.replace

    def stop_before_the_header(source, target):
        if str(target).endswith("store.json"):
            raise KeyboardInterrupt
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", stop_before_the_header)
    with pytest.raises(KeyboardInterrupt):
        full_store(path, covariates={"other": np.zeros(200), "temp": np.ones(200), "third": np.ones(200)})
    monkeypatch.undo()
    assert open_store(path).fingerprint() == before
    full_store(path, labels={}, covariates={"price": VALUES})
    assert names_in(path) == ["covariate_0.1.f32", "store.json", "values.1.f32"]


@pytest.mark.parametrize("name", ["covariate_0.f32", "label_0.i16", "label_2.f64"])
def test_damage_beside_the_values_is_found(tmp_path, name):
    path = full_store(tmp_path / "store")
    content = (path / name).read_bytes()
    (path / name).write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(ArtifactError, match="checksum"):
        open_store(path)
    (path / name).write_bytes(content[:-2])
    with pytest.raises(ArtifactError, match=r"expected .* bytes"):
        open_store(path, check=False)
    (path / name).unlink()
    with pytest.raises(ArtifactError, match="damaged"):
        open_store(path)


def edited(columns, kind, **changes):
    first, *rest = columns[kind]
    return columns | {kind: [first | changes, *rest]}


@pytest.mark.parametrize(
    "edit",
    [
        lambda columns: edited(columns, "labels", classes=["on"]),
        lambda columns: edited(columns, "labels", type="f64"),
        lambda columns: edited(columns, "labels", per_series=False),
        lambda columns: edited(columns, "labels", name="price"),
        lambda columns: edited(columns, "covariates", type="../values.f32"),
        lambda columns: edited(columns, "covariates", per_series=1),
        lambda columns: edited(columns, "covariates", name=None),
        lambda columns: edited(columns, "static", facts=[1.0]),
        lambda columns: edited(columns, "static", text=True),
        lambda columns: edited(columns, "static", more=1),
        lambda columns: columns | {"covariates": columns["covariates"][:1]},
        lambda columns: columns | {"more": []},
        lambda columns: {**columns, "labels": None},
        lambda columns: None,
    ],
)
def test_headers_that_say_something_else_are_refused(tmp_path, edit):
    path = full_store(tmp_path / "store")
    header = json.loads((path / "store.json").read_text())
    (path / "store.json").write_text(json.dumps(header | {"columns": edit(header["columns"])}))
    with pytest.raises(ArtifactError, match="not a valid divecast store"):
        open_store(path)


def test_a_header_of_version_1_has_no_columns(tmp_path):
    path = full_store(tmp_path / "store")
    header = json.loads((path / "store.json").read_text())
    (path / "store.json").write_text(json.dumps(header | {"version": 1}))
    with pytest.raises(ArtifactError, match="unknown field"):
        open_store(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {"mode": ["x"] * 199}}, "Label 'mode' has another number of rows .* expected 200, got 199"),
        ({"labels": {"mode": MODES[:, :2]}}, "Label 'mode' has the wrong shape"),
        ({"covariates": {"temp": np.zeros(201)}}, "Covariate 'temp' has another number of rows"),
        ({"covariates": {"temp": np.zeros((200, 2))}}, "Covariate 'temp' has the wrong shape"),
        ({"covariates": {"temp": [VALUES[:100], VALUES[100:, 0]]}}, "Covariate 'temp' has the wrong shape"),
        ({"covariates": {"temp": ["hot"] * 200}}, "Covariate 'temp' must hold numbers"),
        ({"covariates": {"temp": 3.0}}, "Covariate 'temp' must be an array"),
        (
            {"covariates": {"temp": np.where(np.arange(600).reshape(200, 3) == 22, np.inf, VALUES)}},
            r"Covariate 'temp of b' has 1 infinite value, the first in row 7 \(2024-01-01T06:00:00 UTC\)",
        ),
        ({"covariates": {"mode": np.zeros(200)}}, "More than one label or covariate is called 'mode'"),
        ({"static": {"area": [1.0, 2.0]}}, "Fact 'area' does not fit the series"),
        ({"static": {"area": np.array([1.0, np.inf, 2.0])}}, "Fact 'area' does not fit the series"),
    ],
)
def test_columns_that_do_not_fit_leave_the_former_store(tmp_path, changes, message):
    before = open_store(full_store(tmp_path / "store")).fingerprint()
    with pytest.raises(DataError, match=message):
        full_store(tmp_path / "store", **changes)
    assert open_store(tmp_path / "store").fingerprint() == before
    assert names_in(tmp_path) == ["store"]


def test_from_parquet_with_labels_covariates_and_facts(tmp_path):
    rows = np.r_[0:60, 63:200]
    table = frame(np.arange(200)).assign(mode=["x", "y"] * 100, temp=np.arange(200) / 2).iloc[rows]
    table.to_parquet(tmp_path / "panel.parquet", row_group_size=50, index=False)
    facts = pd.DataFrame({"site": ["a", "b", "c"], "kind": ["p", "q", "p"]})
    roles = {"labels": ["mode"], "covariates": ["temp"], "static": facts}
    with pytest.warns(DataWarning, match="3 of 200"):
        store = open_store(store_from_parquet(tmp_path / "store", tmp_path / "panel.parquet", **roles))
    with pytest.warns(DataWarning, match="3 of 200"):
        whole = Panel.read(tmp_path / "panel.parquet", **roles)
    assert store.fingerprint() == whole.fingerprint()
    assert store.label_column("mode").tolist() == whole.label_column("mode").tolist()
    with (
        pytest.raises(DataError, match="no column of a covariate 'wind'"),
        pytest.warns(DataWarning, match="3 of 200"),
    ):
        store_from_parquet(tmp_path / "store", tmp_path / "panel.parquet", covariates=["wind"])


def test_as_panel_adds_what_a_store_lacks(tmp_path):
    path = full_store(tmp_path / "store", labels={}, covariates={"temp": np.zeros(200)})
    assert as_panel(path, covariates=["temp"]).has_covariate("temp")
    with pytest.raises(DataError, match="no column 'wind' for the covariate"):
        as_panel(path, covariates=["wind"])
    known = frame(np.arange(200))[["ds"]].assign(wind=1.0)
    panel = as_panel(path, covariates=["temp", "wind"], known=known.assign(ds=known.ds.dt.tz_localize("Europe/Berlin")))
    assert sorted(panel.covariates) == ["temp", "wind"]
