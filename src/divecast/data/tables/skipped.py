"""Rows at local times that never were, as files have them that write as many rows on every day."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.tables.columns import Frame, get_series
from divecast.data.tables.numbers import cell_to_float, is_missing, is_number
from divecast.data.tables.origin import row_name
from divecast.data.time.stamps import StampForm, skipped_stamps
from divecast.errors import warn_data

NameRow = Callable[..., str]
"""Names a row, by its number and what else is known of it."""


def without_skipped(
    frame: Frame, time: str | None, channels: Sequence[str], form: StampForm
) -> tuple[Frame, StampForm, NameRow]:
    """Leave out rows at local times that the start of summer time skips, if their values are empty or zero.

    Args:
        frame: the table.
        time: column of time stamps, if they are in one.
        channels: columns of values.
        form: how time stamps are written.

    Returns:
        The table; the form with names of its rows; and what names a row. What was left out is said in a DataWarning.
    """

    def name_row(row: int, *more: str) -> str:
        return row_name(frame, row, *more)

    form = replace(form, row_name=name_row)
    if time is None or time not in frame.columns or form.tz in (None, "UTC"):
        return frame, form, name_row
    skipped = np.flatnonzero(skipped_stamps(get_series(frame, time), form))
    if not len(skipped) or not _are_empty(frame, skipped, channels):
        return frame, form, name_row
    first = get_series(frame, time)[int(skipped[0])]
    warn_data(
        f"Left out {plural(len(skipped), 'row')} without values or of zeros, the first at {first}: the start of summer "
        f"time in {form.tz} skips that hour"
    )
    kept = np.delete(np.arange(len(frame)), skipped)

    def name_kept(row: int, *more: str) -> str:
        return row_name(frame, int(kept[row]), *more)

    return frame[kept.tolist()], replace(form, row_name=name_kept), name_kept


def _are_empty(frame: Frame, rows: NDArray[np.int64], channels: Sequence[str]) -> bool:
    """Whether rows have no values, or only zeros where the row before has others, unlike the sun at night."""
    cells = _cells(frame, rows, channels)
    if all(is_missing(cell) for cell in cells):
        return True
    if not all(is_number(cell) and not abs(cell_to_float(cell)) > 0 for cell in cells):
        return False
    before = _cells(frame, rows[:1] - 1, channels) if rows[0] > 0 else []
    return any(not is_number(cell) or abs(cell_to_float(cell)) > 0 for cell in before)


def _cells(frame: Frame, rows: NDArray[np.int64], channels: Sequence[str]) -> list[Any]:
    return [cell for name in channels for cell in get_series(frame, name)[rows.tolist()].to_list()]
