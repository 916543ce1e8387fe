"""Long tables from the file to the forecast, at the shell and in Python."""

import numpy as np
import pandas as pd
import pytest

from divecast import DeepDIVE, TrainingConfig

SHORT = ["--epochs", "1", "--lookback", "24", "--horizon", "6", "--out"]
HOURS = pd.date_range("2024-01-01", periods=300, freq="h")


def shops(store, item):
    """Sales of a shop with the daily cycle."""
    day = np.sin(2 * np.pi * np.arange(len(HOURS)) / 24)
    noise = np.random.default_rng(item).normal(size=len(HOURS))
    return pd.DataFrame({"time": HOURS, "store": store, "item": f"0{item}", "sold": 10 * item + 3 * day + 0.1 * noise})


SHOPS = pd.concat([shops(store, item) for store in (1, 2) for item in (7, 8)], ignore_index=True)


@pytest.mark.slow
def test_keys_of_a_long_table_come_back_and_are_remembered(run, tmp_path):
    SHOPS.to_csv(tmp_path / "shops.csv", index=False)
    refused = run("fit", tmp_path / "shops.csv", *SHORT, tmp_path / "m").error
    assert refused.endswith("Pass --id store --id item and --value sold.")
    words = ["--id", "store", "--id", "item", "--value", "sold"]
    fitted = run("fit", tmp_path / "shops.csv", *words, *SHORT, tmp_path / "m")
    assert "Read 4 series (long table, series by 'store' and 'item', time 'time', values 'sold')" in fitted.err
    assert run("forecast", tmp_path / "m", tmp_path / "shops.csv", "--out", tmp_path / "f.csv").code == 0
    table = pd.read_csv(tmp_path / "f.csv", dtype={"item": str})
    assert table["ds"].min() == "2024-01-13 12:00:00"
    assert {*zip(table["store"], table["item"], strict=True)} == {(1, "07"), (1, "08"), (2, "07"), (2, "08")}


@pytest.mark.slow
def test_a_model_of_a_table_reads_the_next_one_by_itself(capsys):
    model = DeepDIVE(6, 24, training=TrainingConfig(epochs=1)).fit(SHOPS, id=["store", "item"], value="sold")
    assert capsys.readouterr().err.startswith("Read 4 series (long table, series by 'store' and 'item'")
    frame = model.forecast(SHOPS).frame()
    ahead = SHOPS.assign(time=SHOPS["time"] + pd.Timedelta(hours=len(HOURS)))
    assert len(frame.merge(ahead, left_on=["store", "item", "ds"], right_on=["store", "item", "time"])) == 4 * 6
