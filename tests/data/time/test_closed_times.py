"""Which gaps recur with the week and are closed times, and which are missing rows."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import infer_clock
from divecast.data.time.open_slots import second_of_week
from divecast.errors import DataError, DataWarning

HOURS = np.arange("2024-01-01T00", "2024-03-11T00", dtype="datetime64[h]").astype("datetime64[s]")  # ten weeks
DAYS = HOURS[::24]


def hour(stamps):
    return second_of_week(stamps) % 86400 // 3600


def weekday(stamps):
    return second_of_week(stamps) // 86400


def daytime(first, stop, days=7, stamps=HOURS):
    return stamps[(hour(stamps) >= first) & (hour(stamps) < stop) & (weekday(stamps) < days)]


HALVES = np.datetime64("2024-03-01T00:00:00") + np.arange(48 * 61) * np.timedelta64(1800, "s")
TRADING = HALVES[(weekday(HALVES) < 5) & (second_of_week(HALVES) % 86400 >= 34200) & (hour(HALVES) < 16)]
SHOP = np.union1d(daytime(8, 18, 5), daytime(9, 13)[weekday(daytime(9, 13)) == 5])


@pytest.mark.parametrize("tz", ["UTC", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize(
    ("stamps", "text"),
    [
        (DAYS[weekday(DAYS) < 5], "Mon-Fri"),
        (DAYS[weekday(DAYS) < 6], "Mon-Sat"),
        (DAYS[np.isin(weekday(DAYS), [0, 2, 4])], "Mon Wed Fri"),
        (daytime(9, 17), "Mon-Sun 09:00-17:00"),
        (daytime(8, 19, 5), "Mon-Fri 08:00-19:00"),
        (HOURS[weekday(HOURS) < 6], "Mon-Sat"),
        (TRADING, "Mon-Fri 09:30-16:00"),
        (SHOP, "Mon-Fri 08:00-18:00, Sat 09:00-13:00"),
        (np.sort((DAYS[:, None] + np.array([8, 12, 18]) * np.timedelta64(3600, "s")).ravel()), None),
        (DAYS[weekday(DAYS) < 5][:10], "Mon-Fri"),
    ],
)
def test_recurring_gaps_are_closed(stamps, text, tz):
    with pytest.warns(DataWarning, match="recur with the week") as told:
        clock, rows = infer_clock(stamps, tz)
    assert len(told) == 1
    assert str(clock.slots) == (text or "Mon-Sun 08:00-10:00 12:00-14:00 18:00-20:00")
    assert (clock.length, rows.tolist()) == (len(stamps), list(range(len(stamps))))


@given(first=st.integers(0, 20), hours=st.integers(2, 23), days=st.integers(1, 7), dropped=st.sets(st.integers(0, 400)))
@settings(max_examples=40)
def test_missing_rows_of_open_times_stay_rows(first, hours, days, dropped):
    whole = daytime(first, first + hours, days)
    stamps = np.delete(whole, [place for place in dropped if 0 < place < len(whole) - 1 and place % 3 == 0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clock, rows = infer_clock(stamps)
    np.testing.assert_array_equal(clock.at(rows), stamps)
    assert np.isin(clock.stamps(), whole).all() or clock.slots is None
    if clock.slots is not None:
        ahead = clock.stamps(clock.length, clock.length + 200)
        assert np.isin(second_of_week(ahead), second_of_week(whole)).all()


@pytest.mark.parametrize(
    "dropped",
    [
        np.arange(200, 270),  # three days
        np.arange(100, 300),  # eight days of twenty
        np.concatenate([np.arange(30, 60), np.arange(198, 210)]),
        np.random.default_rng(0).choice(np.arange(1, 479), 50, replace=False),
        np.random.default_rng(0).choice(np.arange(1, 479), 180, replace=False),
    ],
)
def test_an_outage_is_missing(dropped):
    with pytest.warns(DataWarning, match=f"{len(dropped)} of 480 time stamps are missing"):
        clock, _ = infer_clock(np.delete(HOURS[:480], dropped))
    assert clock.slots is None


def test_an_outage_of_a_shop_is_missing_and_its_nights_are_closed():
    stamps = daytime(9, 17, 6)
    with pytest.warns(DataWarning, match="recur with the week"), pytest.warns(DataWarning, match="100 of 480 open"):
        clock, _ = infer_clock(np.delete(stamps, np.arange(120, 220)))
    assert str(clock.slots) == "Mon-Sat 09:00-17:00"


def test_days_on_which_a_shop_was_closed_are_missing():
    days = DAYS[weekday(DAYS) < 5]
    with pytest.warns(DataWarning, match="recur"), pytest.warns(DataWarning, match="2 of 50 open times are missing"):
        clock, _ = infer_clock(np.delete(days, [7, 30]))
    assert str(clock.slots) == "Mon-Fri"


def test_a_single_opening_is_kept():
    days = np.append(DAYS[weekday(DAYS) < 6], DAYS + np.timedelta64(70, "D"))
    days = days[(weekday(days) < 6) | (days == np.datetime64("2024-02-04"))]
    days = np.sort(np.append(days, np.datetime64("2024-02-04")))
    with pytest.warns(DataWarning, match="1 row outside them kept, the first at 2024-02-04"):
        clock, rows = infer_clock(days)
    assert (str(clock.slots), clock.length) == ("Mon-Sat", len(days))
    np.testing.assert_array_equal(clock.at(rows), days)


def test_one_gap_does_not_recur():
    with pytest.warns(DataWarning, match="2 of 9 time stamps are missing"):
        clock, _ = infer_clock(np.delete(DAYS[:9], [3, 4]))
    assert clock.slots is None


def test_no_time_is_closed_if_that_is_said():
    days = DAYS[weekday(DAYS) < 5]
    with pytest.warns(DataWarning, match="time stamps are missing"):
        clock, _ = infer_clock(days, calendar=None)
    assert clock.slots is None


def test_stamps_off_the_grid_are_irregular():
    jittered = DAYS + np.random.default_rng(0).integers(0, 60, len(DAYS)).astype("timedelta64[s]")
    with pytest.raises(DataError, match="irregular"):
        infer_clock(jittered)
    with pytest.raises(DataError, match="irregular"):
        infer_clock(np.sort(np.append(daytime(9, 17), HOURS[200] + np.timedelta64(61, "s"))))
