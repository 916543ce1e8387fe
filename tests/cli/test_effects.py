"""divecast effects."""

import pytest
from pyarrow import csv


def test_effects_of_a_model(run, model, tmp_path):
    out = tmp_path / "effects.csv"
    result = run("effects", model, "--series", "south", "--out", out)
    assert result.code == 0, result.err
    assert "Effects on south" in result.out
    (row,) = [line.split() for line in result.out.splitlines() if line.split()[:1] == ["hour"]]
    assert row[1].endswith("%")
    assert float(row[2]) < -0.3 < 0.3 < float(row[4])  # of a cosine
    assert (row[3], row[5]) in {(low, high) for low in ("11", "12", "13") for high in ("23", "00", "01")}
    assert "Shares of the effects" in result.out
    assert csv.read_csv(out).num_rows == 2 * 24


def test_effects_as_json(run, model, tmp_path):
    found = run("effects", model, "--json").json
    assert (found["series"], [curve["effect_of"] for curve in found["curves"]]) == ("north", ["hour"])
    assert len(found["curves"][0]["effect"]) == len(found["curves"][0]["values"]) == 24
    assert found["shares"]["hour"] > 0.1


@pytest.mark.parametrize(
    ("options", "named"), [(["--series", "west"], "north"), (["--out", "e.txt"], "e.txt"), (["--figure", "e"], ".png")]
)
def test_what_cannot_be_shown_is_one_line(run, model, options, named):
    assert named in run("effects", model, *options).error
