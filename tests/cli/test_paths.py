"""paths: quantiles of totals, peaks and exceedances of sample paths."""

import json

import pyarrow.parquet as pq
import pytest


def test_a_table_of_the_peaks_of_groups(run, model, folder, tmp_path):
    groups = tmp_path / "groups.json"
    groups.write_text(json.dumps({"both": {"one": ["north"], "two": ["south"]}}))
    asked = ("--groups", groups, "--peak", "day", "--n-paths", 40, "--level", 0.5, "--level", 0.9)
    result = run("paths", model, folder / "panel.csv", *asked, "--out", tmp_path / "peaks.parquet", "--json")
    assert result.code == 0, result.err
    assert result.json["what"].startswith("peak by day: sum by group")
    table = pq.read_table(tmp_path / "peaks.parquet").to_pandas()
    assert {*table["unique_id"]} == {"both", "one", "two"}
    assert (table["q0.9"] >= table["q0.5"]).all()


def test_levels_of_a_file_of_settings(run, model, folder, tmp_path):
    (tmp_path / "s.toml").write_text("levels = [0.9, 0.1]")
    asked = ("--config", tmp_path / "s.toml", "--n-paths", 4, "--out", tmp_path / "p.parquet", "--json")
    assert run("paths", model, folder / "panel.csv", *asked).json["levels"] == [0.1, 0.9]
    assert {"q0.1", "q0.9"} < {*pq.read_schema(tmp_path / "p.parquet").names}
    assert run("paths", model, folder / "panel.csv", *asked, "--level", 0.5).json["levels"] == [0.5]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--total", "day", "--peak", "day"), "--total or --peak"),
        (("--panel", "--groups", "g.toml"), "--panel or --groups"),
        (("--groups", "no.toml"), "cannot be read"),
    ],
)
def test_what_is_refused(run, model, folder, tmp_path, more, said):
    result = run("paths", model, folder / "panel.csv", *more, "--out", tmp_path / "x.parquet")
    assert result.code == 2
    assert said in result.error


def test_evaluate_scores_totals(run, model, folder):
    result = run("evaluate", model, folder / "panel.csv", "--n-paths", 20, "--every", 9, "--no-baselines", "--json")
    assert [row["what"] for row in result.json["joint"]][-1] == "peak of the panel"
    assert all(0 <= row["coverage"] <= 1 for row in result.json["joint"])
