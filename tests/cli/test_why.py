"""divecast why."""

import pytest
from pyarrow import csv, parquet


def test_why_says_what_forecasts_rest_on(run, folder, model):
    result = run("why", model, folder / "panel.csv", "--part", "test", "--every", 5)
    assert result.code == 0
    for text in (
        "b_hour",
        "window alone*",
        "Shares of this effect",
        "Attention is not informative",
        "Shares of the parts",
    ):
        assert text in result.out
    steps = [line.split()[0] for line in result.out.splitlines() if line.rstrip().endswith("%") and "%" in line]
    assert [step for step in steps if step.isdigit()] == ["1", "3", "6"]


def test_why_of_one_forecast_writes_a_table(run, folder, model, tmp_path):
    out = tmp_path / "why.csv"
    result = run("why", model, folder / "panel.csv", "--at", "2024-01-10", "--out", out, "--rows", "window")
    assert "window alone" not in result.out
    assert f"Shares by window: {out}" in result.out
    table = csv.read_csv(out)
    assert table.num_rows == 6
    assert table["share"].to_pylist() == pytest.approx([1.0] * 6)  # there is one factor


def test_why_as_json(run, folder, model, tmp_path):
    out = tmp_path / "why.parquet"
    found = run("why", model, folder / "panel.csv", "--every", 9, "--out", out, "--json").json
    assert sum(found["share"].values()) == pytest.approx(1.0)
    assert sum(found["parts"].values()) == pytest.approx(1.0)
    assert found["components"] == ["b_hour"]
    assert found["attention"] == {"agrees": False, "rank_correlation": None, "by_factor": {"hour": None}}
    assert parquet.read_table(out).num_rows == 6


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--at", "1999-01-01"], "1999"),
        (["--at", "2024-01-10", "--part", "test"], "--part and --every"),
        (["--out", "why.txt"], "why.txt"),
        (["--every", 0], "every"),
    ],
)
def test_what_cannot_be_explained_is_one_line(run, folder, model, options, named):
    assert named in run("why", model, folder / "panel.csv", *options).error
