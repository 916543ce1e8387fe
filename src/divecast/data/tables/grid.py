"""Rows of a table put on the grid of a clock."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Column, Values
from divecast.data.tables.columns import label_missing
from divecast.data.time.clock import Clock
from divecast.errors import DataError, warn_data


class Grid(NamedTuple):
    """What a reader of tables yields.

    Attributes:
        values: (row, channel) float32, NaN where missing.
        channels: Names of the channels.
        clock: Time of every row.
        labels: Label columns, each (row,).
    """

    values: Values
    channels: tuple[str, ...]
    clock: Clock
    labels: Mapping[str, Column]


def drop_repeats(keys: NDArray[np.int64], columns: Mapping[str, Column], clock: Clock) -> NDArray[np.intp]:
    """Choose one table row for each key, where repeated ones agree.

    Args:
        keys: (table row,) place of each table row on the grid; its remainder by the clock's length is the time.
        columns: All columns by name, each (table row,).
        clock: The clock, to name a time.

    Returns:
        Table rows to keep, in order.

    Raises:
        DataError: Rows of one place hold different values.
    """
    places, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    if len(places) == len(keys):
        return np.arange(len(keys))
    for name, column in columns.items():
        twin = column[first][inverse]
        same = (column == twin) | (label_missing(column) & label_missing(twin))
        if not np.all(same):
            row = int(np.flatnonzero(~same)[0])
            stamp = clock.at(keys[row : row + 1] % clock.length)[0]
            raise DataError(
                f"expected one row for each time, got several with different values, first {stamp} UTC: column "
                f"{name!r} has {twin[row]} and {column[row]}; keep one of them or average them"
            )
    warn_data(
        f"{len(keys) - len(places)} table rows repeat another one exactly and were dropped, first "
        f"{clock.at(keys[_second(first, len(keys))] % clock.length)[0]} UTC"
    )
    return np.sort(first)


def spread_label(column: Column, rows: NDArray[np.int64], length: int) -> Column:
    """Put a label column on its rows, missing elsewhere: (length,)."""
    out: Column = np.full(length, np.nan) if column.dtype.kind == "f" else np.full(length, None, dtype=object)
    out[rows] = column
    return out


def empty_values(length: int, n_channels: int) -> Values:
    """(row, channel) float32 of NaN whose rows of one channel lie side by side in memory."""
    return np.full((n_channels, length), np.nan, dtype=np.float32).T


def _second(first: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    return np.setdiff1d(np.arange(n), first)[:1]
