"""divecast anomalies."""

import numpy as np
from pyarrow import csv, parquet

from cli.conftest import ROWS, columns
from divecast.data import to_frame, write_frame


def test_scores_of_all_windows_and_reasons_of_the_most_anomalous(run, folder, model, tmp_path):
    out, channels = tmp_path / "a.parquet", tmp_path / "c.csv"
    given = ["--out", out, "--channels-out", channels, "--subset", "test", "--top", 2]
    result = run("anomalies", model, folder / "panel.csv", *given)
    assert result.code == 0
    assert result.err.startswith("Read 2 series (wide table, time 'time'), 400 rows every 1h from 2024-01-01T00:00 to")
    assert len(result.err.splitlines()) == 1
    table = parquet.read_table(out)
    assert table.num_rows == 80
    assert csv.read_csv(channels).num_rows == 160
    lines = result.out.splitlines()
    assert len(lines) == 3
    assert f"score {max(table['score'].to_pylist()):.1f}" in lines[0]
    assert lines[-1] == f"Scores of 80 windows, relative to the validation part: {out}"


def test_a_spike_in_other_data_is_found_against_the_data_of_the_fit(run, folder, model, tmp_path):
    table = columns()
    table["south"][300] += 30
    spiked = tmp_path / "spiked.csv"
    write_frame(to_frame({name: table[name] for name in ("time", "north", "south")}, "pyarrow"), spiked)
    given = ["--against", folder / "panel.csv", "--out", tmp_path / "a.csv", "--top", 1, "--json"]
    found = run("anomalies", model, spiked, *given).json
    assert (found["reference"], found["windows"]) == ("the validation part", ROWS - 24 + 1)
    (window,) = found["anomalous"]
    assert window["channel"] == "south"
    assert np.datetime64("2024-01-01") + np.timedelta64(300, "h") <= np.datetime64(window["end"])
    assert "2024-01-13 12:00" in " ".join(window["reasons"])


def test_scores_can_be_chosen(run, folder, model, tmp_path):
    given = ["--out", tmp_path / "a.csv", "--scores", "label", "--scores", "bound", "--every", 5, "--json"]
    found = run("anomalies", model, folder / "panel.csv", *given).json
    assert found["scores"] == ["label", "bound"]
    assert {window["main_score"] for window in found["anomalous"]} <= {"label", "bound"}


def test_windows_inferred_as_another_class_are_listed_instead(run, folder, model, tmp_path):
    out = tmp_path / "a.csv"
    given = ["anomalies", model, folder / "panel.csv", "--out", out, "--every", 5]
    run(*given)
    table = csv.read_csv(out).to_pandas()
    hours = [f"{hour:02}" for hour in table["hour_inferred"]]
    wrong = [read for read, given in zip(hours, table["hour_given"], strict=True) if int(read) != given]
    often = max(set(wrong), key=wrong.count)
    found = run(*given, "--label-disagreements", f"hour={often}", "--apart", 1, "--top", 1000, "--json").json
    assert "anomalous" not in found
    assert len(found["label_disagreements"]) == wrong.count(often)
    odds = [each["log_odds"] for each in found["label_disagreements"]]
    assert odds == sorted(odds, reverse=True)
    assert {each["inferred"] for each in found["label_disagreements"]} == {often}
    said = run(*given, "--label-disagreements", f"hour={often}", "--top", 1, "--figure", tmp_path / "a.png").out
    assert f", but looks like {often} (" in said.splitlines()[1]
    never = next(name for name in (f"{hour:02}" for hour in range(24)) if name not in wrong)
    assert "No window with another label is inferred as" in run(*given, "--label-disagreements", f"hour={never}").out


def test_mistakes_are_one_line(run, folder, model, tmp_path):
    given = [model, folder / "panel.csv", "--out", tmp_path / "a.csv"]
    assert "one or more of the scores" in run("anomalies", *given, "--scores", "spikes").error
    assert "--label-disagreements FACTOR=CLASS" in run("anomalies", *given, "--label-disagreements", "hour").error
    assert "no class '25': expected '00', '01'," in run("anomalies", *given, "--label-disagreements", "hour=25").error
    assert "--top" in run("anomalies", *given, "--top", 0).error
    assert ".csv, .csv.gz or .parquet" in run("anomalies", model, folder / "panel.csv", "--out", "a.txt").error
    assert not (tmp_path / "a.csv").exists()
