"""Rows of a table placed on the regular grid of a clock."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Column, Values
from divecast.data.tables.label_columns import same_labels
from divecast.data.time.clock import Clock
from divecast.errors import DataError, warn_data


class Grid(NamedTuple):
    """The content of a table on its clock.

    Attributes:
        values: (row, channel) float32, NaN where missing.
        channels: names of the channels.
        clock: time of every row.
        labels: Label columns, each (row,), or (row, channel) where every series has its own.
        covariates: numbers beside the values, float32 of such shapes.
    """

    values: Values
    channels: tuple[str, ...]
    clock: Clock
    labels: Mapping[str, Column]
    covariates: Mapping[str, Values]


def drop_repeats(keys: NDArray[np.int64], columns: Mapping[str, Column], clock: Clock) -> NDArray[np.intp]:
    """Keep one table row for each key; repeated rows must agree in all columns, and give a DataWarning.

    Args:
        keys: (table row,) place of each row on the grid; modulo the clock's length it is the row of the clock.
        columns: all columns by name, each (table row,).
        clock: the clock, for messages.

    Returns:
        Table rows to keep, in order.

    Raises:
        DataError: rows of the same place hold different values.
    """
    places, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    if len(places) == len(keys):
        return np.arange(len(keys))
    for name, column in columns.items():
        kept = column[first][inverse]
        differs = np.flatnonzero(~same_labels(column, kept))
        if len(differs):
            row = int(differs[0])
            raise DataError(
                f"Several rows have the time {clock.time_text(int(keys[row]) % clock.length)} but different values: "
                f"column {name!r} has {kept[row]} and {column[row]}",
                hint="Keep one of them or average them",
            )
    dropped = np.setdiff1d(np.arange(len(keys)), first)
    warn_data(
        f"{len(dropped)} table rows repeat another one exactly and were dropped, the first at "
        f"{clock.time_text(int(keys[dropped[0]]) % clock.length)}"
    )
    return np.sort(first)


def empty_values(length: int, n_channels: int) -> Values:
    """(row, channel) float32 of NaN in which the rows of one channel are contiguous in memory."""
    return np.full((n_channels, length), np.nan, dtype=np.float32).T
