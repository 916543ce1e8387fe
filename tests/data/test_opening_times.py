"""Panels with closed times: read, stored, extended and brought to the clock of a model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from divecast import BusinessDays, Covariate, DataError, DataWarning, Panel, open_store, store_from_parquet, write_store
from divecast.data import add_future, read_source
from divecast.data.sources.open_panel import on_slots

DAYS = pd.bdate_range("2024-01-01", periods=60)
WEEKDAYS = BusinessDays()


def table(days=DAYS):
    return pd.DataFrame({"ds": days, "sales": np.arange(len(days)) * 1.0, "price": np.arange(len(days)) % 3 + 1.0})


def panel(days=DAYS):
    return Panel.from_wide(table(days), covariates=["price"], calendar=WEEKDAYS)


def test_wide_and_long_tables_say_once_what_is_closed():
    for read, frame in [
        (Panel.from_wide, table()[["ds", "sales"]]),
        (Panel.from_long, pd.DataFrame({"unique_id": "a", "ds": DAYS, "y": 1.0})),
    ]:
        with pytest.warns(DataWarning, match="on Mon-Fri") as told:
            found = read(frame)
        assert len(told) == 1
        assert found.values.shape == (60, 1)
        assert "60 rows every 1D on Mon-Fri" in repr(found)


def test_a_file_and_a_store_have_the_clock_of_the_table(tmp_path):
    table()[["ds", "sales"]].to_parquet(tmp_path / "days.parquet")
    table()[["ds", "sales"]].to_csv(tmp_path / "days.csv", index=False)
    whole = panel()
    with pytest.warns(DataWarning, match="on Mon-Fri"):
        store = open_store(store_from_parquet(tmp_path / "store", tmp_path / "days.parquet"))
    assert store.clock == whole.clock == Panel.read(tmp_path / "days.csv", calendar=WEEKDAYS).clock
    values = [np.zeros((10, 1)), np.ones((5, 1))]
    other = open_store(write_store(tmp_path / "o", values, ["a"], "2024-01-01", "1D", calendar=WEEKDAYS))
    assert str(other.clock.stamps()[-1])[:10] == "2024-01-19"


def test_a_row_of_the_future_at_a_closed_time_is_named():
    ahead = pd.DataFrame({"ds": pd.bdate_range("2024-03-25", periods=5), "price": 2.0})
    longer = add_future(panel(), ahead, covariates=["price"])
    assert len(longer.values) == 65
    every_day = pd.DataFrame({"ds": pd.date_range("2024-03-25", periods=7), "price": 2.0})
    with pytest.raises(DataError, match=r"2 rows of the table of the future are at closed times, the first at Sat"):
        add_future(panel(), every_day, covariates=["price"])


def test_what_a_second_table_knows_of_closed_times_is_left_out():
    weather = pd.DataFrame({"ds": pd.date_range("2024-01-01", "2024-03-22"), "temp": 5.0})
    with pytest.warns(DataWarning, match="22 rows of the table of what is known are at closed times, the first at Sat"):
        found = read_source(table()[["ds", "sales"]], covariates=[Covariate("temp")], known=weather, calendar=WEEKDAYS)
    assert (found.covariate("temp") == 5.0).all()
    assert len(found.values) == 60


def test_a_short_table_takes_the_opening_times_of_the_fit():
    slots = panel().clock.slots
    with pytest.warns(DataWarning, match="2 of 8"):
        short = Panel.from_wide(table(DAYS[:6])[["ds", "sales"]], calendar=None)
    found = on_slots(short, slots)
    assert found.clock == replace(panel().clock, length=6)
    np.testing.assert_array_equal(found.values[:, 0], np.arange(6.0))
    back = on_slots(found, None)
    np.testing.assert_array_equal(back.values, short.values)
    assert back.clock == short.clock
    assert on_slots(found, slots) is found


def test_values_at_closed_times_are_refused():
    every = Panel.from_wide(table(pd.date_range("2024-01-01", periods=9)), covariates=["price"])
    with pytest.raises(DataError, match=r"2 rows of the data are closed at the fit, the first Sat 2024-01-06 00:00"):
        on_slots(every, panel().clock.slots)
