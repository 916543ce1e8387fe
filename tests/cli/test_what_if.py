"""what-if and traverse of a saved model."""

from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet

from divecast import ConfigError
from divecast.cli.places import parse_classes, read_places
from worlds import moves


def test_what_if(run, folder, model, tmp_path):
    out, seen = tmp_path / "w.parquet", tmp_path / "seen.csv"
    places = ["--at", "2024-01-10", "--at", "2024-01-12T07:00"]
    asked = run("what-if", model, folder / "panel.csv", "--to", "hour=03", *places, "-o", out, "--windows-out", seen)
    assert asked.code == 0, asked.err
    assert "hour at the last row of the first window, 2024-01-09T23:00:00: 23 (known) -> 03" in asked.out
    assert "2 windows, 6 steps x 2 channels" in asked.out
    table = parquet.read_table(out)
    assert table.num_rows == 2 * 6 * 2
    moved = table["counterfactual"].to_numpy() - table["factual"].to_numpy()
    np.testing.assert_allclose(table["difference"].to_numpy(), moved, atol=1e-6)
    assert csv.read_csv(seen).num_rows == 2 * 24 * 2


def test_what_if_of_the_class_it_has_says_so(run, folder, model, tmp_path):
    span = ["--at", "2024-01-10", "--to", "hour=23", "--out", tmp_path / "w.csv"]
    assert "is of that class already" in run("what-if", model, folder / "panel.csv", *span).out
    assert not csv.read_csv(tmp_path / "w.csv")["difference"].to_numpy().any()


def test_paths_of_a_what_if(run, folder, model, tmp_path):
    asked = [model, folder / "panel.csv", "--to", "hour=03", "--out", tmp_path / "w.csv"]
    result = run("what-if", *asked, "--n-paths", 4, "--paths-out", tmp_path / "p.csv")
    assert "Paths of both" in result.out, result.err
    assert csv.read_csv(tmp_path / "p.csv").num_rows == 4 * 6 * 2
    assert "--paths-out" in run("what-if", *asked, "--n-paths", 4).err


def test_names_are_written_raw_if_asked_for(run, folder, tmp_path):
    data, fitted = tmp_path / "f.csv", tmp_path / "m"
    csv.write_csv(csv.read_csv(folder / "panel.csv").rename_columns(["time", "=north", "south"]), data)
    assert run("fit", data, "--config", folder / "tiny.toml", "--out", fitted, "--json").code == 0
    files = [tmp_path / name for name in ("w.csv", "p.csv", "r.csv")]
    written = ["--out", files[0], "--paths-out", files[1], "--windows-out", files[2]]
    for more, names in (([], {"'=north", "south"}), (["--raw"], {"=north", "south"})):
        assert run("what-if", fitted, data, "--to", "hour=03", "--n-paths", 2, *written, *more).code == 0
        assert [{*csv.read_csv(file)["unique_id"].to_pylist()} for file in files] == [names] * 3


def test_what_if_json(run, folder, model, tmp_path):
    span = ["--to", "hour=03", "--out", tmp_path / "w.csv", "--level", 0.9, "--level", 0.1, "--json"]
    said = run("what-if", model, folder / "panel.csv", *span).json
    assert (said["windows"], said["factors"], said["after"]) == (1, ["hour"], [["03"]])
    assert [name for name in csv.read_csv(tmp_path / "w.csv").column_names if "_q" in name] == [
        f"{name}_q{level}" for name in ("factual", "counterfactual") for level in (0.1, 0.9)
    ]


def test_the_channel_that_changes_most_for_its_level_is_shown_first(run, folder, model, tmp_path):
    asked = ["--to", "hour=03", "--at", "2024-01-10", "--out", tmp_path / "w.csv"]
    result = run("what-if", model, folder / "panel.csv", *asked)
    assert "1 window, 6 steps x 2 channels" in result.out
    table = csv.read_csv(tmp_path / "w.csv").to_pandas().groupby("unique_id")
    change = table["difference"].agg(lambda gaps: gaps.abs().mean())
    share = 2 * change / (table["factual"].mean().abs() + table["counterfactual"].mean().abs())
    said = [line.split() for line in result.out.splitlines() if line.split()[:1] and line.split()[0] in share.index]
    assert [line[0] for line in said] == share.sort_values(ascending=False).index.tolist()
    assert [float(line[-1].rstrip("%")) for line in said] == pytest.approx(sorted(100 * share, reverse=True), abs=0.06)


def test_swap_codes(run, folder, model, tmp_path):
    out, seen = tmp_path / "s.parquet", tmp_path / "seen.csv"
    given = [model, folder / "panel.csv", "--at", "2024-01-10", "--other", "2024-01-12T07:00", "--out", out]
    asked = run("swap-codes", *given, "--factor", "hour", "--windows-out", seen)
    assert asked.code == 0, asked.err
    assert "other's b" in asked.out
    table = parquet.read_table(out)
    assert set(table["hour_before"].to_pylist()) == {"23"}
    assert set(table["hour_after"].to_pylist()) == {"06"}
    assert table["difference"].to_numpy().any()
    assert csv.read_csv(seen).num_rows == 24 * 2
    said = run("swap-codes", *given, "--block", "a", "--json").json
    assert (said["command"], said["block"], said["before"], said["after"]) == ("swap-codes", "a", [["23"]], [["23"]])


def test_a_window_swapped_with_itself_is_unchanged(run, folder, model, tmp_path):
    same = ["--at", "2024-01-10", "--other", "2024-01-10", "--out", tmp_path / "s.csv"]
    assert run("swap-codes", model, folder / "panel.csv", *same).code == 0
    assert not csv.read_csv(tmp_path / "s.csv")["difference"].to_numpy().any()


def test_traverse(run, folder, model, tmp_path):
    out = tmp_path / "t.parquet"
    result = run("traverse", model, folder / "panel.csv", "--dimension", "b_hour", "--out", out)
    assert "1 window at 25 positions of b_hour, 0 to 24 (class)" in result.out
    assert parquet.read_table(out).num_rows == 25 * 30 * 2
    more = ["-d", "a1", "--position", -1, "--position", 0.5, "--at", "2024-01-10", "--json", "--out", out]
    said = run("traverse", model, folder / "panel.csv", *more).json
    assert (said["positions"], said["unit"], said["windows"]) == ([-1.0, 0.5], "prior sd", 1)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["what-if"], "--to"),
        (["what-if", "--to", "hour"], "FACTOR=CLASS"),
        (["what-if", "--to", "hour=25"], "'25'"),
        (["what-if", "--to", "month=Jan"], "month"),
        (["what-if", "--to", "hour=03", "--to", "hour=04"], "twice"),
        (["what-if", "--to", "hour=03", "--at", "2024-01-01T05:00"], "24 rows"),
        (["what-if", "--to", "hour=03", "--at", "soon"], "soon"),
        (["what-if", "--to", "hour=03", "--windows-out", "w.xlsx"], "w.xlsx"),
        (["swap-codes"], "--other"),
        (["swap-codes", "--other", "2024-01-12", "--other", "2024-01-13"], "one other window"),
        (["swap-codes", "--other", "soon"], "soon"),
        (["swap-codes", "--other", "2024-01-12", "--block", "c"], "'c'"),
        (["swap-codes", "--other", "2024-01-12", "--factor", "month"], "month"),
        (["swap-codes", "--other", "2024-01-12", "--windows-out", "w.xlsx"], "w.xlsx"),
        (["traverse", "--dimension", "a9"], "a0 to a1"),
        (["traverse", "--dimension", "a0", "--n", "1"], "must be 2 to 10000"),
        (["traverse", "--dimension", "a0", "--out", "none/t.csv"], "none"),
    ],
)
def test_each_mistake_is_one_line(run, folder, model, tmp_path, monkeypatch, arguments, named):
    monkeypatch.chdir(tmp_path)
    command, *more = arguments
    assert named in run(command, model, folder / "panel.csv", *more).error
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=25)
@given(st.dictionaries(st.from_regex(r"[a-z_]+", fullmatch=True), st.from_regex(r"[\w=:.-]+", fullmatch=True)))
def test_classes_are_read_back(classes):
    read = parse_classes("--to", [f"{factor}={name}" for factor, name in classes.items()])
    assert read == {factor: normalize("NFC", name) for factor, name in classes.items()}


@given(st.text())
def test_any_text_is_a_pair_or_a_mistake(text):
    try:
        ((factor, name),) = parse_classes("--to", [text]).items()
    except ConfigError:
        return
    assert factor.strip()
    assert name.strip()


def test_recordings_are_named_with_a_second_or_without():
    recordings = moves(1)
    assert read_places(["r0", "r1@4.5", "r9@4.5", "r1@x"], recordings) == ["r0", ("r1", 4.5), "r9@4.5", "r1@x"]
    assert read_places([], recordings) is None
