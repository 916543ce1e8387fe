"""A Parquet file written to a store, one row group at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data.columns import check_names, get_series, pick_columns, read_numbers
from divecast.data.regular import infer_clock
from divecast.data.source import Values
from divecast.data.store import write_store_on
from divecast.data.tables import readable
from divecast.data.wide import guess_time
from divecast.errors import DataError


def store_from_parquet(
    path: str | Path,
    parquet: str | Path,
    time: str | None = None,
    tz: str | None = None,
    channels: Sequence[str] | None = None,
) -> Path:
    """Write a store from a wide Parquet file without reading it whole.

    Args:
        path: Folder of the store.
        parquet: The file, one column a channel and one of time stamps, in order of time.
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
    from pyarrow import parquet as pq

    with readable(Path(parquet)):
        file = pq.ParquetFile(parquet)
    with file:
        check_names(file.schema_arrow.names, "column")
        empty = nw.from_native(file.schema_arrow.empty_table(), eager_only=True)
        if time is not None:
            pick_columns(empty, [time], "time column")
        stamps = time if time is not None else guess_time(empty)[1]
        clock, rows = infer_clock(file.read(columns=[stamps]).column(0), tz)
        if np.any(np.diff(rows) <= 0):
            at = int(np.argmax(np.diff(rows) <= 0)) + 1
            raise DataError(f"expected rows in order of time, once each; row {at} is not; sort the file first")
        kept = _chosen(file, stamps, channels)
        return write_store_on(path, _chunks(_batches(file, kept, Path(parquet)), kept, rows), kept, clock)


def _chosen(file: Any, stamps: str, channels: Sequence[str] | None) -> list[str]:
    names = [name for name in file.schema_arrow.names if name != stamps]
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
        frame = nw.from_native(_table(batch), eager_only=True)
        for at, name in enumerate(channels):
            chunk[places - done, at] = read_numbers(get_series(frame, name), name, _row_after(read))
        done, read = int(places[-1]) + 1, read + len(batch)
        yield chunk


def _batches(file: Any, channels: Sequence[str], path: Path) -> Iterator[Any]:
    with readable(path):
        yield from file.iter_batches(columns=list(channels), batch_size=1 << 14)


def _table(batch: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_batches([batch])


def _row_after(first: int) -> Any:
    return lambda row: f"row {first + row} (counting from 0)"
