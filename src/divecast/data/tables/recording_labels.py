"""Labels of recordings from a second table, with one row per recording."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.names import check_known, listed, one_form, repeated
from divecast.data.source import Column
from divecast.data.tables.columns import Frame, column_names, get_series
from divecast.data.tables.label_columns import label_array, label_missing, read_labels
from divecast.data.tables.read import stem_of
from divecast.errors import DataError, warn_data


def labels_of_recordings(frame: Frame, names: Sequence[str], key: str | None, title: str) -> dict[str, Column]:
    """Read the labels of recordings, missing where the table has no row.

    Args:
        frame: the table.
        names: the recordings.
        key: column that names them, perhaps as files with their ending; by default the one that names most of them.
        title: what to call the table in messages.

    Returns:
        All other columns that are not empty, each (recording,).

    Raises:
        DataError: there is no such column, none names a recording, or two rows name the same one.
    """
    columns = column_names(frame)
    if key is not None:
        check_known(
            [key], columns, "column of recordings", hint="Name another one in {recording}", argument="recording"
        )
    known = {*names}
    keys = {name: _names_in(frame, name, known) for name in ([key] if key is not None else columns)}
    best = max(keys, key=lambda name: len(known & {*keys[name]}))
    of_row = keys[best]
    there = known & {*of_row}
    if not there:
        raise DataError(
            f"No row of {title} names a recording of the data",
            expected=f"names such as {listed(names)}",
            found=f"columns {listed(columns)}" if key is None else f"{listed(of_row)} in column {key!r}",
            hint="Write the names of the files there, or name their column in {recording}",
        )
    if twice := repeated(name for name in of_row if name in known):
        raise DataError(
            f"Several rows of {title} name the same recording: {listed(twice)}", hint="Keep one row of each"
        )
    _report(of_row, names, title)
    row_of = {name: row for row, name in enumerate(of_row)}
    rows = np.array([row_of.get(name, -1) for name in names])
    labels = {name: _at(read_labels(get_series(frame, name)), rows) for name in columns if name != best}
    told = {name: column for name, column in labels.items() if not label_missing(column).all()}
    if empty := [name for name in labels if name not in told]:
        warn_data(
            f"{plural(len(empty), 'column')} of {title} left out, without a label of any recording: {listed(empty)}"
        )
    return told


def _names_in(frame: Frame, column: str, known: set[str]) -> list[str]:
    """(row,) the cells of a column as text, without the ending of a file if the recording is named so; "" if empty."""
    cells = (("" if cell is None else one_form(str(cell).strip())) for cell in get_series(frame, column).to_list())
    return [cell if cell in known else stem_of(cell) or cell for cell in cells]


def _report(of_row: Sequence[str], names: Sequence[str], title: str) -> None:
    known, told = {*names}, {*of_row}
    absent = [name for name in of_row if name and name not in known]
    without = [name for name in names if name not in told]
    unnamed = sum(not name for name in of_row)
    if absent:
        warn_data(f"{title} has {plural(len(absent), 'recording')} that the data lack, left out: {listed(absent)}")
    if unnamed:
        warn_data(f"{plural(unnamed, 'row')} of {title} without the name of a recording left out")
    if without:
        warn_data(f"{plural(len(without), 'recording')} without a row in {title}, so without labels: {listed(without)}")


def _at(column: Column, rows: NDArray[np.int64]) -> Column:
    """(recording,) the labels in these rows, missing where there is none."""
    cells: list[Any] = [None if row < 0 else column[row] for row in rows]
    return label_array(cells)
