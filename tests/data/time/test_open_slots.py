"""Clocks with closed times: rows to time and back, and never a closed time."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import BusinessDays, Clock, seasons
from divecast.data.time.open_slots import DAY, WEEK, OpenSlots, runs_of, second_of_week
from divecast.data.time.regular import regular_clock
from divecast.errors import DataError

MONDAY = np.datetime64("2024-01-01T00:00:00")


@st.composite
def patterns(draw):
    """Any slots of a week on a grid, with closed dates and rows outside them, none of them in the hours of a change."""
    step = draw(st.sampled_from([1800, 3600, 7200, DAY]))
    night = 4 * 3600  # zones change between midnight and four
    grid = np.arange(0, WEEK, step) if step == DAY else np.array([s for s in range(0, WEEK, step) if s % DAY >= night])
    size = draw(st.integers(1, min(len(grid), 40)))
    seconds = np.sort(draw(st.permutations(grid.tolist()))[:size])
    days = draw(st.lists(st.integers(0, 400), max_size=6, unique=True))
    closed = tuple(sorted(str(date(2024, 1, 1) + timedelta(days=day)) for day in days))
    hours = draw(st.lists(st.integers(0, 9000), max_size=3, unique=True))
    extra = (MONDAY + np.array(hours, dtype="timedelta64[h]") + np.timedelta64(5 * 3600 + 600, "s")).tolist()
    return OpenSlots(step, runs_of(seconds, step), closed, tuple(sorted(each.isoformat() for each in extra)))


def start_of(slots, tz):
    """The first open time of 2024."""
    return regular_clock("2024-01-01", "1h", 1, tz).on(slots)


@given(slots=patterns(), tz=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]), n=st.integers(2, 300))
@settings(max_examples=25)
def test_rows_and_open_times_are_one_to_one(slots, tz, n):
    clock = start_of(slots, tz)
    rows = np.arange(-20, n)
    stamps = clock.at(rows)
    assert (np.diff(stamps) > np.timedelta64(0, "s")).all()
    back, exact = clock.rows_at(stamps)
    np.testing.assert_array_equal(back, rows)
    assert exact.all()
    wall = clock.local(rows)
    days = np.datetime_as_string(wall.astype("datetime64[D]"))
    regular = np.isin(second_of_week(wall), slots.seconds) & ~np.isin(days, slots.closed)
    assert (regular | np.isin(np.datetime_as_string(wall), slots.extra)).all()


@given(slots=patterns(), moments=st.lists(st.integers(0, 60 * 24 * 200), min_size=1, max_size=30))
@settings(max_examples=30)
def test_a_closed_time_has_the_row_before_it(slots, moments):
    clock = start_of(slots, "UTC")
    stamps = MONDAY + np.array(moments, dtype="timedelta64[m]")
    rows, exact = clock.rows_at(stamps)
    assert (clock.at(rows) <= stamps).all()
    assert (clock.at(rows + 1) > stamps).all()
    np.testing.assert_array_equal(exact, clock.at(rows) == stamps)


@given(slots=patterns(), first=st.integers(0, 50), n=st.integers(1, 50))
@settings(max_examples=25)
def test_a_part_ticks_as_the_whole_and_plain_values_read_back(slots, first, n):
    clock = start_of(slots, "Europe/Berlin")
    part = clock.rows(first, first + n)
    np.testing.assert_array_equal(part.stamps(0, n + 30), clock.stamps(first, first + n + 30))
    assert Clock.from_dict(part.to_dict()) == part


@pytest.mark.parametrize(
    ("calendar", "step", "day", "week", "usual", "expected"),
    [
        (BusinessDays(), "1D", 1, 5, 1, [5]),
        (BusinessDays("1111110"), "1D", 1, 6, 1, [6]),
        (BusinessDays("Mon-Fri 09:00-17:00"), "1h", 8, 40, 8, [8, 40]),
        (BusinessDays("Mon-Fri 08:00-18:00, Sat 09:00-13:00"), "1h", None, 54, 10, [54]),
    ],
)
def test_seasons_are_of_open_rows(calendar, step, day, week, usual, expected):
    start = "2024-01-01 09:00" if step == "1h" else "2024-01-01"
    clock = regular_clock(start, step, 9, calendar=calendar)
    assert (clock.steps_per("day"), clock.steps_per("week"), clock.rows_a_day) == (day, week, usual)
    assert (seasons(clock), clock.steps_per("year")) == (expected, None)


def test_opening_times_are_local_in_winter_and_summer():
    clock = regular_clock("2024-03-29 08:00", "1h", 30, "Europe/Berlin", BusinessDays("Mon-Fri 08:00-18:00"))
    hours = (clock.local(np.arange(30)) - clock.local(np.arange(30)).astype("datetime64[D]")).astype("timedelta64[h]")
    assert sorted({int(hour.astype(int)) for hour in hours}) == list(range(8, 18))
    assert clock.stamps()[[0, 10]].astype(str).tolist() == ["2024-03-29T07:00:00", "2024-04-01T06:00:00"]


def test_holidays_have_no_row():
    clock = regular_clock("2024-12-23", "1D", 4, calendar=BusinessDays(holidays=["2024-12-25", "2024-12-26"]))
    assert [str(day)[:10] for day in clock.stamps()] == ["2024-12-23", "2024-12-24", "2024-12-27", "2024-12-30"]
    with pytest.raises(DataError, match="which is closed: expected a time among 4 rows every 1D on Mon-Fri"):
        clock.row_of("2024-12-25")
    with pytest.raises(DataError, match="is at a time that is closed: Mon-Fri"):
        regular_clock("2024-12-28", "1D", 4, calendar=BusinessDays())


@pytest.mark.parametrize(
    "damaged",
    [
        {"week": []},
        {"week": [[0, 8]]},
        {"week": [[86400, 1], [0, 1]]},
        {"week": [[-1, 1]]},
        {"step": 0},
        {"closed": ["2024-12-26", "2024-12-25"]},
        {"closed": ["tomorrow"]},
        {"extra": ["NaT"]},
        {"week": [[86400, 1]]},
    ],
)
def test_damaged_slots_are_refused(damaged):
    plain = regular_clock("2024-01-01", "1D", 5, calendar=BusinessDays()).to_dict()
    with pytest.raises((ValueError, TypeError)):
        Clock.from_dict({**plain, "slots": {**plain["slots"], **damaged}})
