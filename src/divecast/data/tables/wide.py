"""A wide table, one column a channel, put on its clock."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from divecast.data.source import Backend, Column
from divecast.data.tables.columns import Frame, get_series, open_frame, pick_columns, read_labels, read_numbers
from divecast.data.tables.grid import Grid, drop_repeats, empty_values, spread_label
from divecast.data.time.regular import infer_clock
from divecast.errors import DataError

TIME_NAMES = ("ds", "time", "date", "datetime", "timestamp", "utc")


def read_wide(native: Any, time: str | None, labels: Sequence[str], tz: str | None) -> tuple[Grid, Backend]:
    """Read a wide table; see :meth:`divecast.data.sources.panel.Panel.from_wide`."""
    frame, backend = open_frame(native)
    stamps, taken = _time_of(frame, time)
    pick_columns(frame, labels, "label columns")
    channels = tuple(str(name) for name in frame.columns if str(name) not in {taken, *labels})
    if not channels:
        raise DataError(f"expected at least one channel beside time and labels, got columns {frame.columns}")
    clock, rows = infer_clock(stamps, tz)
    columns: dict[str, Column] = {}
    for name in channels:
        columns[name] = read_numbers(
            get_series(frame, name), name, lambda row: f"row {row} (counting from 0), {clock.at(rows[[row]])[0]} UTC"
        )
    columns |= {name: read_labels(get_series(frame, name)) for name in labels}
    keep = drop_repeats(rows, columns, clock)
    rows = rows[keep]
    values = empty_values(clock.length, len(channels))
    for at, name in enumerate(channels):
        values[rows, at] = columns.pop(name)[keep]
    spread = {name: spread_label(column[keep], rows, clock.length) for name, column in columns.items()}
    return Grid(values, channels, clock, spread), backend


def _time_of(frame: Frame, time: str | None) -> tuple[Any, str | None]:
    """The stamps, and the name of the column they came from if they did."""
    index = nw.maybe_get_index(frame)
    dated = index is not None and str(index.dtype).startswith("datetime64")
    names = [str(name) for name in frame.columns]
    if time is not None and time in names:
        return get_series(frame, time), time
    if dated and time in (None, getattr(index, "name", None)):
        return _index_stamps(index), None
    if time is not None:
        raise DataError(expected=f"a time column {time!r}", found=f"columns {names[:12]}", hint="Name another {time}")
    return guess_time(frame)


def _index_stamps(index: Any) -> Any:
    import pyarrow as pa

    return pa.Array.from_pandas(index)


def guess_time(frame: Frame) -> tuple[Any, str]:
    """Find the one column of time stamps, by its type or else by its name.

    Returns:
        The column and its name.

    Raises:
        DataError: There is none, or more than one.
    """
    names = [str(name) for name in frame.columns]
    dated = [str(name) for name, kind in frame.schema.items() if isinstance(kind, nw.Datetime | nw.Date)]
    known = [name for name in names if name.lower() in TIME_NAMES]
    for found in (dated, known):
        if len(found) == 1:
            return get_series(frame, found[0]), found[0]
    raise DataError(
        expected="one column of time stamps",
        found=f"{dated or known or 'none'} among {names[:12]}",
        hint="Name it with {time}",
    )
