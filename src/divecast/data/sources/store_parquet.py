"""A Parquet file converted to a store, one row group at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data.as_read import AsRead, StampKind
from divecast.data.covariates import Covariate
from divecast.data.factors import Label
from divecast.data.names import check_known, check_unique, one_form
from divecast.data.source import Column, Values
from divecast.data.sources.store import write_store_on
from divecast.data.sources.store_columns import Beside
from divecast.data.sources.store_long import store_long
from divecast.data.tables.long_names import Names, long_names
from divecast.data.tables.numbers import RowText, read_numbers, to_float32
from divecast.data.tables.parquet_files import ParquetFiles
from divecast.data.tables.places import Places
from divecast.data.tables.read import readable
from divecast.data.tables.roles import Roles
from divecast.data.tables.times import find_time
from divecast.data.tables.wide import check_roles
from divecast.data.time.business_days import Opening
from divecast.data.time.clock import Clock
from divecast.data.time.regular import infer_clock
from divecast.data.time.stamps import StampForm
from divecast.errors import DataError

_BATCH_VALUES = 1 << 22  # 32 MB as doubles


def store_from_parquet(  # noqa: PLR0913  one argument for each thing a table may not say itself
    path: str | Path,
    parquet: str | Path,
    time: str | None = None,
    tz: str | None = None,
    channels: Sequence[str] | None = None,
    labels: Sequence[str | Label] = (),
    covariates: Sequence[str | Covariate] = (),
    static: Any = None,
    calendar: Opening = "auto",
    id: Names = None,  # noqa: A002  as in Panel.from_long
    value: str | None = None,
) -> Path:
    """Write a store from wide or long Parquet without reading it whole.

    Args:
        path: folder of the store.
        parquet: the file, with one column per channel and one of time stamps, sorted by time, or long, one row per
            series and time; or an address that fsspec can open, such as ``s3://bucket/*.parquet``, whose files follow
            one another in order of their names.
        time: column of time stamps; by default the only one.
        tz: time zone of stamps that name none, and of calendar factors; by default that of the stamps, else UTC.
        channels: columns to keep, in order; by default all but the time stamps, labels and covariates.
        labels: columns that hold labels, not channels; each is read whole.
        covariates: columns of numbers that are not forecast; in a wide file each is the same for all series and read
            whole.
        static: facts of the series, as in :meth:`Panel.from_wide`.
        calendar: opening times, as in :meth:`Panel.from_wide`.
        id: column that names the series of a long file, or several that do so together, as in
            :meth:`Panel.from_long`. A file is long if ``id`` or ``value`` is given, or if its columns have the usual
            names of a long table. All its ids and time stamps are in memory at once, its values are not.
        value: column of the values of a long file.

    Returns:
        The folder.

    Raises:
        DataError: the file cannot be read, time stamps are irregular, repeated or not in order, or a cell is not a
            finite number.
        ArtifactError: the folder cannot be written.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=3, freq="h"), "north": [1.0, 2.0, 3.0]})
        >>> table.to_parquet("loads.parquet")
        >>> open_store(store_from_parquet("loads.store", "loads.parquet"))
        Panel(1 channel, 3 rows every 1h from 2024-01-01T00:00:00 to 2024-01-01T02:00:00 UTC, labels [])
    """
    with readable(parquet):
        files = ParquetFiles.at(parquet)
        schema = files.schema
    check_unique(schema.names, "column")
    roles, empty = Roles.of(labels, covariates), nw.from_native(schema.empty_table(), eager_only=True)
    names = long_names(empty, id, time, value, roles.names)
    if names is not None:
        if channels is not None:
            raise DataError("A store of a long file has all its series", hint="Leave out {channels}")
        return store_long(Path(path), files, names, roles, static, StampForm(tz), calendar)
    time_column = one_form(time) if time is not None else find_time(empty)
    check_known([time_column], schema.names, "time column", hint="Name another one in {time}", argument="time")
    with readable(parquet):
        stamps = files.read([time_column]).column(0)
    clock, rows = infer_clock(stamps, tz, calendar=calendar)
    unsorted = np.flatnonzero(np.diff(rows) <= 0)
    if len(unsorted):
        raise DataError(
            f"Row {unsorted[0] + 1} is not later than the row before it",
            hint="Sort the file by time, without repeats; if it is long, name the column of the series in {id}",
        )
    check_roles(roles, schema.names)
    aside = {time_column, *roles.names}
    kept = _check_channels([name for name in schema.names if name not in aside], channels)
    with readable(parquet):
        told = files.read(roles.names) if roles.names else None
    beside = Beside.of(*_put(told, roles, clock, rows), static, kept)
    as_read = AsRead("wide", time_column, stamps=StampKind.of(stamps), names=tuple(kept))
    return write_store_on(path, _chunks(_batches(files, kept, parquet), kept, rows), kept, clock, beside, as_read)


def _put(
    table: Any, roles: Roles, clock: Clock, rows: NDArray[np.int64]
) -> tuple[dict[str, Column], dict[str, Values]]:
    """Labels and covariates of the rows of a table, on the clock."""
    if table is None:
        return {}, {}
    columns = roles.read(nw.from_native(table, eager_only=True), _row_after(0))
    return Places(clock, rows, None, ()).put(columns, roles)


def _check_channels(columns: Sequence[str], channels: Sequence[str] | None) -> list[str]:
    kept = list(columns) if channels is None else [one_form(channel) for channel in channels]
    check_known(kept, columns, "channel", argument="channels")
    check_unique(kept)
    if not kept:
        raise DataError("The store would have no channel", argument="channels")
    return kept


def _chunks(batches: Iterator[Any], channels: Sequence[str], rows: NDArray[np.int64]) -> Iterator[Values]:
    """Yield the values of the batches, with rows of NaN where time stamps are missing."""
    written = read = 0
    for batch in batches:
        batch_rows = rows[read : read + len(batch)]
        chunk = np.full((int(batch_rows[-1]) + 1 - written, len(channels)), np.nan, dtype=np.float32)
        for channel, name in enumerate(channels):
            chunk[batch_rows - written, channel] = _numbers(batch, name, _row_after(read))
        written, read = int(batch_rows[-1]) + 1, read + len(batch)
        yield chunk


def _batches(files: ParquetFiles, channels: Sequence[str], place: str | Path) -> Iterator[Any]:
    with readable(place):
        yield from files.batches(channels, max(1, min(1 << 14, _BATCH_VALUES // len(channels))))


def _numbers(batch: Any, name: str, row_text: RowText) -> Values:
    import pyarrow as pa

    column = batch.column(name)
    if pa.types.is_floating(column.type):  # a frame for each of thousands of columns would take longer than all else
        return to_float32(column.to_numpy(zero_copy_only=False), name, row_text)
    frame = nw.from_native(pa.table({name: column}), eager_only=True)
    return read_numbers(frame.get_column(name), name, row_text)


def _row_after(first: int) -> RowText:
    return lambda row: f"row {first + row} (counting from 0)"
