"""Rows within spans of time."""

import pytest

from divecast.data.time.regular import regular_clock
from divecast.data.time.spans import rows_between
from divecast.errors import DataError


@pytest.mark.parametrize("ends", [False, True])
def test_a_day_is_the_rows_about_it(ends):
    clock = regular_clock("2024-01-01 01:00" if ends else "2024-01-01", "1h", 72)
    clock = clock.ending() if ends else clock
    assert rows_between(clock, "2024-01-02", "2024-01-02") == (24, 48)
    assert rows_between(clock, "2024-01", "2024-01") == (0, 72)


def test_a_time_is_the_stamp_of_its_row():
    clock = regular_clock("2024-01-01 01:00", "1h", 72).ending()
    assert rows_between(clock, "2024-01-02 00:00", "2024-01-02 01:00") == (23, 25)


def test_an_hour_that_occurs_twice_is_both_and_one_that_never_was_is_refused():
    clock = regular_clock("2023-10-29", "1h", 5, "Europe/Berlin")
    assert rows_between(clock, "2023-10-29T02:00", "2023-10-29T02:00") == (2, 4)
    assert rows_between(clock, None, "2023-10-29T02:00+02:00") == (0, 3)
    with pytest.raises(DataError, match=r"^2024-03-31T02:00:00 never occurred .*such as 2024-03-31T03:00:00\.$"):
        rows_between(clock, "2024-03-31T02:00", None)
