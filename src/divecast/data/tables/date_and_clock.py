"""Dates in one column and times or hours of the day in another, as one column of time stamps."""

import re
from collections.abc import Collection, Sequence

import narwhals as nw

from divecast.data.tables.columns import Frame, column_names, get_series
from divecast.errors import warn_data

_CLOCK = re.compile(r"\s*\d{1,2}:\d{2}(:\d{2}(\.0+)?)?(\s*[AaPp]\.?[Mm]\.?)?\s*")
_HOURS_ENDING = ("he", "hour_ending", "hour ending", "hourending")
_HOURS = ("hour", "hours", "hr", "h", "hour_of_day", "stunde", *_HOURS_ENDING)
_LAST_HOUR = 24
_MOST_LOOKED_AT = 50


def is_clock(frame: Frame, name: str) -> bool:
    """Whether a column holds times of the day without a date."""
    column = get_series(frame, name)
    if isinstance(column.dtype, nw.Time):
        return True
    if not isinstance(column.dtype, nw.String):
        return False
    cells = column.drop_nulls().head(_MOST_LOOKED_AT).to_list()
    return bool(cells) and all(isinstance(cell, str) and _CLOCK.fullmatch(cell) for cell in cells)


def with_clock(frame: Frame, time: str | None, aside: Collection[str], ids: Collection[str] = ()) -> Frame:
    """The table with times or hours of the day added to its dates, if a column has them, with a DataWarning.

    Args:
        frame: the table.
        time: column of the dates.
        aside: columns that are something else.
        ids: columns that name the series of a long table.
    """
    if time is None or time not in frame.columns or not _is_date(frame, time):
        return frame
    free = [name for name in column_names(frame) if name not in {time, *aside, *ids}]
    clocks = [name for name in free if is_clock(frame, name)]
    hours = [name for name in free if not clocks and _are_hours(frame, name, [*ids, time])]
    if len(hours) == 1:
        return _with_hours(frame, time, hours[0])
    if len(clocks) != 1:
        return frame
    warn_data(f"Column {clocks[0]!r} was read as the time of the day of the dates in {time!r}")
    clock = get_series(frame, clocks[0]).cast(nw.String())
    if (clock.str.slice(5) == ":00").all():  # seconds that the file may not have had
        clock = clock.str.slice(0, 5)
    frame = frame.with_columns(clock.alias(clocks[0]))
    stamps = nw.concat_str(nw.col(time).cast(nw.String()), nw.col(clocks[0]), separator=" ")
    return frame.with_columns(stamps.alias(time)).drop(clocks)


def _is_date(frame: Frame, name: str) -> bool:
    column = get_series(frame, name)
    if isinstance(column.dtype, nw.String):
        return not any(":" in str(cell) for cell in column.drop_nulls().head(_MOST_LOOKED_AT).to_list())
    return isinstance(column.dtype, nw.Date)


def _are_hours(frame: Frame, name: str, keys: Sequence[str]) -> bool:
    """Whether a column holds the hours of dates: by its name and numbers, and as the dates of a series recur."""
    column = get_series(frame, name)
    if name.strip().lower() not in _HOURS or not column.dtype.is_integer() or column.null_count():
        return False
    n_dates, n_hours = (len(frame.select(*some).unique()) for some in (keys, [*keys, name]))
    return bool(column.min() >= 0 and column.max() <= _LAST_HOUR and 2 * n_dates <= n_hours)


def _with_hours(frame: Frame, time: str, name: str) -> Frame:
    hours = get_series(frame, name)
    ending = hours.max() == _LAST_HOUR or (name.strip().lower() in _HOURS_ENDING and hours.min() > 0)
    warn_data(
        f"Column {name!r} was read as the hour of the dates in {time!r}"
        f"{', 1 as the one that begins at midnight' if ending else ''}"
    )
    clock = (hours - int(ending)).cast(nw.String()).str.zfill(2)
    frame = frame.with_columns(nw.col(time).cast(nw.String()), clock.alias(name))
    stamps = nw.concat_str(nw.col(time), nw.concat_str(nw.col(name), nw.lit(":00")), separator=" ")
    return frame.with_columns(stamps.alias(time)).drop(name)
