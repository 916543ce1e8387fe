"""Clocks: rows to time and back."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import Clock, seasons
from divecast.data.sources.panel import regular_clock
from divecast.errors import DataError

STEPS = st.sampled_from(["1s", "15min", "1h", "6h", "1D", "1W", "1MS", "1QS", "1ME"])
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Cairo"])


@given(step=STEPS, tz=ZONES, length=st.integers(2, 400), data=st.data())
@settings(max_examples=60)
def test_row_of_is_the_inverse_of_stamps(step, tz, length, data):
    clock = (
        regular_clock("2023-12-31", step, length, tz)
        if step == "1ME"
        else regular_clock("2023-01-01", step, length, tz)
    )
    row = data.draw(st.integers(0, length - 1))
    assert clock.row_of(clock.stamps()[row]) == row
    assert clock.row_of(datetime.fromtimestamp(int(clock.stamps()[row].astype(int)), UTC)) == row


@given(step=STEPS, tz=ZONES, first=st.integers(0, 50), n=st.integers(1, 50))
@settings(max_examples=60)
def test_a_part_of_a_clock_ticks_as_the_whole(step, tz, first, n):
    clock = regular_clock("2024-01-31", "1ME", 120, tz) if step == "1ME" else regular_clock("2024-01-01", step, 120, tz)
    part = clock.rows(first, first + n)
    np.testing.assert_array_equal(part.stamps(0, n + 30), clock.stamps(first, first + n + 30))


@pytest.mark.parametrize(
    ("start", "tz", "skipped"), [("2024-01-01", "Africa/Cairo", 116), ("2024-01-01 02:30", "Europe/Berlin", 90)]
)
def test_a_part_may_begin_where_summer_time_does(start, tz, skipped):
    clock = regular_clock(start, "1D", 366, tz)
    part = clock.rows(skipped, 366)
    assert part.late > 0
    for same in (part, Clock.from_dict(part.to_dict()), clock.rows(0, 200).rows(skipped, 150)):
        np.testing.assert_array_equal(same.stamps(-9, 9), clock.stamps(skipped - 9, skipped + 9))
    assert part.rows(1, 9) == clock.rows(skipped + 1, skipped + 9)
    assert part.rows_at(clock.stamps(skipped, skipped + 9))[0].tolist() == [*range(9)]


@given(step=STEPS, tz=ZONES)
@settings(max_examples=20)
def test_plain_values_read_back(step, tz):
    clock = regular_clock("2024-01-31", step, 7, tz)
    assert Clock.from_dict(clock.to_dict()) == clock


def test_leap_day():
    clock = regular_clock("2024-02-28", "1D", 3, "UTC")
    assert clock.stamps().astype("datetime64[D]").astype(str).tolist() == ["2024-02-28", "2024-02-29", "2024-03-01"]


def test_month_ends_past_the_end():
    clock = regular_clock("2024-01-31", "1ME", 2, "UTC")
    days = clock.stamps(0, 5).astype("datetime64[D]").astype(str).tolist()
    assert days == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]


def test_days_of_a_wall_clock_are_23_and_25_hours_long():
    clock = regular_clock("2024-01-01", "1D", 366, "Europe/Berlin")
    hours = np.diff(clock.stamps()) / np.timedelta64(1, "h")
    assert {int(h): int((hours == h).sum()) for h in np.unique(hours)} == {23: 1, 24: 363, 25: 1}
    assert np.all(clock.local(np.arange(366)) == clock.local(np.arange(366)).astype("datetime64[D]"))


def test_local_wall_time_in_another_zone():
    clock = regular_clock("2024-07-01T00:00Z", "1h", 3, "Europe/Berlin")
    assert clock.local(np.array([0]))[0] == np.datetime64("2024-07-01T02:00:00")
    assert clock.local(np.array([0]), "Asia/Kolkata")[0] == np.datetime64("2024-07-01T05:30:00")


def test_text_is_wall_time_and_datetime64_is_utc():
    clock = regular_clock("2024-07-01T00:00Z", "1h", 10, "Europe/Berlin")
    assert clock.row_of("2024-07-01 03:00") == 1
    assert clock.row_of(np.datetime64("2024-07-01T03:00")) == 3
    assert clock.row_of("2024-07-01T03:00+00:00") == 3


@pytest.mark.parametrize("stamp", ["2024-01-01 00:30", "2023-12-31", "2024-01-01 10:00", "2050-01-01"])
def test_row_of_names_the_range(stamp):
    with pytest.raises(DataError, match="10 rows every 1h from 2024-01-01T00:00:00 to 2024-01-01T09:00:00 UTC"):
        regular_clock("2024-01-01", "1h", 10, "UTC").row_of(stamp)


@pytest.mark.parametrize(
    ("step", "day", "week", "year"),
    [
        ("1h", 24, 168, None),
        ("15min", 96, 672, None),
        ("1D", 1, 7, None),
        ("1W", None, 1, None),
        ("1MS", None, None, 12),
    ],
)
@pytest.mark.parametrize("tz", ["UTC", "Europe/Berlin"])
def test_steps_per_period(step, day, week, year, tz):
    clock = regular_clock("2024-01-01", step, 10, tz)
    assert (clock.steps_per("day"), clock.steps_per("week"), clock.steps_per("year")) == (day, week, year)


def test_frequency_is_short():
    texts = [regular_clock("2024-01-01", step, 2, "UTC").frequency for step in ("3600s", "90min", "24h", "7D", "QS")]
    assert texts == ["1h", "90min", "1D", "7D", "3MS"]
    assert all(one != other for one, other in pairwise(texts))


def test_unknown_zone():
    with pytest.raises(DataError, match="Mars/Olympus"):
        regular_clock("2024-01-01", "1h", 2, "UTC").local(np.arange(2), "Mars/Olympus")


@pytest.mark.parametrize("step", ["1h", "1D", "1MS"])
def test_the_row_after_the_end_can_be_named(step):
    clock = regular_clock("2024-01-01", step, 5, "Europe/Berlin")
    after, beyond = clock.at(np.array([5, 6]))
    assert clock.row_of(after, after_end=True) == 5
    assert clock.row_of(clock.start, after_end=True) == 0
    with pytest.raises(DataError, match="or the step after its end"):
        clock.row_of(beyond, after_end=True)
    with pytest.raises(DataError, match="No row is at"):
        clock.row_of(after)


@pytest.mark.parametrize("stamp", ["yesterday", 5, None, np.datetime64("NaT", "s"), object()])
def test_what_is_no_stamp(stamp):
    clock = regular_clock("2024-01-01", "1h", 5, "UTC")
    with pytest.raises(DataError, match=r'Expected a time such as "2024-06-30 18:00:00" or a datetime, got [^\n]*$'):
        clock.row_of(stamp)


@pytest.mark.parametrize("step", ["1h", "1D", "1ME"])
def test_rows_of_any_shape(step):
    clock = regular_clock("2024-01-31", step, 12, "Europe/Berlin")
    rows = np.arange(12)
    for read in (clock.at, clock.local):
        np.testing.assert_array_equal(read(rows.reshape(3, 4)), read(rows).reshape(3, 4))


def test_seasons():
    assert seasons(None) == []
    assert [seasons(regular_clock("2024-01-01", s, 9, "UTC")) for s in ("1h", "1D", "1MS", "5h")] == [
        [24, 168],
        [7],
        [12],
        [],
    ]
