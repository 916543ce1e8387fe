"""The column of time stamps of a table."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

import narwhals as nw

from divecast.data.as_read import StampKind
from divecast.data.names import check_known, listed, one_form
from divecast.data.tables.columns import Frame, column_names, get_series
from divecast.data.tables.date_and_clock import is_clock
from divecast.data.tables.date_columns import TIME_NAMES
from divecast.data.tables.pandas_index import notes_of
from divecast.data.time.text_stamps import is_stamp
from divecast.errors import DataError

_PERIODS = ("day", "week", "month", "quarter", "year", "period", "date", "datum", "zeit")
_MOST_LOOKED_AT = 20
_SIGN = re.compile(r"\S[\s;|:,]+\S")
_FIRST_YEAR, _LAST_YEAR = 1800, 2199


class Times(NamedTuple):
    """The time stamps of a table.

    Attributes:
        name: their column.
        stamps: (row,) the column.
        kind: their type.
    """

    name: str
    stamps: nw.Series[Any]
    kind: StampKind


def times_of(frame: Frame, time: str | None, aside: Collection[str] = ()) -> Times:
    """The time stamps of a table.

    Args:
        frame: the table.
        time: their column; detected automatically if None.
        aside: columns that are something else.

    Raises:
        DataError: there is no such column, or none or several that may be it.
    """
    name = find_time(frame, aside) if time is None else one_form(time)
    check_known([name], column_names(frame), "time column", hint="Name another one in {time}", argument="time")
    stamps = get_series(frame, name)
    period = notes_of(frame.to_native()).periods.get(name)
    return Times(name, stamps, StampKind.of(stamps) if period is None else StampKind(period=period))


def find_time(frame: Frame, aside: Collection[str] = ()) -> str:
    """Find the one column of time stamps: a pandas index, else by type, name, or what its texts say.

    Raises:
        DataError: there is none, or more than one.
    """
    names = [name for name in column_names(frame) if name not in aside]
    index = notes_of(frame.to_native()).time
    if index is not None and index in names:
        return index
    kinds = {str(name): kind for name, kind in frame.schema.items()}
    dated = [name for name in names if isinstance(kinds[name], nw.Datetime | nw.Date)]
    named = [name for name in names if name.strip().lower() in TIME_NAMES and not is_clock(frame, name)]
    usual = [name for name in named if name in dated] or [name for name in named if not kinds[name].is_numeric()]
    for candidates in (dated, usual):
        if len(candidates) == 1:
            return candidates[0]
    told = [] if dated else [name for name in usual or names if _holds_times(frame, name)]
    for candidates in (told, named):
        if len(candidates) == 1:
            return candidates[0]
    candidates = usual or dated or told or named
    if not candidates:
        raise DataError(
            f"No column of {listed(column_names(frame))} is a time",
            hint="Name the sign between the columns in {sep}"
            if len(names) == 1 and _SIGN.search(names[0])
            else "Name the column of time stamps in {time}, or that of the names of separate recordings in {recording}",
            argument="time",
        )
    raise DataError(
        f"{listed(candidates)} may all hold the time", hint="Name the column of time stamps in {time}", argument="time"
    )


def _holds_times(frame: Frame, name: str) -> bool:
    """Whether the first texts of a column are times, or its numbers years or dates and its name says so."""
    column = get_series(frame, name)
    if isinstance(column.dtype, nw.String | nw.Categorical | nw.Object):
        cells = column.drop_nulls().head(_MOST_LOOKED_AT).to_list()
        return bool(cells) and all(
            isinstance(cell, date) or (isinstance(cell, str) and is_stamp(cell)) for cell in cells
        )
    if column.dtype.is_integer() and name.strip().lower() in _PERIODS:
        cells = column.drop_nulls().head(_MOST_LOOKED_AT).to_list()
        return bool(cells) and all(_FIRST_YEAR <= int(str(cell)[:4]) <= _LAST_YEAR for cell in cells)
    return False
