"""Limits on how far values may be from those of the training part."""

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.data.parts import Part
from divecast.data.source import Source, row_text
from divecast.data.sources.arrays import row_chunks
from divecast.data.windows.scale import Scale
from divecast.data.windows.windows import Windows
from divecast.errors import DataError
from divecast.persistence.page_cache import drop_pages
from divecast.types import Batch

MAX_DEVIATION = 1e9
"""Standard deviations of the training part; the square of more exceeds float32, and the forecast would be NaN."""


def check_range(source: Source, part: Part, scale: Scale) -> None:
    """Refuse values of a part that are too large for a network.

    Args:
        source: Panel or recordings.
        part: rows to check.
        scale: scale of the training part.

    Raises:
        DataError: a value is more than ``MAX_DEVIATION`` standard deviations from the mean of its channel.
    """
    for rows in part.ranges():
        for chunk in row_chunks(rows.stop - rows.start, len(source.channels)):
            first = rows.start + chunk.start
            with np.errstate(over="ignore"):
                own = scale.of_rows(np.arange(first, rows.start + chunk.stop))
                too_far = np.abs(own.apply(source.values[first : rows.start + chunk.stop])) > MAX_DEVIATION
            if too_far.any():
                row, channel = np.argwhere(too_far)[0]
                raise _too_far(source, first + int(row), int(channel), own, int(row))
            drop_pages(source.values)


def check_batch(windows: Windows, batch: Batch) -> None:
    """Refuse values of gathered windows as :func:`check_range` does; the batch has all channels.

    Raises:
        DataError: a value is too far.
    """
    for steps, first in ((batch.x, -windows.shape.lookback), (batch.y, 0)):
        if torch.linalg.vector_norm(steps, dim=1).max() <= MAX_DEVIATION:  # fast; False where a value is missing
            continue
        too_far: NDArray[np.int64] = torch.nonzero(steps.abs() > MAX_DEVIATION)[:1].cpu().numpy()
        for window, step, channel in too_far:
            row, own = int(windows.origins[window]) + first + int(step), windows.own_scale()
            raise _too_far(windows.source, row, int(channel), own, int(window))


def _too_far(source: Source, row: int, channel: int, scale: Scale, place: int) -> DataError:
    """Say that a value is too far; ``place`` is its place in a scale of each row or window."""
    center, spread = (each if each.ndim == 1 else each[place] for each in (scale.center, scale.spread))
    return DataError(
        f"Channel {source.channels[channel]!r} has {source.values[row, channel]:g} in {row_text(source, row)}, more "
        f"than {MAX_DEVIATION:g} standard deviations from the training part, whose mean is {center[channel]:g} with a "
        f"standard deviation of {spread[channel]:g}",
        hint="Correct the value, leave it missing, or check the unit",
    )
