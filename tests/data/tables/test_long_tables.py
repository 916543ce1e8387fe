"""Long tables of all kinds, and results that carry their keys."""

import datetime as dt
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from divecast.data import Panel, Recordings, as_panel, open_store, read_source, store_from_parquet
from divecast.errors import DataError, DataWarning
from divecast.inference.results import Forecast, Keys

N = 60
HOURS = pd.date_range("2024-01-01", periods=N, freq="h")


def long(**names):
    """Four series by store and item, and by meter."""
    pieces = [
        pd.DataFrame(
            {
                "time": HOURS,
                "store": np.int32(store),
                "item": f"00{item}",
                "meter": f"m{2 * store + item}",
                "kwh": np.arange(N) + 100.0 * store + 10 * item,
            }
        )
        for store in (1, 2)
        for item in (7, 8)
    ]
    return pd.concat(pieces, ignore_index=True).rename(columns=names)


def forecast_of(panel: Panel, horizon: int = 2) -> Forecast:
    """A forecast of zeros after the end of a panel."""
    keys = Keys.of(panel, np.array([len(panel.values)]), np.array([0]), range(-1, horizon))
    mean = np.zeros((1, horizon, len(panel.channels)), np.float32)
    return Forecast(keys, panel.channels, mean, (), mean[None][:0], mean[None][:0])


def test_several_columns_name_a_series_and_come_back_as_they_were():
    panel = as_panel(long().drop(columns="meter"), id=["store", "item"], value="kwh")
    assert panel.channels == ("1/007", "1/008", "2/007", "2/008")
    frame = forecast_of(panel).frame()
    assert list(frame.columns) == ["unique_id", "store", "item", "origin", "step", "ds", "mean"]
    assert frame["store"].dtype == np.int32
    actual = long().assign(time=lambda table: table.time + pd.Timedelta(hours=N))
    joined = frame.merge(actual, left_on=["store", "item", "ds"], right_on=["store", "item", "time"])
    assert len(joined) == 8


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_forecasts_join_with_the_data_of_polars_without_a_cast(unit, zone):
    table = pl.DataFrame(long()[["time", "meter", "kwh"]]).with_columns(
        pl.col("time").cast(pl.Datetime(unit)).dt.replace_time_zone(zone), pl.col("meter").cast(pl.Categorical)
    )
    panel = as_panel(table.filter(pl.int_range(pl.len()).over("meter") < N - 2), id="meter", value="kwh")
    frame = forecast_of(panel).frame()
    assert len(frame.join(table, left_on=["meter", "ds"], right_on=["meter", "time"])) == 8


def test_stamps_keep_their_zone_when_the_calendar_has_another():
    table = long().assign(time=lambda table: table.time.dt.tz_localize("UTC"))
    panel = as_panel(table.drop(columns=["store", "item"]), id="meter", value="kwh", tz="Asia/Tokyo")
    assert panel.clock.tz == "Asia/Tokyo"
    assert forecast_of(panel).frame()["ds"].iloc[0] == HOURS[-1].tz_localize("UTC") + pd.Timedelta(hours=1)


@pytest.mark.parametrize("kind", ["date", "period"])
def test_dates_and_periods_come_back_as_such(kind):
    days = pd.date_range("2024-01-01", periods=N)
    column = days.date if kind == "date" else pd.PeriodIndex(days, freq="D")
    panel = as_panel(pd.DataFrame({"day": column, "load": np.arange(N) % 7.0}))
    stamp = forecast_of(panel).frame()["ds"].iloc[0]
    assert stamp == (dt.date(2024, 3, 1) if kind == "date" else pd.Period("2024-03-01", "D"))


@pytest.mark.parametrize("names", [("item_id", "timestamp", "target"), ("series_id", "date", "value")])
def test_the_usual_names_are_recognised(names):
    table = long(meter=names[0], time=names[1], kwh=names[2]).drop(columns=["store", "item"])
    panel = as_panel(table)
    assert panel.channels == ("m9", "m10", "m11", "m12")
    assert panel.as_read.sentence() == "long table, series by {!r}, time {!r}, values {!r}".format(*names)


def test_a_table_that_looks_long_names_what_reads_it():
    with pytest.raises(DataError, match="looks like a long table") as caught:
        as_panel(long()[["meter", "time", "kwh"]])
    assert str(caught.value).endswith("Pass id='meter' and value='kwh'.")
    assert caught.value.worded(lambda name: f"--{name}").endswith("Pass --id meter and --value kwh.")
    with pytest.raises(DataError, match=r"Pass id=\['store', 'item'\] and value='kwh'"):
        as_panel(long()[["time", "store", "item", "kwh"]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the column that is not used
        with pytest.raises(DataError, match=r"If 'item' .* pass id=\['store', 'item'\]; else keep one row"):
            as_panel(long()[["time", "store", "item", "kwh"]], id="store", value="kwh")


def test_a_label_does_not_name_series_that_others_tell_apart():
    table = long(meter="promo").assign(promo=lambda table: np.where(table.index * 7 % 11 > 3, "on", "off"))
    table["store"], table["item"] = table["store"].map({1: "A", 2: "B"}), table["item"].astype(int)
    with pytest.raises(DataError, match=r"Pass id=\['store', 'item'\] and"):
        as_panel(table)


@pytest.mark.parametrize("ids", [["000", "001"], ["NA", "null"], ["1", "02"], ["", "x"]])
def test_ids_and_labels_of_a_text_file_are_as_written(ids, tmp_path):
    rows = [f"{name},{label},2024-01-0{day},{day}" for name in ids for day, label in ((1, "07"), (2, "08"))]
    (tmp_path / "m.csv").write_text("\n".join(["meter,shift,day,kwh", *rows]))
    if "" in ids:
        with pytest.raises(DataError, match="'meter' has no name in row 0"):
            as_panel(tmp_path / "m.csv", id="meter", value="kwh", labels=["shift"])
        return
    panel = as_panel(tmp_path / "m.csv", id="meter", value="kwh", labels=["shift"])
    assert panel.channels == tuple(ids)
    assert panel.label_column("shift").tolist() == ["07", "08"]
    assert forecast_of(panel).frame(backend="pandas")["meter"].tolist() == [ids[0]] * 2 + [ids[1]] * 2


def test_ids_beyond_the_range_of_integers_are_names():
    ids = pd.Series([10**30, 2**70] * 5, dtype=object)
    days = np.repeat(pd.date_range("2024-01-01", periods=5), 2)
    panel = as_panel(pd.DataFrame({"meter": ids, "time": days, "kwh": np.arange(10.0)}), id="meter", value="kwh")
    assert panel.channels == (str(10**30), str(2**70))


@pytest.mark.parametrize("native", ["index", "levels", "series", "id_index", "columns"])
def test_pandas_tables_whose_index_or_columns_tell_the_series(native):
    table = long()[["meter", "time", "kwh"]]
    tables = {
        "index": table.set_index("time"),
        "levels": table.set_index(["meter", "time"]),
        "series": table.set_index(["meter", "time"])["kwh"],
        "id_index": table.set_index("meter"),
    }
    if native == "columns":
        wide = long().pivot(index="time", columns=["store", "item"], values="kwh")
        panel = as_panel(wide)
        assert panel.channels == ("1/007", "1/008", "2/007", "2/008")
        assert forecast_of(panel).frame()["item"].tolist()[:4] == ["007", "007", "008", "008"]
        return
    panel = as_panel(tables[native], id="meter", value="kwh")
    assert panel.fingerprint() == as_panel(table, id="meter", value="kwh").fingerprint()


def test_columns_of_a_wide_table_that_are_no_series_are_named():
    table = pd.DataFrame({"time": HOURS, "a": np.sin(np.arange(N)), "id": 7, "hour": HOURS.hour, "n": np.arange(N)})
    with pytest.warns(DataWarning) as caught:
        panel = as_panel(table.assign(seen=HOURS))
    assert panel.channels == ("a",)
    (said,) = [str(one.message) for one in caught]
    assert all(f"'{name}' (" in said for name in ("id", "hour", "n", "seen"))
    assert Panel.from_wide(table, channels=["a", "id", "hour", "n"]).channels == ("a", "id", "hour", "n")


def test_another_table_is_read_by_the_names_of_the_first():
    table = pd.DataFrame({"time": HOURS, "a": np.sin(np.arange(N)), "n": np.arange(N)})
    with pytest.warns(DataWarning, match="'n' "):
        names = replace(as_panel(table).as_read.named(), channels=("a",))
    assert read_source(table.assign(n="text"), like=names).channels == ("a",)  # left out before, so no word of it
    with pytest.warns(DataWarning, match="1 channel unknown to the model left out: 'new'"):
        assert read_source(table.assign(new="text"), like=names).channels == ("a",)
    meters = long()[["meter", "time", "kwh"]]
    names = as_panel(meters, id="meter", value="kwh").as_read.named()
    assert read_source(meters, like=names).channels == ("m9", "m10", "m11", "m12")


def test_columns_of_recordings_that_are_no_channels_are_named():
    rows = np.arange(40)
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "rec": number,
                    "row": rows,
                    "t": rows * 0.02,
                    "ax": np.sin(rows + number),
                    "age": 30 + number,
                    "k": 1.5,
                }
            ).assign(activity=["walk"] * 20 + ["run"] * 20, note="ok")
            for number in (3, 4)
        ]
    )
    with pytest.warns(DataWarning) as caught:
        recordings = read_source(table, recording="rec", labels=["activity"])
    assert isinstance(recordings, Recordings)
    assert recordings.channels == ("ax",)
    assert recordings.label_column("activity").tolist() == (["walk"] * 20 + ["run"] * 20) * 2
    (said,) = [str(one.message) for one in caught]
    assert all(f"'{name}' (" in said for name in ("row", "t", "age", "k", "note"))
    keys = Keys.of(recordings, np.array([40]), np.array([0]), range(-1, 1))
    assert keys.columns("end", 0)["rec"].tolist() == [3]
    assert read_source(table, recording="rec", channels=["ax", "t"], labels=["activity"]).channels == ("ax", "t")


def test_a_store_of_a_long_file_is_the_panel_of_its_table(tmp_path):
    table = long(kwh="sold").assign(promo=np.where(np.arange(4 * N) % N % 3 == 0, "yes", "no"), temp=1.0)
    table["time"] = table.time.dt.tz_localize("UTC")
    table = table.drop(columns="meter").sort_values("time", kind="stable").drop(index=5)
    table.to_parquet(tmp_path / "long.parquet", index=False, row_group_size=50)
    named = {"id": ["store", "item"], "value": "sold", "labels": ["promo"], "covariates": ["temp"]}
    store = open_store(store_from_parquet(tmp_path / "store", tmp_path / "long.parquet", **named))
    panel = as_panel(table, **named)
    assert store.fingerprint() == panel.fingerprint()
    assert store.label_column("promo").tolist() == panel.label_column("promo").tolist()
    one, two = (forecast_of(source).frame(backend="pandas") for source in (store, panel))
    pd.testing.assert_frame_equal(one, two, check_dtype=False)
    assert one["store"].dtype == np.int32
