"""Arrays of channels: checks, and bytes that do not depend on the layout."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Values
from divecast.data.tables.columns import check_names, to_float32
from divecast.errors import DataError
from divecast.persistence.page_cache import drop_pages

_CHUNK_VALUES = 1 << 22


def row_chunks(n_rows: int, n_channels: int) -> Iterator[slice]:
    """Slices of rows that hold some four million values each, so that no array is ever read whole."""
    size = max(1, _CHUNK_VALUES // max(1, n_channels))
    return (slice(first, min(first + size, n_rows)) for first in range(0, n_rows, size))


def as_table(values: Any) -> NDArray[Any]:
    """Take numbers as an array (row, channel); one axis alone is that of the rows.

    Raises:
        DataError: They have another shape, or rows of different lengths.
    """
    try:
        table = np.asarray(values)
    except ValueError as error:
        raise DataError(f"expected an array (row, channel), got rows of different lengths ({error})") from error
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or not table.size:
        raise DataError(f"expected an array (row, channel) that is not empty, got shape {table.shape}")
    return table


def check_array(values: NDArray[Any], channels: Sequence[str], where: Callable[[int], str]) -> Values:
    """Check an array of channels.

    Args:
        values: (row, channel) numbers, NaN where missing.
        channels: Names, one a channel.
        where: Says in words which row or time a row number stands for.

    Returns:
        (row, channel) float32: the array itself if it was float32.

    Raises:
        DataError: It is empty or of another shape, names do not fit, or values are infinite or too large.
    """
    if values.ndim != 2 or not values.size:
        raise DataError(f"expected an array (row, channel) that is not empty, got shape {values.shape}")
    if len(channels) != values.shape[1]:
        raise DataError(f"expected {values.shape[1]} channel names, one a column, got {len(channels)}")
    check_names(channels)
    if values.dtype.kind not in "fiub":
        raise DataError(f"expected an array of numbers, got {values.dtype}; convert it with .astype(float)")
    if values.dtype != np.float32:
        columns = [to_float32(values[:, at], name, where) for at, name in enumerate(channels)]
        return np.stack(columns).T
    for part in row_chunks(*values.shape):
        _refuse_infinite(values[part], part.start, channels, where)
        drop_pages(values)
    return values


def places_of(wanted: Sequence[str], channels: Sequence[str]) -> list[int] | slice:
    """Columns of the wanted channels, as a slice (a view, no copy) where they lie side by side.

    Raises:
        DataError: A channel is unknown or named twice, or none is given.
    """
    check_names(wanted)
    places = {name: at for at, name in enumerate(channels)}
    unknown = [name for name in wanted if name not in places]
    if unknown or not wanted:
        raise DataError(
            f"expected some of the channels {list(channels[:12])}{' ...' if channels[12:] else ''}, "
            f"got {unknown[:12] or 'none'}"
        )
    found = [places[name] for name in wanted]
    if found == list(range(found[0], found[0] + len(found))):
        return slice(found[0], found[0] + len(found))
    return found


def take_channels(values: Values, wanted: Sequence[str], channels: Sequence[str]) -> Values:
    """Values of the wanted channels, in that order and in the same layout; see :func:`places_of`."""
    return values.T[places_of(wanted, channels)].T


def hash_values(facts: Any, values: Values) -> str:
    """Sha256 of plain facts and of (row, channel) values in any layout, as hex; all NaN count alike."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for part in row_chunks(*values.shape):
        chunk = np.array(values[part], dtype="<f4", order="C")
        chunk[np.isnan(chunk)] = np.nan
        digest.update(chunk.tobytes())
        drop_pages(values)
    return digest.hexdigest()


def _refuse_infinite(part: Values, first: int, channels: Sequence[str], where: Callable[[int], str]) -> None:
    bad = np.argwhere(np.isinf(part))
    if len(bad):
        row, at = bad[0]
        raise DataError(
            f"expected finite numbers in channel {channels[at]!r}, got {part[row, at]} in {where(first + int(row))} "
            f"({len(bad)} in all): put in the true value or NaN"
        )
