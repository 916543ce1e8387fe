"""A long table, one row per series and time, placed on its clock."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast._text import did_you_mean
from divecast.data.names import check_known, listed, repeated
from divecast.data.source import Backend
from divecast.data.tables.columns import Frame, column_names, get_series, open_frame
from divecast.data.tables.date_and_clock import with_clock
from divecast.data.tables.grid import Grid, drop_repeats, empty_values
from divecast.data.tables.label_columns import number_names
from divecast.data.tables.numbers import read_numbers
from divecast.data.tables.places import Places
from divecast.data.tables.roles import Roles
from divecast.data.tables.skipped import without_skipped
from divecast.data.tables.wide import find_time
from divecast.data.time.business_days import Opening
from divecast.data.time.regular import clock_of_utc
from divecast.data.time.same_step import check_same_step
from divecast.data.time.stamps import StampForm, Stamps, zoned_stamps
from divecast.errors import DataError, warn_data


class LongNames(NamedTuple):
    """Columns of a long table: the series, the time, the value."""

    id: str = "unique_id"
    time: str = "ds"
    value: str = "y"


def is_long(columns: Sequence[str]) -> bool:
    """Whether a table with these columns is long, judged by the usual names."""
    return set(LongNames()) <= set(columns)


def long_names(frame: Frame, id: str | None, time: str | None, value: str | None) -> LongNames | None:  # noqa: A002
    """The columns of series, time and value of a table; None if it is wide.

    Args:
        frame: the table.
        id: column that names the series, if it is said; then the table is long.
        time: column of time stamps, if it is said; else ``ds``, else the only one.
        value: column of values, if it is said; then the table is long.

    Raises:
        DataError: no column is named ``ds``, and none or several hold time stamps.
    """
    columns, usual = column_names(frame), LongNames()
    if id is None and value is None and not is_long(columns):
        return None
    if time is None:
        time = usual.time if usual.time in columns else find_time(frame)
    return LongNames(id or usual.id, time, value or usual.value)


def read_long(
    native: Any, names: LongNames, roles: Roles, form: StampForm, calendar: Opening = "auto"
) -> tuple[Grid, Backend]:
    """Read a long table; see :meth:`divecast.data.sources.panel.Panel.from_long`."""
    frame, backend = open_frame(native)
    frame = with_clock(frame, names.time, [names.id, names.value, *roles.names])
    there, used = column_names(frame), (*names, *roles.names)
    for name, argument in zip(names, LongNames._fields, strict=True):
        hint = did_you_mean(name, there) or f"Name another one in {{{argument}}}"
        check_known([name], there, f"{argument} column", hint=hint, argument=argument)
    check_known(roles.names, there, "column")
    if twice := repeated(used):
        raise DataError(f"Column {listed(twice)} names the series, the time or the value, and cannot be a label too")
    if unused := [name for name in there if name not in used]:
        warn_data(f"Columns {listed(unused)} of the table are not used", hint="Name them in {factors} or {covariates}")
    frame, form, name_row = without_skipped(frame, names.time, [names.value], form)
    channels, series = number_names(get_series(frame, names.id))
    stamps, zone = zoned_stamps(get_series(frame, names.time), None, series, form)
    _report_unsorted(stamps, series)
    check_same_step(stamps, series, channels)
    clock, rows = clock_of_utc(stamps, zone, calendar)
    clock = clock.ending() if form.ends else clock

    def row_text(row: int) -> str:
        return name_row(row, f"series {channels[series[row]]!r}", clock.time_text(rows[row]))

    value = read_numbers(get_series(frame, names.value), names.value, row_text)
    columns = roles.read(frame, row_text)
    keep = drop_repeats(series * clock.length + rows, {names.value: value, **columns}, clock)
    values = empty_values(clock.length, len(channels))
    values[rows[keep], series[keep]] = value[keep]
    labels, covariates = Places(clock, rows, series, channels).put(columns, roles)
    return Grid(values, channels, clock, labels, covariates), backend


def _report_unsorted(stamps: Stamps, series: NDArray[np.int64]) -> None:
    falls = np.diff(stamps) < np.timedelta64(0, "s")
    if np.any(falls & (np.diff(series) == 0)):
        warn_data("Time stamps of a series were not in order; the rows were sorted by time")
