"""Rows of a clock within a span of time, as people name it: both ends included, a day, month or year as a whole."""

import re
from datetime import date, datetime
from typing import Any

import numpy as np

from divecast.data.time.clock import Clock
from divecast.data.time.stamps import one_stamp

_PERIOD = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


def rows_between(clock: Clock, first: Any, last: Any) -> tuple[int, int]:
    """Return the first row of a span and the row after its last one; they are equal or falling if it has none.

    Args:
        clock: the clock.
        first: text, date or datetime (local time in the clock's zone unless it names one), or a UTC datetime64; None
            for the start of the clock.
        last: the same; the row at this time, or all rows that begin in a day, month or year, are within; of a local
            time that occurs twice both rows. None for the end.

    Raises:
        DataError: an end is not a time.
    """
    rows = np.arange(clock.length)
    begins, stamps = clock.local_begin(rows), clock.at(rows)
    start, stop = 0, clock.length
    if first is not None:
        text = _as_period(first)
        late = begins >= np.datetime64(text, "s") if text else stamps >= one_stamp(first, clock.tz)
        start = int(np.argmax(late)) if late.any() else clock.length
    if last is not None:
        text = _as_period(last)
        if text:
            end = np.datetime64(text)
            early = begins.astype(end.dtype) <= end
        else:
            early = stamps <= one_stamp(last, clock.tz, last=True)
        stop = clock.length - int(np.argmax(early[::-1])) if early.any() else 0
    return start, stop


def _as_period(moment: Any) -> str | None:
    """Return a year, month or day as text; None for any other time."""
    is_day = isinstance(moment, date) and not isinstance(moment, datetime)
    text = str(moment) if is_day or isinstance(moment, str) else ""
    return text if _PERIOD.fullmatch(text) else None
