"""A long table, one row a series and time, put on its clock."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Backend, Column
from divecast.data.tables.columns import (
    get_series,
    label_missing,
    name_codes,
    open_frame,
    pick_columns,
    read_labels,
    read_numbers,
)
from divecast.data.tables.grid import Grid, drop_repeats, empty_values, spread_label
from divecast.data.time.clock import Clock
from divecast.data.time.regular import clock_of_utc
from divecast.data.time.stamps import Stamps, zoned_stamps
from divecast.errors import DataError, warn_data


class LongNames(NamedTuple):
    """Columns of a long table: which series, which time, which value."""

    id: str = "unique_id"
    time: str = "ds"
    value: str = "y"


def is_long(columns: Sequence[str]) -> bool:
    """Whether a table with these columns is long, by the names that such tables use."""
    return set(LongNames()) <= set(columns)


def read_long(native: Any, names: LongNames, labels: Sequence[str], tz: str | None) -> tuple[Grid, Backend]:
    """Read a long table; see :meth:`divecast.data.sources.panel.Panel.from_long`."""
    frame, backend = open_frame(native)
    pick_columns(frame, (*names, *labels), "columns")
    channels, codes = name_codes(get_series(frame, names.id))
    stamps, zone = zoned_stamps(get_series(frame, names.time), tz, codes)
    _report_unsorted(stamps, codes)
    clock, rows = clock_of_utc(stamps, zone)
    value = read_numbers(
        get_series(frame, names.value),
        names.value,
        lambda row: f"row {row} (series {channels[codes[row]]!r}, {clock.at(rows[[row]])[0]} UTC)",
    )
    columns = {names.value: value, **{name: read_labels(get_series(frame, name)) for name in labels}}
    keep = drop_repeats(codes * clock.length + rows, columns, clock)
    values = empty_values(clock.length, len(channels))
    values[rows[keep], codes[keep]] = value[keep]
    spread = {name: _one_a_time(columns[name], rows, clock, name) for name in labels}
    return Grid(values, channels, clock, spread), backend


def _report_unsorted(stamps: Stamps, codes: NDArray[np.int64]) -> None:
    falls = np.diff(stamps) < np.timedelta64(0, "s")
    if np.any(falls & (np.diff(codes) == 0)):
        warn_data("time stamps of a series were not in order; rows were sorted by time")


def _one_a_time(column: Column, rows: NDArray[np.int64], clock: Clock, name: str) -> Column:
    """The label of every time, which all series that give one must share: (row,)."""
    given = ~label_missing(column)
    label = spread_label(column[given], rows[given], clock.length)
    odd = np.flatnonzero(given & (label[rows] != column))
    if len(odd):
        at = odd[0]
        raise DataError(
            f"expected one label {name!r} for each time, got {label[rows[at]]!r} and {column[at]!r} at "
            f"{clock.at(rows[[at]])[0]} UTC; a label is shared by all series of a time"
        )
    return label
