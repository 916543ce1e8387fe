"""Rows of a table placed on the regular grid of a clock."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.as_read import NO_TABLE, AsRead
from divecast.data.source import Column, Values
from divecast.data.tables.label_columns import same_labels
from divecast.data.time.clock import Clock
from divecast.errors import DataError, warn_data

_HOUR = 3600
_SUNDAY = 6
_LATEST_CHANGE = 3  # hour of the day at which summer time ends, at the latest
_MONTHS_OF_CHANGE = {2, 3, 4, 9, 10, 11}  # in which summer time ends, in the south and in the north


class Grid(NamedTuple):
    """The content of a table on its clock.

    Attributes:
        values: (row, channel) float32, NaN where missing.
        channels: names of the channels.
        clock: time of every row.
        labels: Label columns, each (row,), or (row, channel) where every series has its own.
        covariates: numbers beside the values, float32 of such shapes.
        as_read: how the table was read.
    """

    values: Values
    channels: tuple[str, ...]
    clock: Clock
    labels: Mapping[str, Column]
    covariates: Mapping[str, Values]
    as_read: AsRead = NO_TABLE


def drop_repeats(
    keys: NDArray[np.int64],
    columns: Mapping[str, Column],
    clock: Clock,
    hint: Callable[[int, int], str] = lambda one, two: "Keep one of them",  # noqa: ARG005
    series: Callable[[int], str] | None = None,
) -> NDArray[np.intp]:
    """Keep one table row for each key; repeated rows must agree in all columns, and give a DataWarning.

    Args:
        keys: (table row,) place of each row on the grid; modulo the clock's length it is the row of the clock.
        columns: all columns by name, each (table row,).
        clock: the clock, for messages.
        hint: what to do about two table rows that differ.
        series: name of the series of a table row, if the table is long.

    Returns:
        Table rows to keep, in order.

    Raises:
        DataError: rows of the same place hold different values.
    """
    places, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    if len(places) == len(keys):
        return np.arange(len(keys))
    dropped = np.setdiff1d(np.arange(len(keys)), first)
    repeats = np.unique(keys[dropped] % clock.length)
    differing = {name: np.flatnonzero(~same_labels(column, column[first][inverse])) for name, column in columns.items()}
    at_odds = np.unique(keys[np.concatenate([*differing.values(), np.empty(0, np.intp)])] % clock.length)
    double = _double_hour(repeats, at_odds if len(at_odds) else repeats, clock)
    for name, rows in differing.items():
        if len(rows):
            row = int(rows[0])
            earlier = int(first[inverse[row]])
            cells = f"column {name!r} has {_shown(columns[name][earlier])} and {_shown(columns[name][row])}"
            time = clock.time_text(int(keys[row]) % clock.length)
            if double is not None:
                which = "in local time" if clock.tz == "UTC" else f"in another zone than {clock.tz}"
                raise DataError(
                    f"{double} occurs twice, as at the end of summer time {which}: {cells} at "
                    f"{time.removesuffix(' UTC') if clock.tz == 'UTC' else time}",
                    hint='Name the time zone of the stamps, such as "Europe/Berlin", in {tz}',
                    argument="tz",
                )
            of_series = "" if series is None else f" of series {series(row)!r}"
            raise DataError(
                f"Several rows{of_series} have the time {time} but different values: {cells}",
                hint=hint(earlier, row),
            )
    warn_data(
        f"Dropped {plural(len(dropped), 'table row')} that {'repeats' if len(dropped) == 1 else 'repeat'} another one "
        f"exactly, {'' if len(dropped) == 1 else 'the first '}at "
        f"{clock.time_text(int(keys[dropped[0]]) % clock.length)}",
        hint=None
        if double is None
        else f"{double} occurs twice, as at the end of summer time; if so, name the zone of the stamps in {{tz}}",
    )
    return np.sort(first)


def _shown(cell: Any) -> str:
    return f"{cell:.6g}" if isinstance(cell, float | np.floating) else str(cell)


def _double_hour(repeats: NDArray[np.int64], at_odds: NDArray[np.int64], clock: Clock) -> str | None:
    """What to call the hour of repeated rows, if they fill one hour of a night of Sunday in a year; else None.

    Args:
        repeats: rows of the clock that occur more than once, ascending.
        at_odds: those of them in whose hours repeated rows count: where values differ, if they do anywhere.
        clock: the clock.
    """
    if clock.unit != "s" or clock.step > _HOUR or _HOUR % clock.step:
        return None
    stamps, of_odd = (clock.local(rows - 1 if clock.ends else rows) for rows in (repeats, at_odds))
    stamps = stamps[np.isin(stamps.astype("datetime64[h]"), of_odd.astype("datetime64[h]"))]
    days, n_of_day = np.unique(stamps.astype("datetime64[D]"), return_counts=True)
    hours = np.unique((stamps - stamps.astype("datetime64[D]")).astype(np.int64) // _HOUR)
    months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    each_year = len(np.unique(days.astype("datetime64[Y]"))) == len(days)
    sundays = np.all((days.astype(np.int64) + 3) % 7 == _SUNDAY)
    whole_hours = len(hours) == 1 and hours[0] <= _LATEST_CHANGE and np.all(n_of_day == _HOUR // clock.step)
    if not (each_year and sundays and whole_hours and set(months) <= _MONTHS_OF_CHANGE):
        return None
    return f"The hour from {stamps[0].astype('datetime64[m]')}"


def empty_values(length: int, n_channels: int) -> Values:
    """(row, channel) float32 of NaN in which the rows of one channel are contiguous in memory."""
    return np.full((n_channels, length), np.nan, dtype=np.float32).T
