"""A long table, one row per series and time, placed on its clock."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data.names import check_known
from divecast.data.source import Backend, Column
from divecast.data.tables.columns import column_names, get_series, open_frame
from divecast.data.tables.grid import Grid, drop_repeats, empty_values, spread_label
from divecast.data.tables.label_columns import label_missing, number_names, read_labels
from divecast.data.tables.numbers import read_numbers
from divecast.data.time.clock import Clock
from divecast.data.time.regular import clock_of_utc
from divecast.data.time.stamps import Stamps, zoned_stamps
from divecast.errors import DataError, warn_data


class LongNames(NamedTuple):
    """Columns of a long table: the series, the time, the value."""

    id: str = "unique_id"
    time: str = "ds"
    value: str = "y"


def is_long(columns: Sequence[str]) -> bool:
    """Whether a table with these columns is long, judged by the usual names."""
    return set(LongNames()) <= set(columns)


def read_long(native: Any, names: LongNames, labels: Sequence[str], tz: str | None) -> tuple[Grid, Backend]:
    """Read a long table; see :meth:`divecast.data.sources.panel.Panel.from_long`."""
    frame, backend = open_frame(native)
    check_known((*names, *labels), column_names(frame), "column")
    channels, series = number_names(get_series(frame, names.id))
    stamps, zone = zoned_stamps(get_series(frame, names.time), tz, series)
    _report_unsorted(stamps, series)
    clock, rows = clock_of_utc(stamps, zone)
    value = read_numbers(
        get_series(frame, names.value),
        names.value,
        lambda row: f"row {row} (series {channels[series[row]]!r}, {clock.time_text(rows[row])})",
    )
    columns = {names.value: value, **{name: read_labels(get_series(frame, name)) for name in labels}}
    keep = drop_repeats(series * clock.length + rows, columns, clock)
    values = empty_values(clock.length, len(channels))
    values[rows[keep], series[keep]] = value[keep]
    shared = {name: _label_by_time(columns[name], rows, clock, name) for name in labels}
    return Grid(values, channels, clock, shared), backend


def _report_unsorted(stamps: Stamps, series: NDArray[np.int64]) -> None:
    falls = np.diff(stamps) < np.timedelta64(0, "s")
    if np.any(falls & (np.diff(series) == 0)):
        warn_data("Time stamps of a series were not in order; the rows were sorted by time")


def _label_by_time(column: Column, rows: NDArray[np.int64], clock: Clock, name: str) -> Column:
    """(row,) the label of every time, in which all series that have one must agree."""
    known = ~label_missing(column)
    label = spread_label(column[known], rows[known], clock.length)
    conflicts = np.flatnonzero(known & (label[rows] != column))
    if len(conflicts):
        row = conflicts[0]
        raise DataError(
            f"Label {name!r} is both {label[rows[row]]!r} and {column[row]!r} at {clock.time_text(rows[row])}",
            hint="Correct one of them: all series share the label of a time",
        )
    return label
