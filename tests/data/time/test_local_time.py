"""Local time at both changes of the clock, from old to new, from new to old, in no order, and as ends of steps."""

import numpy as np
import pandas as pd
import pytest

from divecast.data import Clock, Panel, as_factors, encode_labels, fit_vocabularies
from divecast.data import split as cut
from divecast.data.parts import ByTime
from divecast.errors import DataError, DataWarning

BERLIN = "Europe/Berlin"


def local(first, last, freq="15min", zone=BERLIN):
    """Values that count up, at local times without a zone."""
    utc = pd.date_range(first, last, freq=freq, tz="UTC")
    return pd.DataFrame({"time": utc.tz_convert(zone).tz_localize(None), "a": np.arange(len(utc)) + 1.0})


AUTUMN = local("2024-10-25 22:00", "2024-10-29 22:45")  # 100 quarter-hours on the 27th
SPRING = local("2024-03-29 23:00", "2024-04-02 21:45")  # 92 quarter-hours on the 31st


def read(frame, **how):
    return Panel.from_wide(frame.reset_index(drop=True), tz=BERLIN, **how).values[:, 0]


@pytest.mark.parametrize("frame", [AUTUMN, SPRING, local("2024-10-20", "2024-11-10", "h")])
def test_a_day_of_change_is_read_in_the_order_of_the_file(frame):
    np.testing.assert_array_equal(read(frame), frame.a)
    with pytest.warns(DataWarning, match="not in order"):
        np.testing.assert_array_equal(read(frame[::-1]), frame.a)


@pytest.mark.parametrize("frame", [AUTUMN.sample(frac=1, random_state=0), AUTUMN.sort_values("time", kind="stable")])
def test_no_order_is_guessed(frame):
    with pytest.raises(DataError, match=r"occurs twice in Europe/Berlin.*not in order of time.*offset"):
        read(frame)


def test_each_series_has_its_own_order():
    parts = [AUTUMN.assign(unique_id="up"), AUTUMN[::-1].assign(unique_id="down")]
    frame = pd.concat(parts, ignore_index=True).rename(columns={"time": "ds", "a": "y"})
    with pytest.warns(DataWarning, match="not in order"):
        panel = Panel.from_long(frame, tz=BERLIN)
    np.testing.assert_array_equal(panel.values, np.stack([AUTUMN.a, AUTUMN.a], axis=1))


def test_96_quarter_hours_in_autumn_lack_an_hour():
    with pytest.warns(DataWarning, match="4 of .* are missing, the first at 2024-10-27T01:00:00 UTC"):
        values = read(AUTUMN.drop_duplicates("time"))
    assert np.flatnonzero(np.isnan(values)).tolist() == [108, 109, 110, 111]


@pytest.mark.parametrize("fill", [np.nan, 0.0])
def test_96_quarter_hours_in_spring_have_an_empty_hour(fill):
    whole = SPRING.set_index("time").asfreq("15min", fill_value=fill).reset_index()
    with pytest.warns(DataWarning, match="Left out 4 rows without values or of zeros, the first at 2024-03-31 02:00"):
        np.testing.assert_array_equal(read(whole), SPRING.a)
    broken = whole.astype({"a": object})
    broken.loc[300, "a"] = "broken"
    with pytest.warns(DataWarning), pytest.raises(DataError, match="'broken' in row 300 "):
        read(broken)


def test_an_hour_that_never_was_with_values_is_refused():
    whole = SPRING.set_index("time").asfreq("15min").interpolate().reset_index()
    with pytest.raises(DataError, match=r"never occurred in Europe/Berlin.*\"UTC\" in tz="):
        read(whole)
    night = SPRING.assign(a=0.0).set_index("time").asfreq("15min", fill_value=0.0).reset_index()
    with pytest.raises(DataError, match="never occurred"):
        read(night)  # of stamps in UTC, a sun that does not shine


def test_zeros_of_a_first_row_at_an_hour_that_never_was_are_refused():
    times = pd.date_range("2024-03-31 02:00", periods=9, freq="h")
    with pytest.raises(DataError, match="never occurred"):
        read(pd.DataFrame({"time": times, "a": [0.0, *range(8)]}))


@pytest.mark.parametrize("frame", [AUTUMN, local("2024-10-20", "2024-11-10", "h", "America/New_York")])
@pytest.mark.filterwarnings("ignore:Time stamps were not in order")
def test_an_hour_that_occurs_twice_names_the_zone(frame):
    with pytest.raises(DataError, match=r"hour from 2024-1\d-\d+T0[12]:00 occurs twice, as at the end of summer.* tz="):
        Panel.from_wide(frame)
    with pytest.warns(DataWarning, match=r"repeats? another one exactly.* occurs twice, as at the end of summer.* tz="):
        Panel.from_wide(frame.assign(a=1.0))


def test_an_hour_that_occurs_twice_is_told_from_exact_repeats():
    summer = pytest.raises(DataError, match="hour from 2024-10-27T02:00 occurs twice, as at the end of summer")
    with pytest.warns(DataWarning, match="not in order"), summer:
        Panel.from_wide(pd.concat([AUTUMN[:10], AUTUMN[9:]]))


def test_an_hour_that_occurs_twice_in_another_zone_says_so():
    with pytest.raises(DataError, match=r"2024-11-03T01:00 occurs twice.* in another zone than Europe/Berlin.* tz="):
        read(local("2024-10-28", "2024-11-10", "h", "America/New_York"))


def test_other_repeats_are_no_end_of_summer_time():
    frame = local("2024-10-20", "2024-10-23", "h", "UTC")
    with pytest.raises(DataError, match="Several rows have the time"):
        Panel.from_wide(pd.concat([frame, frame.iloc[[30]].assign(a=0)]).sort_values("time"))


@pytest.mark.parametrize("frame", [AUTUMN, SPRING])
@pytest.mark.parametrize("way", ["shown", "added"])
def test_ends_of_steps_are_written_in_two_ways(frame, way):
    """As a clock shows them at the end of the step, or as its start with a step added."""
    shown = (
        local("2024-10-25 22:15", "2024-10-29 23:00")
        if frame is AUTUMN
        else local("2024-03-29 23:15", "2024-04-02 22:00")
    )
    ends = shown.time if way == "shown" else frame.time + pd.Timedelta("15min")
    panel = Panel.from_wide(frame.assign(time=ends), tz=BERLIN, stamps="end")
    np.testing.assert_array_equal(panel.values[:, 0], frame.a)
    starts = pd.DatetimeIndex(frame.time).tz_localize(BERLIN, ambiguous="infer").tz_convert(None).to_numpy()
    np.testing.assert_array_equal(panel.clock.stamps() - np.timedelta64(15, "m"), starts)


def test_the_calendar_reads_the_start_of_a_step():
    hours = pd.date_range("2024-01-01 01:00", periods=96, freq="h")
    panel = Panel.from_wide(pd.DataFrame({"time": hours, "a": range(96)}), stamps="end")
    factors = as_factors(["hour"])
    codes = encode_labels(panel, factors, fit_vocabularies(panel, factors, cut(panel, ByTime(1, 1, 1)).train))
    assert codes[[0, 22, 23, 24], 0].tolist() == [0, 22, 23, 0]
    assert panel.clock.local(np.array([0]))[0] == np.datetime64("2024-01-01T01:00")
    assert Clock.from_dict(panel.clock.to_dict()) == panel.clock
    assert panel.rows(3, 9).clock.ends


def test_dates_at_the_end_of_a_month_are_of_that_month():
    ends = pd.date_range("2020-01-31", periods=24, freq="ME")
    panel = Panel.from_wide(pd.DataFrame({"time": ends, "a": range(24)}), stamps="end")
    assert panel.clock.local_begin(np.array([0]))[0] == np.datetime64("2020-01-31")
