"""A wide table, one column per channel, placed on its clock."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from divecast.data.as_read import AsRead, Backend, IdColumn
from divecast.data.names import check_known, listed
from divecast.data.tables.columns import Frame, column_names, get_series, open_frame
from divecast.data.tables.date_and_clock import with_clock
from divecast.data.tables.grid import Grid, drop_repeats, empty_values
from divecast.data.tables.long_names import refuse_long
from divecast.data.tables.not_channels import not_channels_of_panel
from divecast.data.tables.numbers import read_numbers
from divecast.data.tables.pandas_index import notes_of
from divecast.data.tables.places import Places
from divecast.data.tables.roles import Roles
from divecast.data.tables.skipped import without_skipped
from divecast.data.tables.times import times_of
from divecast.data.time.business_days import Opening
from divecast.data.time.regular import infer_clock
from divecast.data.time.stamps import StampForm
from divecast.errors import DataError


def read_wide(
    native: Any,
    time: str | None,
    roles: Roles,
    form: StampForm,
    calendar: Opening = "auto",
    wanted: Sequence[str] = (),
) -> tuple[Grid, Backend]:
    """Read a wide table; see :meth:`divecast.data.sources.panel.Panel.from_wide`.

    Args:
        native: the table.
        time: column of time stamps; detected automatically if None.
        roles: labels and covariates.
        form: how time stamps are written.
        calendar: opening times.
        wanted: the channels; by default all columns that look like series.
    """
    frame, backend = open_frame(native)
    check_roles(roles, column_names(frame))
    times = times_of(frame, time, {*roles.names, *wanted})
    whole, frame = frame, with_clock(frame, times.name, roles.names)
    names = column_names(frame)
    clocks = [name for name in column_names(whole) if name not in names]
    aside = {times.name, *roles.names}
    columns = [name for name in names if name not in aside]
    if not columns:
        raise DataError(
            f"The table has no channel beside time, labels and covariates; its columns are {listed(names)}",
            hint="Add the columns to forecast",
        )
    refuse_long(frame, times.name, roles.names, single=not wanted)
    frame, form, name_row = without_skipped(frame, times.name, columns, form)
    times = times_of(frame, times.name)
    clock, rows = infer_clock(times.stamps, form=form, calendar=calendar)
    kept = {*(wanted or not_channels_of_panel(frame, columns, clock, rows))}
    channels = tuple(name for name in columns if name in kept)
    left_out = (*clocks, *(name for name in columns if name not in kept))

    def row_text(row: int) -> str:
        return name_row(row, clock.time_text(rows[row]))

    numbers = {name: read_numbers(get_series(frame, name), name, row_text) for name in channels}
    told = roles.read(frame, row_text)
    keep = drop_repeats(rows, numbers | told, clock)
    rows_kept = rows[keep]
    values = empty_values(clock.length, len(channels))
    for channel, name in enumerate(channels):
        values[rows_kept, channel] = numbers.pop(name)[keep]
    labels, covariates = Places(clock, rows, None, channels).put(told, roles)
    as_read = AsRead("wide", times.name, None, times.kind, channels, _levels(frame, channels), left_out)
    return Grid(values, channels, clock, labels, covariates, as_read), backend


def _levels(frame: Frame, channels: Sequence[str]) -> dict[str, IdColumn]:
    """What names the channels at each level of pandas columns that have several."""
    notes = notes_of(frame.to_native())
    if not notes.levels or any(name not in notes.cells for name in channels):
        return {}
    columns = {}
    for level, title in enumerate(notes.levels):
        cells = [notes.cells[name][level] for name in channels]
        whole = all(isinstance(cell, int | np.integer) and not isinstance(cell, bool) for cell in cells)
        columns[title] = IdColumn(np.array(cells) if whole else _texts(cells))
    return columns


def _texts(cells: Sequence[Any]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    texts = np.empty(len(cells), dtype=object)
    texts[:] = [str(cell) for cell in cells]
    return texts


def check_roles(roles: Roles, names: Sequence[str]) -> None:
    """Refuse roles that a wide table with these columns cannot have.

    Raises:
        DataError: a column does not exist, or is to be per series.
    """
    check_known([label.name for label in roles.labels], names, "label column", argument="labels")
    check_known([one.name for one in roles.covariates], names, "column of a covariate", argument="covariates")
    if roles.per_series:
        raise DataError(
            f"A wide table has one column {roles.per_series[0]!r} for all series, and cannot hold one per series",
            hint="Give it in a second table of time, series and value, in {known}, or read a long table",
        )
