"""Stretches of rows copied out of a source, scaled."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from divecast.data.source import Values
from divecast.data.windows.scale import Scale
from divecast.persistence.page_cache import drop_pages

_RELEASE_BYTES = 1 << 27


def gather(
    values: Values,
    starts: NDArray[np.int64],
    length: int,
    scale: Scale,
    channels: NDArray[np.int64] | None = None,
) -> Values:
    """Copy stretches of rows, and scale them.

    A row-major array (a store) is read by rows, since its rows lie together on disk; any other by channels.

    Args:
        values: (row, channel) in original units.
        starts: (batch,) first rows.
        length: Rows of a stretch; those past the end of the values repeat the last row.
        scale: Scale of the channels.
        channels: Numbers of the channels wanted; None for all.

    Returns:
        (batch, channel, length) contiguous float32, scaled units.
    """
    inside = not len(starts) or int(starts.max()) + length <= len(values)
    block = (_by_channels if inside and not values.flags.c_contiguous else _by_rows)(values, starts, length, channels)
    wanted = slice(None) if channels is None else channels
    with np.errstate(over="ignore"):  # what becomes infinite is refused by name in reach.py
        block -= scale.center[wanted, None]
        block /= scale.spread[wanted, None]
    return block


def _by_channels(values: Values, starts: NDArray[np.int64], length: int, channels: NDArray[np.int64] | None) -> Values:
    stretches = sliding_window_view(values.T, length, axis=1)  # (channel, start, step)
    if channels is None:
        return stretches.transpose(1, 0, 2)[starts]
    return stretches[channels, starts[:, None]]


def _by_rows(values: Values, starts: NDArray[np.int64], length: int, channels: NDArray[np.int64] | None) -> Values:
    n_channels = values.shape[1] if channels is None else len(channels)
    block = np.empty((len(starts), n_channels, length), dtype=np.float32)
    fresh, last = 0, -length
    for at in np.argsort(starts, kind="stable"):  # in order, so that overlapping stretches are read once
        start = int(starts[at])
        rows = values[start : start + length]
        known = len(rows)
        block[at, :, :known] = (rows if channels is None else rows[:, channels]).T
        block[at, :, known:] = block[at, :, known - 1 : known]
        fresh, last = fresh + min(start - last, length), start
        if fresh * values.strides[0] >= _RELEASE_BYTES:
            drop_pages(values)
            fresh = 0
    if len(starts):
        drop_pages(values)
    return block
