"""Arrays of channels: checks, selection, and hashes that do not depend on the memory layout."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.names import check_count, check_known, check_unique, one_form
from divecast.data.source import Values
from divecast.data.tables.numbers import RowText, infinite_error, to_float32
from divecast.errors import DataError
from divecast.persistence.page_cache import drop_pages

_CHUNK_VALUES = 1 << 22


def row_chunks(n_rows: int, n_channels: int) -> Iterator[slice]:
    """Slices of rows of about four million values each, so that no array is read whole."""
    size = max(1, _CHUNK_VALUES // max(1, n_channels))
    return (slice(first, min(first + size, n_rows)) for first in range(0, n_rows, size))


def as_table(values: Any) -> NDArray[Any]:
    """Take numbers as an array (row, channel); a single axis is that of the rows.

    Raises:
        DataError: the shape is another, or rows have different lengths.
    """
    try:
        table = np.asarray(values)
    except ValueError as error:
        raise DataError(expected="an array (row, channel)", found=f"rows of different lengths ({error})") from error
    table = table[:, None] if table.ndim == 1 else table
    _check_shape(table)
    return table


def check_array(values: NDArray[Any], channels: Sequence[str], row_text: RowText, kind: str = "channel") -> Values:
    """Check an array of channels.

    Args:
        values: (row, channel) numbers, NaN where missing.
        channels: one name per channel.
        row_text: names a row, for messages.
        kind: "channel" or "covariate", for messages.

    Returns:
        (row, channel) float32; the array itself if it was float32.

    Raises:
        DataError: it is empty or of another shape, names do not fit, or values are infinite or too large.
    """
    _check_shape(values)
    check_count(channels, values.shape[1])
    if values.dtype.kind not in "fiub":
        raise DataError(expected="an array of numbers", found=str(values.dtype), hint="Convert it with astype(float)")
    if values.dtype != np.float32:
        columns = [to_float32(values[:, channel], name, row_text, kind) for channel, name in enumerate(channels)]
        return np.stack(columns).T
    for rows in row_chunks(*values.shape):
        infinite = np.argwhere(np.isinf(values[rows]))
        if len(infinite):
            row, channel = infinite[0]
            raise infinite_error(channels[channel], row_text(rows.start + int(row)), len(infinite), kind)
        drop_pages(values)
    return values


def take_channels(values: NDArray[Any], wanted: Sequence[str], channels: Sequence[str]) -> NDArray[Any]:
    """Wanted channels of a table (row, channel), in that order and the same memory layout; a view where adjacent.

    Raises:
        DataError: a channel is unknown or named twice, or there is none.
    """
    wanted = [one_form(name) for name in wanted]
    check_unique(wanted)
    check_known(wanted, channels, "channel", argument="channels")
    if not wanted:
        raise DataError("No channel is selected", argument="channels")
    column_of = {name: column for column, name in enumerate(channels)}
    columns = [column_of[name] for name in wanted]
    first, last = columns[0], columns[0] + len(columns)
    return values[:, first:last] if columns == list(range(first, last)) else values.T[columns].T


def hash_values(facts: Any, values: Values) -> str:
    """SHA-256, as hex, of JSON values and of (row, channel) values in any memory layout; all NaN are equal."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for rows in row_chunks(*values.shape):
        chunk = np.array(values[rows], dtype="<f4", order="C")
        chunk[np.isnan(chunk)] = np.nan
        digest.update(chunk.tobytes())
        drop_pages(values)
    return digest.hexdigest()


def _check_shape(table: NDArray[Any]) -> None:
    if table.ndim != 2 or not table.size:
        raise DataError(expected="an array (row, channel) that is not empty", found=f"shape {table.shape}")
