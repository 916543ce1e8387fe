"""The clock inferred from stamps."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import infer_clock
from divecast.data.sources.panel import regular_clock
from divecast.errors import DataError, DataWarning


@given(
    step=st.sampled_from(["1s", "10min", "1h", "5h", "1D", "1W", "1MS", "1QS", "1ME"]),
    tz=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
    n=st.integers(3, 60),
)
@settings(max_examples=60)
def test_regular_stamps_give_their_clock_back(step, tz, n):
    start = "2024-01-31" if step == "1ME" else "2024-01-01"
    clock = regular_clock(start, step, n, tz)
    found, rows = infer_clock(pd.DatetimeIndex(clock.stamps()).tz_localize("UTC").to_series().tolist(), tz)
    np.testing.assert_array_equal(found.stamps(0, n + 40), clock.stamps(0, n + 40))
    np.testing.assert_array_equal(rows, np.arange(n))


def test_month_ends_begin_at_a_month_end():
    with pytest.raises(DataError, match=r"2024-01-30.* is not on the last day of a month"):
        regular_clock("2024-01-30", "1ME", 5)
    assert regular_clock("2023-12-31 12:00", "1QE", 2).local(np.array([1]))[0] == np.datetime64("2024-03-31T12:00")


def test_wall_time_with_both_clock_changes_is_unbroken():
    utc = pd.date_range("2016-01-01", "2016-12-31", freq="15min", tz="UTC")
    with warnings.catch_warnings():
        # The wall clock steps back in October; that alone does not make the stamps unsorted.
        warnings.simplefilter("error")
        clock, rows = infer_clock(utc.tz_convert("Europe/Berlin").tz_localize(None).to_numpy(), "Europe/Berlin")
    assert (clock.start, clock.step, clock.length) == (np.datetime64("2016-01-01"), 900, len(utc))
    np.testing.assert_array_equal(rows, np.arange(len(utc)))


def test_double_hour_goes_by_order_of_appearance():
    wall = ["2016-10-30 01:00", "2016-10-30 02:00", "2016-10-30 02:00", "2016-10-30 03:00"]
    clock, _ = infer_clock(wall, "Europe/Berlin")
    assert clock.stamps().astype("datetime64[h]").astype(str).tolist() == [
        "2016-10-29T23",
        "2016-10-30T00",
        "2016-10-30T01",
        "2016-10-30T02",
    ]


def test_hour_that_never_was():
    with pytest.raises(DataError, match=r"2016-03-27T02:00:00 \(row 1.*never occurred.*\"UTC\" in tz="):
        infer_clock(["2016-03-27 01:00", "2016-03-27 02:00", "2016-03-27 03:00"], "Europe/Berlin")


def test_daily_dates_in_a_zone_follow_the_wall_clock():
    clock, rows = infer_clock(pd.date_range("2024-01-01", periods=300).to_numpy(), "America/New_York")
    assert (clock.unit, clock.step, clock.length) == ("D", 1, 300)
    np.testing.assert_array_equal(rows, np.arange(300))


@pytest.mark.parametrize("before", [0, 1, 9])
@pytest.mark.parametrize("step", [1, 7])
def test_a_day_may_begin_after_a_midnight_that_summer_time_skips(before, step):
    """As in Cairo on 26 April 2024; hours of that day begin at one."""
    days = np.datetime64("2024-04-26") + step * np.arange(-before, 20)
    first = regular_clock(str(days[0]), f"{step}D", len(days), "Africa/Cairo")
    zoned = pd.DatetimeIndex(days).tz_localize("Africa/Cairo", nonexistent="shift_forward")
    for stamps in (days.astype(object), days.astype(str), days.astype("datetime64[s]"), zoned.to_series()):
        clock, rows = infer_clock(stamps, "Africa/Cairo")
        assert (clock, rows.tolist()) == (first, [*range(len(days))])
    assert first.row_of("2024-04-26") == before
    assert first.local(np.arange(len(days))).astype("datetime64[D]").tolist() == days.tolist()
    with pytest.raises(DataError, match="never occurred"):
        infer_clock(np.datetime64("2024-04-25T22:00", "s") + np.arange(5) * np.timedelta64(1, "h"), "Africa/Cairo")


def test_years_are_months():
    clock, _ = infer_clock(["2021-01-01", "2022-01-01", "2023-01-01"])
    assert (clock.unit, clock.step) == ("M", 12)
    assert clock.stamps(3, 5).astype("datetime64[D]").astype(str).tolist() == ["2024-01-01", "2025-01-01"]


def test_gaps_become_rows():
    hours = np.datetime64("2024-01-01T00") + np.array([0, 1, 2, 5, 6, 9])
    with pytest.warns(DataWarning, match="4 of 10 time stamps are missing, the first at 2024-01-01T03:00:00"):
        clock, rows = infer_clock(hours)
    assert clock.length == 10
    assert rows.tolist() == [0, 1, 2, 5, 6, 9]


def test_missing_months_become_rows():
    with pytest.warns(DataWarning, match="1 of 5"):
        clock, rows = infer_clock(["2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01"])
    assert (clock.unit, rows.tolist()) == ("M", [0, 1, 2, 4])


def test_unsorted_stamps_are_sorted():
    with pytest.warns(DataWarning, match="not in order"):
        clock, rows = infer_clock(["2024-01-01 02:00", "2024-01-01 00:00", "2024-01-01 01:00"])
    assert clock.start == np.datetime64("2024-01-01T00")
    assert rows.tolist() == [2, 0, 1]


def test_equal_stamps_share_a_row():
    _, rows = infer_clock(["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03"])
    assert rows.tolist() == [0, 1, 1, 2]


def test_irregular_stamps():
    minutes = np.datetime64("2024-01-01T00:00") + np.array([0, 60, 120, 137, 240, 300])
    with pytest.raises(DataError, match=r"most frequent step, 1h,.*2024-01-01T02:17:00 \(1020 s.*Resample"):
        infer_clock(minutes)


def test_a_wrong_year_is_no_gap():
    stamps = np.concatenate([[np.datetime64("1970-01-01T00")], np.datetime64("2024-01-01T00") + np.arange(50)])
    with pytest.raises(DataError, match=r"first at 1970-01-01T01:00:00.*wrong stamp"):
        infer_clock(stamps)


@pytest.mark.parametrize("stamps", [["2024-01-01"], ["2024-01-01"] * 5])
def test_one_stamp_has_no_step(stamps):
    with pytest.raises(DataError, match="from 1 different time stamp in"):
        infer_clock(stamps)


@pytest.mark.parametrize(
    ("stamps", "message"),
    [
        (["2024-01-01", None, "2024-01-03"], r"no time stamp in row 1 "),
        (np.array(["2024-01-01", "NaT"], dtype="datetime64[s]"), "1 in all"),
        ([1, 2, 3], "got int64, the first"),
        (["yesterday", "today"], "ISO 8601"),
        (["2024-01-01T00:00:00.000", "2024-01-01T00:00:00.020"], "whole seconds.*recordings"),
    ],
)
def test_what_is_no_stamp(stamps, message):
    with pytest.raises(DataError, match=message):
        infer_clock(stamps)
