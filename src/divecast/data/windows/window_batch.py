"""Windows of rows copied from a source and scaled."""

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
    """Copy windows of rows, and scale them.

    Args:
        values: (row, channel) in original units.
        starts: (batch,) first rows.
        length: rows of a window; those past the end of the values repeat the last row.
        scale: scale of the channels, or of each window and channel.
        channels: numbers of the channels to copy; None for all.

    Returns:
        (batch, channel, length) contiguous float32, scaled units.
    """
    block = cut(values, starts, length, channels)
    selected = slice(None) if channels is None else channels
    if scale.powers is not None:
        block = scale.powers[..., selected, None].forward(block)
    with np.errstate(over="ignore"):  # range_check.py refuses what becomes infinite
        block -= scale.center[..., selected, None]
        block /= scale.spread[..., selected, None]
    return block


def cut(values: Values, starts: NDArray[np.int64], length: int, channels: NDArray[np.int64] | None = None) -> Values:
    """Copy windows of rows, (batch, channel, length); arguments as in :func:`gather`.

    A row-major array (a store) is read by rows, which are contiguous on disk; any other by channels.
    """
    inside = not len(starts) or int(starts.max()) + length <= len(values)
    by_rows = values.flags.c_contiguous and (values.shape[1] > 1 or isinstance(values, np.memmap))
    return (_by_channels if inside and not by_rows else _by_rows)(values, starts, length, channels)


def _by_channels(values: Values, starts: NDArray[np.int64], length: int, channels: NDArray[np.int64] | None) -> Values:
    windows = sliding_window_view(values.T, length, axis=1)  # (channel, start, step)
    if channels is None:
        return windows.transpose(1, 0, 2)[starts]
    return windows[channels, starts[:, None]]


def _by_rows(values: Values, starts: NDArray[np.int64], length: int, channels: NDArray[np.int64] | None) -> Values:
    n_channels = values.shape[1] if channels is None else len(channels)
    block = np.empty((len(starts), n_channels, length), dtype=np.float32)
    n_new, last = 0, -length
    for window in np.argsort(starts, kind="stable"):  # in order, so that overlapping windows are read once
        start = int(starts[window])
        rows = values[start : start + length]
        n_known = len(rows)
        block[window, :, :n_known] = (rows if channels is None else rows[:, channels]).T
        block[window, :, n_known:] = block[window, :, n_known - 1 : n_known]
        n_new, last = n_new + min(start - last, length), start
        if n_new * values.strides[0] >= _RELEASE_BYTES:
            drop_pages(values)
            n_new = 0
    if len(starts):
        drop_pages(values)
    return block
