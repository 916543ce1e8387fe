"""Stretches of rows copied out of a source, scaled."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from divecast.data.scale import Scale
from divecast.data.source import Values


def gather(values: Values, starts: NDArray[np.int64], length: int, scale: Scale) -> Values:
    """Copy stretches of rows in one indexing operation, and scale them.

    A row-major array (a store) is read by rows, since its rows lie together on disk; any other by channels.

    Args:
        values: (row, channel) in original units.
        starts: (batch,) first rows.
        length: Rows of a stretch; those past the end of the values repeat the last row.
        scale: Scale of the channels.

    Returns:
        (batch, channel, length) contiguous float32, scaled units.
    """
    inside = not len(starts) or int(starts.max()) + length <= len(values)
    if inside and not values.flags.c_contiguous:
        block: Values = sliding_window_view(values.T, length, axis=1).transpose(1, 0, 2)[starts]
        block -= scale.center[:, None]
    else:
        rows = np.minimum(starts[:, None] + np.arange(length), len(values) - 1)
        block = np.empty((len(starts), values.shape[1], length), dtype=np.float32)
        np.subtract(values[rows].transpose(0, 2, 1), scale.center[:, None], out=block)
    block /= scale.spread[:, None]
    return block
