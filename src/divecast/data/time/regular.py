"""The regular clock behind a column of time stamps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.time.clock import Clock
from divecast.data.time.stamps import Stamps, local_stamps, zoned_stamps
from divecast.data.time.step import Unit, format_step
from divecast.errors import DataError, warn_data

_DAY = 86400
_MONTH_SECONDS = 28 * _DAY
_MOST_ROWS_PER_STAMP = 20


def infer_clock(stamps: Any, tz: str | None = None) -> tuple[Clock, NDArray[np.int64]]:
    """Find the regular clock behind time stamps.

    Gaps become rows without values and unsorted stamps are put in order, both with a DataWarning. Equal stamps
    get the same row: what to do with them is the caller's choice.

    Args:
        stamps: (row,) stamps of any kind that :func:`~divecast.data.time.stamps.zoned_stamps` reads.
        tz: Zone of stamps that name none, and of the clock; when left out, that of the stamps, else UTC.

    Returns:
        The clock, and for every stamp its row (row,) int64.

    Raises:
        DataError: Fewer than two different stamps, or no regular step fits them.
    """
    utc, zone = zoned_stamps(stamps, tz)
    if np.any(np.diff(utc) < np.timedelta64(0, "s")):
        warn_data("time stamps were not in order; rows were sorted by time")
    return clock_of_utc(utc, zone)


def clock_of_utc(utc: Stamps, tz: str) -> tuple[Clock, NDArray[np.int64]]:
    """Find the regular clock behind UTC stamps in any order: :func:`infer_clock` after the stamps were read."""
    unique, inverse = np.unique(utc, return_inverse=True)
    if len(unique) < 2:
        raise DataError(
            f"expected at least two different time stamps to tell the step, got {len(unique)} in {len(utc)} rows; "
            "give more rows, or use Panel.from_array(values, start, step)"
        )
    step, unit, places = _regular(unique, tz)
    clock = Clock(unique[0], step, unit, int(places[-1]) + 1, tz)
    _report_gaps(clock, places)
    return clock, places[inverse]


def _regular(unique: Stamps, tz: str) -> tuple[int, Unit, NDArray[np.int64]]:
    wall = local_stamps(unique, tz)
    long_step = _commonest(unique.astype(np.int64)) >= _MONTH_SECONDS
    # Days before seconds: in winter alone, days of the wall clock look like 24 hours and would drift in summer.
    found = (_month_units(wall) if long_step else None) or (_day_units(wall) if tz != "UTC" else None)
    if found is not None:
        return found
    seconds = unique.astype(np.int64)
    places = _places(seconds)
    if places is None:
        raise _irregular(unique)
    return _commonest(seconds), "s", places


def _day_units(wall: Stamps) -> tuple[int, Unit, NDArray[np.int64]] | None:
    days = wall.astype("datetime64[D]")
    ticks = days.astype(np.int64)
    if np.any(wall - days != wall[0] - days[0]) or np.any(ticks[1:] == ticks[:-1]):
        return None
    places = _places(ticks)
    return None if places is None else (_commonest(ticks), "D", places)


def _month_units(wall: Stamps) -> tuple[int, Unit, NDArray[np.int64]] | None:
    months = wall.astype("datetime64[M]")
    offset = wall - months
    to_end = (months + 1).astype("datetime64[s]") - wall
    if np.any(np.diff(months.astype(np.int64)) == 0):
        return None
    if np.all(offset == offset[0]) and offset[0] < np.timedelta64(_MONTH_SECONDS, "s"):
        unit: Unit = "M"
    elif np.all(to_end == to_end[0]) and to_end[0] <= np.timedelta64(_DAY, "s"):
        unit = "ME"
    else:
        return None
    places = _places(months.astype(np.int64))
    return None if places is None else (_commonest(months.astype(np.int64)), unit, places)


def _places(ticks: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Rows of rising ticks on the grid of their commonest step, None where one is off the grid."""
    since = ticks - ticks[0]
    step = _commonest(ticks)
    return since // step if step > 0 and np.all(since % step == 0) else None


def _commonest(ticks: NDArray[np.int64]) -> int:
    """The commonest step between rising ticks, the smallest where several are."""
    steps, counts = np.unique(ticks[1:] - ticks[:-1], return_counts=True)
    return int(steps[np.argmax(counts)])


def _irregular(unique: Stamps) -> DataError:
    seconds = unique.astype(np.int64)
    gaps, step = seconds[1:] - seconds[:-1], _commonest(seconds)
    odd = np.flatnonzero(gaps % step != 0)[:3] + 1
    shown = ", ".join(f"{unique[i]} ({gaps[i - 1]} s after the one before)" for i in odd)
    return DataError(
        f"expected regular time stamps; the commonest step is {format_step(step, 's')}, but these (UTC) do not fit it: "
        f"{shown}; resample the table to a regular step first"
    )


def _report_gaps(clock: Clock, places: NDArray[np.int64]) -> None:
    missing = clock.length - len(places)
    if not missing:
        return
    at = int(np.argmax(np.diff(places) > 1))
    first = clock.at(places[at : at + 1] + 1)[0]
    if clock.length > _MOST_ROWS_PER_STAMP * len(places):
        raise DataError(
            f"expected stamps every {clock.frequency}, but {missing} of {clock.length} are missing, first {first} UTC; "
            "mend a wrong stamp, or resample the table to a longer step"
        )
    warn_data(
        f"{missing} of {clock.length} time stamps are missing, first {first} UTC; they were added as rows "
        "without values"
    )
