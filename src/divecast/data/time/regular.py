"""The regular clock of a column of time stamps."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.time.business_days import BusinessDays, Opening
from divecast.data.time.clock import Clock
from divecast.data.time.closed_times import find_slots
from divecast.data.time.open_slots import WEEKDAYS, OpenSlots, second_of_week
from divecast.data.time.stamps import StampForm, Stamps, local_stamps, localise_shifting, zoned_stamp, zoned_stamps
from divecast.data.time.step import Unit, format_step, parse_step
from divecast.errors import DataError, warn_data

_DAY = 86400
_SHORTEST_DAY = np.timedelta64(21, "h")
_MONTH_SECONDS = 28 * _DAY
_MOST_ROWS_PER_STAMP = 20
_MOST_OUTSIDE = 0.1  # share of rows outside given opening times: more of them show that these are wrong
_WEEKS_AHEAD = 53


def regular_clock(
    start: str | datetime | np.datetime64,
    step: str,
    length: int,
    tz: str | None = None,
    calendar: BusinessDays | OpenSlots | None = None,
) -> Clock:
    """The clock that starts at ``start`` and ticks every ``step``; whole days follow the local calendar in ``tz``.

    The time zone is by default that of ``start``, else UTC. With opening times, the clock ticks at open times only.

    Raises:
        DataError: start or step cannot be read, the start is closed, or it is not at a month end although the step is.
    """
    every, unit = parse_step(step)
    first, zone = zoned_stamp(start, tz)
    if unit == "ME":
        _check_month_end(local_stamps(np.array([first]), zone)[0], step)
    if calendar is not None:
        wall = local_stamps(np.array([first]), zone)[0]
        if unit not in ("s", "D"):
            raise DataError(f"A clock every {step} has no closed times", hint="Leave out {calendar}")
        seconds = every if unit == "s" else every * _DAY
        slots = calendar if isinstance(calendar, OpenSlots) else calendar.slots_from(seconds, wall)
        clock = Clock(first, *_units(slots.step, zone), length, zone, slots=slots)
        if not clock.is_open(first):
            raise DataError(f"The first row, {wall}, is at a time that is closed: {slots}", argument="start")
        return clock
    if unit == "s" and every % _DAY == 0 and zone != "UTC":
        every, unit = every // _DAY, "D"
    return Clock(first, every, unit, length, zone, late=0 if unit == "s" else _late(np.array([first]), zone))


def _check_month_end(wall: np.datetime64, step: str) -> None:
    """Refuse a local start that is not on the last day of a month, from which shorter months would be skipped."""
    if (wall + np.timedelta64(1, "D")).astype("datetime64[M]") == wall.astype("datetime64[M]"):
        raise DataError(
            f"A clock every {step} ticks at month ends, and its start, {wall}, is not on the last day of a month",
            hint="Start on the last day of a month, or use month starts such as 1MS",
            argument="start",
        )


def infer_clock(
    stamps: Any, tz: str | None = None, form: StampForm | None = None, calendar: Opening = "auto"
) -> tuple[Clock, NDArray[np.int64]]:
    """Find the regular clock of time stamps.

    Gaps become rows without values and unsorted stamps are sorted, both with a DataWarning. Equal stamps get the same
    row; the caller decides what to do with them.

    Args:
        stamps: (row,) stamps of any kind that :func:`~divecast.data.time.stamps.zoned_stamps` reads.
        tz: time zone of stamps that name none, and of the clock; by default that of the stamps, else UTC.
        form: how the stamps are written.
        calendar: opening times, outside which the clock has no rows. By default those that the stamps tell, which is
            said in a DataWarning: times of the week at which there is never a row, such as weekends and nights. None
            if no time is closed.

    Returns:
        The clock, and the row of every stamp, (row,) int64.

    Raises:
        DataError: fewer than two different stamps, or no regular step fits them.
    """
    form = form or StampForm()
    utc, zone = zoned_stamps(stamps, tz, form=form)
    if np.any(np.diff(utc) < np.timedelta64(0, "s")):
        warn_data("Time stamps were not in order; the rows were sorted by time")
    clock, rows = clock_of_utc(utc, zone, calendar)
    return clock.ending() if form.ends else clock, rows


def clock_of_utc(utc: Stamps, tz: str, calendar: Opening = "auto") -> tuple[Clock, NDArray[np.int64]]:
    """Find the regular clock of UTC stamps in any order, as :func:`infer_clock` does once it has read them."""
    unique, inverse = np.unique(utc, return_inverse=True)
    if len(unique) < 2:
        raise DataError(
            f"The step cannot be told from {plural(len(unique), 'different time stamp')} in {plural(len(utc), 'row')}",
            hint="Use more rows",
        )
    clock, places = _placed(unique, tz, calendar)
    _report_gaps(clock, places)
    return clock, places[inverse]


def _placed(unique: Stamps, tz: str, calendar: Opening) -> tuple[Clock, NDArray[np.int64]]:
    """The clock of different stamps in order, and their rows."""
    if isinstance(calendar, BusinessDays | OpenSlots):
        return _given(unique, tz, calendar)
    regular = _regular(unique, tz)
    has_gaps = regular is None or regular[2][-1] + 1 > len(unique)
    told = _told(unique, tz) if has_gaps and calendar == "auto" else None
    if told is not None:
        return told
    if regular is None:
        raise _irregular(unique)
    step, unit, places = regular
    late = 0 if unit == "s" else _late(unique, tz)
    return Clock(unique[0], step, unit, int(places[-1]) + 1, tz, late=late), places


def _told(unique: Stamps, tz: str) -> tuple[Clock, NDArray[np.int64]] | None:
    """The clock of opening times that the stamps tell; None if they tell none."""
    slots = find_slots(local_stamps(unique, tz))
    placed = None if slots is None else _on_slots(unique, tz, slots)
    if slots is None or placed is None:
        return None
    outside = [f"; {plural(len(slots.extra), 'row')} outside them kept, the first at {first}" for first in slots.extra]
    warn_data(
        f"The rows recur with the week and lie on {slots}: other times are closed, and neither missing nor forecast"
        f"{''.join(outside[:1])}",
        hint="Give other opening times, or none, in {calendar}",
    )
    return placed


def _given(unique: Stamps, tz: str, calendar: BusinessDays | OpenSlots) -> tuple[Clock, NDArray[np.int64]]:
    """The clock of given opening times; a few rows outside them are kept, with a DataWarning."""
    wall = local_stamps(unique, tz)
    slots = calendar if isinstance(calendar, OpenSlots) else calendar.slots_of(wall)
    outside = wall[~slots.numbers(wall)[1]]
    if len(outside):
        where = f"{len(outside)} of {len(wall)} time stamps are closed ({slots}), the first {named_day(outside[0])}"
        if len(outside) > _MOST_OUTSIDE * len(wall):
            raise DataError(where, hint="Give the opening times of the data in {calendar}", argument="calendar")
        warn_data(f"{where}; these rows are kept")
        slots = replace(slots, extra=tuple(np.union1d(slots.extra, np.datetime_as_string(outside)).tolist()))
    placed = _on_slots(unique, tz, slots)
    if placed is None:
        raise DataError(
            f"An hour that the clock in {tz} skips or repeats lies in the opening times {slots}",
            hint='Pass "UTC" in {tz}, or no opening times in {calendar}',
            argument="calendar",
        )
    return placed


def _on_slots(unique: Stamps, tz: str, slots: OpenSlots) -> tuple[Clock, NDArray[np.int64]] | None:
    """The clock of opening times; None if two rows of it, or of the year after it, would be at the same time."""
    clock = Clock(unique[0], *_units(slots.step, tz), 1, tz, slots=slots)
    places, exact = clock.rows_at(unique)
    clock = replace(clock, length=int(places[-1]) + 1)
    ahead = clock.stamps(0, clock.length + _WEEKS_AHEAD * slots.per_week) if tz != "UTC" else unique
    rising = bool(np.all(np.diff(ahead) > np.timedelta64(0, "s")))
    return (clock, places) if rising and bool(exact.all()) else None


def _units(seconds: int, tz: str) -> tuple[int, Unit]:
    """The step in units of a clock: days of the local calendar are no seconds."""
    return (seconds // _DAY, "D") if tz != "UTC" and seconds % _DAY == 0 else (seconds, "s")


def named_day(wall: np.datetime64) -> str:
    """A local time with its weekday, for messages."""
    weekday = WEEKDAYS[int(second_of_week(np.array([wall]))[0]) // _DAY]
    return f"{weekday} {np.datetime_as_string(wall, unit='m').replace('T', ' ')}"


def _regular(unique: Stamps, tz: str) -> tuple[int, Unit, NDArray[np.int64]] | None:
    wall = _wall(unique, tz)
    long_step = _most_frequent(unique.astype(np.int64)) >= _MONTH_SECONDS
    # Days before seconds: in winter alone, local days look like 24 hours and would drift in summer.
    regular = (_month_units(wall) if long_step else None) or (_day_units(wall) if tz != "UTC" else None)
    if regular is not None:
        return regular
    seconds = unique.astype(np.int64)
    places = _places(seconds)
    return None if places is None else (_most_frequent(seconds), "s", places)


def _wall(unique: Stamps, tz: str) -> Stamps:
    """Local time of stamps; if all are beginnings of days, their midnights, which summer time may skip."""
    wall = local_stamps(unique, tz)
    if tz == "UTC" or np.any(np.diff(unique) < _SHORTEST_DAY):
        return wall
    midnights = wall.astype("datetime64[D]").astype("datetime64[s]")
    return midnights if np.array_equal(localise_shifting(midnights, tz), unique) else wall


def _late(unique: Stamps, tz: str) -> int:
    """Seconds from the local time that the first stamp stands for to the first stamp."""
    return int((local_stamps(unique[:1], tz) - _wall(unique, tz)[:1])[0].astype(int))


def _day_units(wall: Stamps) -> tuple[int, Unit, NDArray[np.int64]] | None:
    days = wall.astype("datetime64[D]")
    ticks = days.astype(np.int64)
    if np.any(wall - days != wall[0] - days[0]) or np.any(ticks[1:] == ticks[:-1]):
        return None
    places = _places(ticks)
    return None if places is None else (_most_frequent(ticks), "D", places)


def _month_units(wall: Stamps) -> tuple[int, Unit, NDArray[np.int64]] | None:
    months = wall.astype("datetime64[M]")
    offset = wall - months
    to_end = (months + np.timedelta64(1, "M")).astype("datetime64[s]") - wall
    if np.any(np.diff(months.astype(np.int64)) == 0):
        return None
    if np.all(offset == offset[0]) and offset[0] < np.timedelta64(_MONTH_SECONDS, "s"):
        unit: Unit = "M"
    elif np.all(to_end == to_end[0]) and to_end[0] <= np.timedelta64(_DAY, "s"):
        unit = "ME"
    else:
        return None
    places = _places(months.astype(np.int64))
    return None if places is None else (_most_frequent(months.astype(np.int64)), unit, places)


def _places(ticks: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Rows of increasing ticks on the grid of their most frequent step; None where one is off the grid."""
    since = ticks - ticks[0]
    step = _most_frequent(ticks)
    return since // step if step > 0 and np.all(since % step == 0) else None


def _most_frequent(ticks: NDArray[np.int64]) -> int:
    """The most frequent step between increasing ticks, the smallest of several."""
    steps, counts = np.unique(ticks[1:] - ticks[:-1], return_counts=True)
    return int(steps[np.argmax(counts)])


def _irregular(unique: Stamps) -> DataError:
    seconds = unique.astype(np.int64)
    gaps, step = seconds[1:] - seconds[:-1], _most_frequent(seconds)
    irregular = np.flatnonzero(gaps % step != 0)[:3] + 1
    shown = ", ".join(f"{unique[i]} ({gaps[i - 1]} s after the previous one)" for i in irregular)
    return DataError(
        f"Time stamps are irregular: the most frequent step, {format_step(step, 's')}, does not fit (UTC) {shown}",
        hint="Resample the table to a regular step",
    )


def _report_gaps(clock: Clock, places: NDArray[np.int64]) -> None:
    missing = clock.length - len(places)
    if not missing:
        return
    first = clock.time_text(int(places[np.argmax(np.diff(places) > 1)]) + 1)
    if clock.length > _MOST_ROWS_PER_STAMP * len(places):
        raise DataError(
            f"{missing} of {clock.length} time stamps every {clock.frequency} are missing, the first at {first}",
            hint="Correct a wrong stamp, or resample the table to a longer step",
        )
    kind = "time stamps" if clock.slots is None else "open times"
    warn_data(
        f"{missing} of {clock.length} {kind} are missing, the first at {first}; they were added as rows without values"
    )
