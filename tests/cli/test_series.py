"""The shell, for series that are forecast each on its own."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv


@pytest.fixture(scope="module")
def sales(tmp_path_factory):
    """A long table of three series, of which the second ends ten rows before the others."""
    draw, parts = np.random.default_rng(0), []
    for number, n_rows in enumerate((120, 110, 120)):
        hours = np.arange(n_rows)
        times = np.datetime64("2024-01-01", "s") + hours * np.timedelta64(3600, "s")
        y = 10 * number + np.sin(hours * 2 * np.pi / 24) + 0.1 * draw.normal(size=n_rows)
        parts.append(pa.table({"unique_id": [f"item{number}"] * n_rows, "ds": times, "y": y}))
    path = tmp_path_factory.mktemp("sales") / "sales.csv"
    csv.write_csv(pa.concat_tables(parts), path)
    return path


def test_each_series_is_forecast_from_its_own_last_value(run, folder, sales, tmp_path):
    model, out = tmp_path / "m.safetensors", tmp_path / "f.csv"
    fitted = run("fit", sales, "--config", folder / "tiny.toml", "--series", "independent", "--out", model, "--json")
    assert fitted.json["info"]["settings"]["series"] == "independent"
    assert fitted.json["info"]["channels"] == ["item0", "item1", "item2"]
    assert run("forecast", model, sales, "--out", out, "--json").json["channels"] == 3
    origins = csv.read_csv(out).group_by("unique_id").aggregate([("origin", "min")]).to_pydict()
    ends = dict(zip(origins["unique_id"], origins["origin_min"], strict=True))
    assert (ends["item0"] - ends["item1"]).total_seconds() == 10 * 3600
    assert run("forecast", model, sales, "--common-origin", "--out", out).code == 0
    assert len(set(csv.read_csv(out)["origin"].to_pylist())) == 1
    assert "--series" in run("report", model, sales, "--out", tmp_path / "r.html").error
