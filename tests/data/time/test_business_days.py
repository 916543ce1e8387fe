"""Opening times as a user writes them."""

from datetime import date, time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divecast.data import BusinessDays, infer_clock
from divecast.data.time.business_days import calendar_from_text
from divecast.data.time.open_slots import WEEK, OpenSlots, runs_of
from divecast.errors import ConfigError, DataError, DataWarning

DAYS = np.arange("2024-01-01", "2024-04-01", dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("given_as", "step", "text"),
    [
        ({}, "1D", "Mon-Fri"),
        ({"weekmask": "1111110"}, "1D", "Mon-Sat"),
        ({"weekmask": [1, 1, 1, 0, 0, 0, 1]}, "1D", "Mon-Wed Sun"),
        ({"weekmask": "Mon Wed, friday"}, "1D", "Mon Wed Fri"),
        ({"weekmask": "Sat-Thu"}, "1D", "Mon-Thu Sat-Sun"),
        ({"start": "08:00", "end": "18:00"}, "1h", "Mon-Fri 08:00-18:00"),
        ({"start": time(9, 30), "end": time(16)}, "30min", "Mon-Fri 09:30-16:00"),
        ({"weekmask": "Mon-Fri 8-18, Sat 09:00-13:00"}, "1h", "Mon-Fri 08:00-18:00, Sat 09:00-13:00"),
        ({"weekmask": "Tue-Sat 11:00-14:00 18:00-01:00"}, "1h", None),
        ({"weekmask": "09:00-17:00"}, "1h", "Mon-Sun 09:00-17:00"),
        ({"weekmask": "Mon-Fri"}, "6h", "Mon-Fri"),
    ],
)
def test_what_is_written_is_open(given_as, step, text):
    slots = BusinessDays(**given_as).slots(step)
    if text is None:
        text = "Tue 11:00-14:00 18:00-24:00, Wed-Sat 00:00-01:00 11:00-14:00 18:00-24:00, Sun 00:00-01:00"
    assert str(slots) == text
    assert BusinessDays(str(slots)).slots(step) == slots


@given(st.sets(st.integers(0, WEEK // 1800 - 1), min_size=1, max_size=80))
def test_the_text_of_slots_gives_them_back(slots):
    seconds = np.array(sorted(slots)) * 1800
    found = OpenSlots(1800, runs_of(seconds, 1800))
    assert BusinessDays(str(found)).slots("30min") == found


@pytest.mark.parametrize(
    ("given_as", "message"),
    [
        ({"weekmask": "Mon-Fry"}, r'Expected weekdays, with hours.*"Mon-Fri", "1111100"'),
        ({"weekmask": "0000000"}, "Expected weekdays"),
        ({"weekmask": "08:00-18:00 Mon"}, "Expected weekdays"),
        ({"weekmask": ""}, "Expected weekdays"),
        ({"weekmask": [1, 1]}, "Expected weekdays"),
        ({"weekmask": "Mon-Fri, Sat 09:00-13:00"}, 'have hours and others have none. Write "00:00-24:00"'),
        ({"weekmask": "Mon 25:00-26:00"}, "times of day"),
        ({"weekmask": "Mon 8-18", "end": "18:00"}, "given twice"),
        ({"start": "eight"}, 'a time of day such as "08:00"'),
        ({"holidays": ["Christmas"]}, 'dates such as "2024-12-25"'),
    ],
)
def test_what_cannot_be_read(given_as, message):
    with pytest.raises(ConfigError, match=message):
        BusinessDays(**given_as)


def test_a_row_at_closing_time_is_open_if_the_table_has_one():
    hours = (DAYS[:14, None] + np.arange(8, 19).astype("timedelta64[h]")).ravel()
    hours = hours[np.is_busday(hours.astype("datetime64[D]"))]
    clock, _ = infer_clock(hours, calendar=BusinessDays(start="08:00", end="18:00"))
    assert (str(clock.slots), clock.length) == ("Mon-Fri 08:00-19:00", len(hours))


def test_days_alone_leave_the_hours_to_the_table():
    hours = (DAYS[:28, None] + np.arange(9, 12).astype("timedelta64[h]")).ravel()
    clock, _ = infer_clock(hours, calendar=BusinessDays("Mon-Sun", holidays=["2025-01-01"]))
    assert str(clock.slots) == "Mon-Sun 09:00-12:00"


def test_holidays_close_days_and_may_be_of_a_country():
    days = DAYS[np.is_busday(DAYS)]
    holidays = [date(2024, 1, 1), np.datetime64("2024-03-29"), "2024-04-01"]
    open_days = days[~np.isin(days, np.array(["2024-01-01", "2024-03-29"], "datetime64[D]"))]
    clock, _ = infer_clock(open_days, calendar=BusinessDays(holidays=holidays))
    assert clock.length == len(open_days)
    assert str(clock.at(np.array([clock.length]))[0])[:10] == "2024-04-02"
    same, _ = infer_clock(open_days, calendar=BusinessDays("auto", holidays="DE"))
    np.testing.assert_array_equal(same.stamps(), clock.stamps())


def test_a_few_rows_outside_are_kept_and_many_are_refused():
    days = DAYS[np.is_busday(DAYS)]
    with pytest.warns(DataWarning, match=r"1 of 66 time stamps are closed \(Mon-Fri\), the first Sat 2024-02-03"):
        clock, rows = infer_clock(np.sort(np.append(days, np.datetime64("2024-02-03"))), calendar=BusinessDays())
    assert (clock.length, len(np.unique(rows))) == (66, 66)
    with pytest.raises(DataError, match=r"26 of 91 time stamps are closed \(Mon-Fri\), the first Sat 2024-01-06"):
        infer_clock(DAYS, calendar=BusinessDays())


@pytest.mark.parametrize("weeks", [1, 7])
def test_a_step_that_no_day_has(weeks):
    with pytest.raises(ConfigError, match="needs a step that divides a day"):
        infer_clock(
            np.arange(4) * np.timedelta64(weeks * 7 * 24, "h") + DAYS[0].astype("datetime64[s]"),
            calendar=BusinessDays(),
        )


def test_the_shell_writes_the_same():
    assert calendar_from_text(None, []) == "auto"
    assert calendar_from_text("none", []) is None
    assert calendar_from_text("1111110", ["2024-12-25,2024-12-26", "2025-01-01"]) == BusinessDays(
        "1111110", ["2024-12-25", "2024-12-26", "2025-01-01"]
    )
    assert calendar_from_text(None, ["DE"]) == BusinessDays("auto", "DE")
