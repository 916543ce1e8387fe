"""Rows within spans of time."""

import pytest

from divecast.data.time.regular import regular_clock
from divecast.data.time.spans import rows_between


@pytest.mark.parametrize("ends", [False, True])
def test_a_day_is_the_rows_about_it(ends):
    clock = regular_clock("2024-01-01 01:00" if ends else "2024-01-01", "1h", 72)
    clock = clock.ending() if ends else clock
    assert rows_between(clock, "2024-01-02", "2024-01-02") == (24, 48)
    assert rows_between(clock, "2024-01", "2024-01") == (0, 72)


def test_a_time_is_the_stamp_of_its_row():
    clock = regular_clock("2024-01-01 01:00", "1h", 72).ending()
    assert rows_between(clock, "2024-01-02 00:00", "2024-01-02 01:00") == (23, 25)
