"""divecast anomalies."""

import numpy as np
from pyarrow import csv, parquet

from cli.conftest import ROWS, columns
from divecast.data import to_frame, write_frame


def test_scores_of_all_windows_and_the_oddest_in_words(run, folder, model, tmp_path):
    out, channels = tmp_path / "a.parquet", tmp_path / "c.csv"
    given = ["--out", out, "--channels-out", channels, "--part", "test", "--top", 2]
    result = run("anomalies", model, folder / "panel.csv", *given)
    assert (result.code, result.err) == (0, "")
    table = parquet.read_table(out)
    assert table.num_rows == 80
    assert csv.read_csv(channels).num_rows == 160
    lines = result.out.splitlines()
    assert len(lines) == 3
    assert f"score {max(table['score'].to_pylist()):.1f}" in lines[0]
    assert lines[-1] == f"The scores of 80 windows against the validation part are in {out}"


def test_a_spike_in_other_data_is_found_against_the_data_of_the_fit(run, folder, model, tmp_path):
    table = columns()
    table["south"][300] += 30
    spiked = tmp_path / "spiked.csv"
    write_frame(to_frame({name: table[name] for name in ("time", "north", "south")}, "pyarrow"), spiked)
    given = ["--against", folder / "panel.csv", "--out", tmp_path / "a.csv", "--top", 1, "--json"]
    found = run("anomalies", model, spiked, *given).json
    assert (found["usual"], found["windows"]) == ("the validation part", ROWS - 24 + 1)
    (odd,) = found["odd"]
    assert odd["channel"] == "south"
    assert np.datetime64("2024-01-01") + np.timedelta64(300, "h") <= np.datetime64(odd["end"])
    assert "2024-01-13 12:00" in " ".join(odd["reasons"])


def test_parts_of_the_score_can_be_chosen(run, folder, model, tmp_path):
    given = ["--out", tmp_path / "a.csv", "--use", "label", "--use", "bound", "--every", 5, "--json"]
    found = run("anomalies", model, folder / "panel.csv", *given).json
    assert found["parts"] == ["label", "bound"]
    assert {odd["part"] for odd in found["odd"]} <= {"label", "bound"}


def test_mistakes_are_one_line(run, folder, model, tmp_path):
    given = [model, folder / "panel.csv", "--out", tmp_path / "a.csv"]
    assert "parts must be some of" in run("anomalies", *given, "--use", "spikes").error
    assert "top must be a whole number >= 1" in run("anomalies", *given, "--top", 0).error
    assert ".csv, .csv.gz or .parquet" in run("anomalies", model, folder / "panel.csv", "--out", "a.txt").error
    assert not (tmp_path / "a.csv").exists()
