"""--groups and --reconcile: sums of groups of series, and forecasts that add up."""

import sys

import pyarrow.parquet as pq
import pytest


@pytest.fixture(scope="module")
def groups(folder):
    """A table of the groups of the two series."""
    path = folder / "groups.csv"
    path.write_text("series,side,all\nnorth,1,both\nsouth,2,both\n")
    return path


def assert_adds_up(path):
    steps = pq.read_table(path).to_pandas().pivot(index="ds", columns="unique_id", values="mean")
    assert set(steps) == {"north", "south", "1", "2", "both"}
    for total, parts in (("both", ["north", "south"]), ("1", ["north"]), ("2", ["south"])):
        assert abs(steps[total] - steps[parts].sum(axis=1)).max() < 1e-4


def test_forecasts_of_series_add_up_bottom_up(run, model, folder, groups, tmp_path):
    out = tmp_path / "sums.parquet"
    asked = ("--groups", groups, "--reconcile", "bottom_up", "--n-paths", 100, "--out", out, "--json")
    result = run("forecast", model, folder / "panel.csv", *asked)
    assert result.code == 0, result.err
    assert result.json["channels"] == 5
    assert_adds_up(out)


def test_a_table_of_groups_may_have_series_that_the_data_lack(run, model, folder, tmp_path):
    surplus, other, out = tmp_path / "groups.csv", tmp_path / "other.csv", tmp_path / "paths.parquet"
    surplus.write_text("series,side,all\nnorth,1,both\nsouth,2,both\nwest,3,both\n")
    for command, more in (("paths", ()), ("forecast", ("--reconcile", "bottom_up", "--n-paths", 100))):
        result = run(command, model, folder / "panel.csv", "--groups", surplus, *more, "--out", out)
        assert result.code == 0, result.err
        assert (
            result.err.count("table of groups has 1 series that the data lack, and their sums leave out: 'west'") == 1
        )
        assert (
            {"1", "2", "both"} <= {*pq.read_table(out).to_pandas()["unique_id"]} <= {"1", "2", "both", "north", "south"}
        )
    other.write_text("series,side\nwest,1\n")
    refused = run("paths", model, folder / "panel.csv", "--groups", other, "--out", out).error
    assert "names none of the series 'north', 'south': 'west'" in refused


def test_what_is_lacking_is_said(run, model, folder, groups, tmp_path, monkeypatch):
    def refused(command, *more):
        return run(command, model, folder / "panel.csv", *more, "--out", tmp_path / "x.parquet").error

    assert "Name a table of their groups in --groups" in refused("forecast", "--reconcile", "ols")
    named = ("--groups", groups)
    unknown = refused("forecast", *named)
    assert "no series with the name of a group: '1', '2', 'both'" in unknown
    assert 'Fit it with --groups, or choose "bottom_up" as --reconcile' in unknown
    assert unknown == refused("paths", *named, "--reconcile", "ols")
    assert "draw paths with divecast paths" in refused("forecast", "--n-paths", "5")
    monkeypatch.setitem(sys.modules, "hierarchicalforecast.methods", None)
    assert 'pip install "divecast[hierarchy]"' in refused("paths", *named, "--reconcile", "ols")


@pytest.mark.slow
def test_a_model_of_series_and_sums(run, folder, groups, tmp_path):
    pytest.importorskip("hierarchicalforecast.methods", reason="hierarchicalforecast is not installed")
    fitted, out = tmp_path / "sums.safetensors", tmp_path / "sums.parquet"
    named = (folder / "panel.csv", "--groups", groups)
    fit = run("fit", *named, "--config", folder / "tiny.toml", "--out", fitted)
    assert fit.code == 0, fit.err
    assert f"--groups {groups}" in fit.out  # in the next command
    result = run("forecast", fitted, *named, "--reconcile", "mint_shrink", "--n-paths", 100, "--out", out)
    assert result.code == 0, result.err
    assert_adds_up(out)
    assert run("evaluate", fitted, *named, "--every", 9, "--json").code == 0
