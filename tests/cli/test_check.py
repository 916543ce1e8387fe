"""divecast check."""

import pytest
from pyarrow import csv


def test_check_says_what_is_fine_and_what_is_not(run, folder, model, tmp_path):
    out = tmp_path / "dimensions.csv"
    result = run("check", model, folder / "panel.csv", "--out", out)
    assert result.code == 0
    assert result.out.startswith("Diagnosis of the code, ")
    assert "(test part)" in result.out
    assert f"Table of dimensions: {out}" in result.out
    assert csv.read_csv(out)["dimension"].to_pylist()[:3] == ["a0", "a1", "b_hour0"]


def test_check_as_json(run, folder, model):
    found = run("check", model, folder / "panel.csv", "--part", "all", "--every", 5, "--json").json
    assert found["fine"] == all(finding["state"] != "problem" for finding in found["findings"])
    assert {"topic", "state", "text", "advice"} == set(found["findings"][0])


@pytest.mark.parametrize(
    ("options", "named"),
    [(["--every", 50], "at least 20"), (["--part", "some"], "some"), (["--out", "table.txt"], "table.txt")],
)
def test_what_cannot_be_checked_is_one_line(run, folder, model, options, named):
    assert named in run("check", model, folder / "panel.csv", *options).error
