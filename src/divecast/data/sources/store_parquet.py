"""A Parquet file written to a store, one row group at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Values
from divecast.data.sources.store import write_store_on
from divecast.data.tables.columns import Where, check_names, get_series, pick_columns, read_numbers, to_float32
from divecast.data.tables.parquet_files import ParquetFiles
from divecast.data.tables.read import readable
from divecast.data.tables.wide import guess_time
from divecast.data.time.regular import infer_clock
from divecast.errors import DataError

_CELLS = 1 << 22  # of a batch, 32 MB where they are doubles


def store_from_parquet(
    path: str | Path,
    parquet: str | Path,
    time: str | None = None,
    tz: str | None = None,
    channels: Sequence[str] | None = None,
) -> Path:
    """Write a store from wide Parquet without reading it whole.

    Args:
        path: Folder of the store.
        parquet: The file, one column a channel and one of time stamps, in order of time; or an address that fsspec
            knows, such as ``s3://bucket/*.parquet``, whose files follow one another in order of their names.
        time: The column of time stamps; found by itself when it is the only one.
        tz: Zone of stamps that name none, and of calendar factors; when left out, that of the stamps, else UTC.
        channels: The columns to keep, in order; all but that of time when left out.

    Returns:
        The folder.

    Raises:
        DataError: The file cannot be read, time stamps are irregular, repeated or not in order, or a cell is no
            finite number.
        ArtifactError: The folder cannot be written.
    """
    with readable(parquet):
        files = ParquetFiles.at(parquet)
        schema = files.schema
    check_names(schema.names, "column")
    empty = nw.from_native(schema.empty_table(), eager_only=True)
    if time is not None:
        pick_columns(empty, [time], "time column")
    stamps = time if time is not None else guess_time(empty)[1]
    with readable(parquet):
        table = files.read([stamps])
    clock, rows = infer_clock(table.column(0), tz)
    if np.any(np.diff(rows) <= 0):
        at = int(np.argmax(np.diff(rows) <= 0)) + 1
        raise DataError(f"expected rows in order of time, once each; row {at} is not; sort the file first")
    kept = _chosen(schema.names, stamps, channels)
    return write_store_on(path, _chunks(_batches(files, kept, parquet), kept, rows), kept, clock)


def _chosen(columns: Sequence[str], stamps: str, channels: Sequence[str] | None) -> list[str]:
    names = [name for name in columns if name != stamps]
    kept = names if channels is None else list(channels)
    unknown = [name for name in kept if name not in names]
    if unknown or not kept:
        raise DataError(f"expected channels among the columns {names[:12]}, got {unknown[:12] or 'none'}")
    check_names(kept)
    return kept


def _chunks(batches: Iterator[Any], channels: Sequence[str], rows: NDArray[np.int64]) -> Iterator[Values]:
    done = read = 0
    for batch in batches:
        places = rows[read : read + len(batch)]
        chunk = np.full((int(places[-1]) + 1 - done, len(channels)), np.nan, dtype=np.float32)
        for at, name in enumerate(channels):
            chunk[places - done, at] = _numbers(batch, name, _row_after(read))
        done, read = int(places[-1]) + 1, read + len(batch)
        yield chunk


def _batches(files: ParquetFiles, channels: Sequence[str], place: str | Path) -> Iterator[Any]:
    with readable(place):
        yield from files.batches(channels, max(1, min(1 << 14, _CELLS // len(channels))))


def _numbers(batch: Any, name: str, where: Where) -> Values:
    import pyarrow as pa

    column = batch.column(name)
    if pa.types.is_floating(column.type):  # the way through a frame costs more than the numbers, thousands of times
        return to_float32(column.to_numpy(zero_copy_only=False), name, where)
    frame = nw.from_native(pa.table({name: column}), eager_only=True)
    return read_numbers(get_series(frame, name), name, where)


def _row_after(first: int) -> Where:
    return lambda row: f"row {first + row} (counting from 0)"
