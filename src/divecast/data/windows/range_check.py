"""How far values may lie from those of the training part."""

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.data.parts import Part
from divecast.data.source import Source
from divecast.data.sources.arrays import row_chunks
from divecast.data.windows.scale import Scale
from divecast.data.windows.windows import Windows
from divecast.errors import DataError
from divecast.persistence.page_cache import drop_pages
from divecast.types import Batch

REACH = 1e9
"""Spreads of the training part; the square of more would leave float32, and the forecast would be no number."""


def check_range(source: Source, part: Part, scale: Scale) -> None:
    """Refuse values of a part that a network cannot take.

    Args:
        source: panel or recordings.
        part: rows to look at.
        scale: of the training part.

    Raises:
        DataError: A value is farther than ``REACH`` spreads from the mean of its channel.
    """
    for rows in part.ranges():
        for chunk in row_chunks(rows.stop - rows.start, len(source.channels)):
            first = rows.start + chunk.start
            with np.errstate(over="ignore"):
                far = np.abs(scale.apply(source.values[first : rows.start + chunk.stop])) > REACH
            if far.any():
                row, channel = np.argwhere(far)[0]
                raise _too_far(source, first + int(row), int(channel), scale)
            drop_pages(source.values)


def check_batch(windows: Windows, batch: Batch) -> None:
    """Refuse values of gathered windows as :func:`check_reach` does; the batch has all channels.

    Raises:
        DataError: A value is too far.
    """
    for steps, first in ((batch.x, -windows.shape.lookback), (batch.y, 0)):
        if torch.linalg.vector_norm(steps, dim=1).max() <= REACH:  # quick along time; no number where one is missing
            continue
        far: NDArray[np.int64] = torch.nonzero(steps.abs() > REACH)[:1].cpu().numpy()
        for window, step, channel in far:
            raise _too_far(
                windows.source, int(windows.origins[window]) + first + int(step), int(channel), windows.scale
            )


def _too_far(source: Source, row: int, channel: int, scale: Scale) -> DataError:
    segment = int(np.searchsorted(source.offsets, row, side="right")) - 1
    where = (
        f"at {source.clock.at(np.array([row]))[0]} UTC"
        if source.clock is not None
        else f"in row {row - source.offsets[segment]} of recording {source.names[segment]!r}"
    )
    return DataError(
        f"expected values within {REACH:g} standard deviations of those of the fit, got "
        f"{source.values[row, channel]:g} in channel {source.channels[channel]!r} {where}, where the fit had "
        f"{scale.center[channel]:g} with a deviation of {scale.spread[channel]:g}; mend the value, leave it empty, or "
        "check the unit"
    )
