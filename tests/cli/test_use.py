"""forecast, encode, evaluate and info of a saved model."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from cli.conftest import ROWS, write_panel
from divecast.data import store_from_parquet


def test_forecast_after_the_end(run, folder, model, tmp_path):
    out = tmp_path / "f.parquet"
    result = run("forecast", model, folder / "panel.csv", "--out", out, "--json")
    assert (result.json["windows"], result.json["horizon"], result.json["channels"]) == (1, 6, 2)
    table = parquet.read_table(out)
    assert table.column_names[-5:] == ["q0.05", "q0.25", "q0.5", "q0.75", "q0.95"]
    assert table.num_rows == 12
    after = np.datetime64("2024-01-01", "us") + np.timedelta64(ROWS, "h")
    assert table["ds"].to_numpy().min() == after


def test_forecast_rolling_wide_with_levels(run, folder, model, tmp_path):
    out = tmp_path / "f.csv"
    span = ["--start", "2024-01-10", "--stop", "2024-01-11", "--every", 12]
    result = run("forecast", model, folder / "panel.csv", "--out", out, "--layout", "wide", "--level", 0.9, *span)
    assert result.out == f"3 forecasts of 6 steps x 2 channels: {out}\n"
    assert csv.read_csv(out).column_names == ["origin", "step", "ds", "north", "south"]


def test_levels_are_columns_in_rising_order(run, folder, model, tmp_path):
    out = tmp_path / "f.csv.gz"
    levels = ["--level", 0.9, "--level", 0.1, "--labels", "infer"]
    assert run("forecast", model, folder / "panel.csv", "--out", out, *levels).code == 0
    table = csv.read_csv(out)
    assert [name for name in table.column_names if name.startswith("q")] == ["q0.1", "q0.9"]
    assert (table["q0.1"].to_numpy() < table["q0.9"].to_numpy()).all()


def test_another_order_of_channels_is_put_right_and_told(run, folder, model, tmp_path):
    write_panel(tmp_path / "turned.csv", names=("time", "south", "north"))
    straight = run("forecast", model, folder / "panel.csv", "--out", tmp_path / "a.csv")
    result = run("forecast", model, tmp_path / "turned.csv", "--out", tmp_path / "b.csv")
    assert "\nwarning: The channels were put in the order" in result.err
    assert straight.err.startswith("Read 2 series")
    assert len(straight.err.splitlines()) == 1
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_encode(run, folder, model, tmp_path):
    out = tmp_path / "c.parquet"
    result = run("encode", model, folder / "panel.csv", "--out", out, "--json")
    table = parquet.read_table(out)
    assert result.json["windows"] == table.num_rows == ROWS - 24 + 1
    shares = [table[name].to_numpy() for name in table.column_names if name.startswith("p_hour_")]
    np.testing.assert_allclose(sum(shares), 1, rtol=1e-5)


def test_encode_of_a_part(run, folder, model, tmp_path):
    result = run("encode", model, folder / "panel.csv", "--out", tmp_path / "c.csv", "--part", "test")
    assert result.out.startswith("Codes of 80 windows, factors hour")


def test_evaluate_prints_a_table(run, folder, model):
    result = run("evaluate", model, folder / "panel.csv")
    assert result.code == 0
    for text in ("Part: test", "RRSE", "in 90%", "DeepDIVE", "last value", "seasonal naive (24)", "stacked ridge"):
        assert text in result.out
    steps = {line.split()[0] for line in result.out.splitlines() if "DeepDIVE" in line}
    assert steps == {"1", "3", "6", "all"}


def test_evaluate_all_steps_without_baselines(run, folder, model):
    result = run("evaluate", model, folder / "panel.csv", "--all-steps", "--no-baselines")
    assert [line.split()[0] for line in result.out.splitlines() if "DeepDIVE" in line] == [*"123456", "all"]
    assert "last value" not in result.out


def test_evaluate_json_of_a_span(run, folder, model):
    span = ["--start", "2024-01-10", "--stop", "2024-01-11"]
    scores = run("evaluate", model, folder / "panel.csv", "--json", *span).json["scores"]
    ours = {score["horizon"]: score for score in scores if score["model"] == "DeepDIVE"}
    assert ours["1"]["n"] == 24 * 2
    assert ours["all"]["rrse"] > 0
    naive = next(score for score in scores if score["model"] == "last value")
    assert naive["crps"] is None


def test_info(run, model):
    plain, machine = run("info", model), run("info", model, "--json")
    assert "channels: north, south" in plain.out
    assert machine.json["info"]["lookback"] == 24


def test_a_label_column_is_found_by_the_model(run, folder, tmp_path):
    fitted = tmp_path / "m"
    more = ["--config", folder / "tiny.toml", "--factor", "shift", "--json"]
    assert run("fit", folder / "shifts.csv", "--out", fitted, *more).code == 0
    with_labels = run("forecast", fitted, folder / "shifts.csv", "--out", tmp_path / "a.csv")
    without_labels = run("forecast", fitted, folder / "panel.csv", "--out", tmp_path / "b.csv")
    assert (with_labels.code, without_labels.code) == (0, 0)


def test_a_model_cut_in_half_is_one_line(run, folder, model, tmp_path):
    whole = model.read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    assert "truncated" in run("info", tmp_path / "half").error


@pytest.mark.parametrize("command", ["forecast", "encode", "evaluate"])
def test_wrong_model_or_data_is_one_line(run, folder, model, tmp_path, command):
    place = [] if command == "evaluate" else ["--out", tmp_path / "out.csv"]
    renamed = csv.read_csv(folder / "panel.csv").rename_columns(["time", "west", "east"])
    csv.write_csv(renamed, tmp_path / "west.csv")
    csv.write_csv(pa.table({"a": [1, 2]}), tmp_path / "timeless.csv")
    assert "none.safetensors" in run(command, tmp_path / "none.safetensors", folder / "panel.csv", *place).error
    assert "is a folder" in run(command, folder, folder / "panel.csv", *place).error
    assert "divecast model" in run(command, folder / "panel.csv", folder / "panel.csv", *place).error
    assert "none.csv" in run(command, model, tmp_path / "none.csv", *place).error
    assert "south" in run(command, model, tmp_path / "west.csv", *place).error
    assert "time" in run(command, model, tmp_path / "timeless.csv", *place).error
    assert list(tmp_path.glob("out*")) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["forecast", "--start", "2023-01-01"], "2023-01-01"),
        (["forecast", "--start", "soon"], "soon"),
        (["forecast", "--start", "2024-01-01T05:00", "--stop", "2024-01-01T06:00"], "24 rows"),
        (["forecast", "--every", "3"], "start"),
        (["forecast", "--level", "0.9999"], "0.9999"),
        (["forecast", "--out", "f.xlsx"], "f.xlsx"),
        (["forecast", "--out", "none/f.csv"], "none"),
        (["encode", "--out", "f.xlsx"], "f.xlsx"),
        (["evaluate", "--part", "test", "--start", "2024-01-10"], "--part"),
        (["evaluate", "--start", "2024-01-01T05:00"], "look-back"),
        (["evaluate", "--start", "2024-01-10", "--stop", "2024-01-09"], "later"),
    ],
)
def test_each_mistake_is_one_line(run, folder, model, tmp_path, monkeypatch, arguments, named):
    monkeypatch.chdir(tmp_path)
    command, *rest = arguments
    assert named in run(command, model, folder / "panel.csv", *rest).error
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_other_data_is_refused(run, folder, model, tmp_path):
    write_panel(tmp_path / "other.csv", rows=300)
    assert "other data" in run("evaluate", model, tmp_path / "other.csv").error
    assert run("evaluate", model, tmp_path / "other.csv", "--part", "all").code == 0


def test_a_store_is_read(run, folder, model, tmp_path):
    write_panel(tmp_path / "panel.parquet")
    store_from_parquet(tmp_path / "store", tmp_path / "panel.parquet")
    assert run("forecast", model, tmp_path / "store", "--out", tmp_path / "a.csv").code == 0
    assert run("forecast", model, folder / "panel.csv", "--out", tmp_path / "b.csv").code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
