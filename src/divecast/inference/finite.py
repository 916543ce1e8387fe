"""Forecasts are numbers: one that is NaN or infinite is an error, whoever asks for it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from divecast.errors import DataError


def check_finite(
    values: NDArray[np.float32], channels: Sequence[str], known: NDArray[np.bool_] | bool = True, what: str = "forecast"
) -> None:
    """Refuse values of a model that are not finite.

    Args:
        values: (..., step, channel).
        channels: names of the channels.
        known: which of them there must be, broadcast against ``values``: a series without a scale is not forecast.
        what: what they are.

    Raises:
        DataError: a value is NaN or infinite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum(dtype=np.float64)):  # a quick look: no sum with one that is not finite is finite
            return
    wrong = ~np.isfinite(values) & known
    if not wrong.any():
        return
    place = tuple(np.argwhere(wrong)[0])
    others = int(wrong.sum()) - 1
    raise DataError(
        f"The {what} of series {channels[place[-1]]!r} at step {place[-2] + 1} is {values[place]:g}, no finite number"
        f"{f', and so are {others} other values' if others else ''}",
        hint="Fit the model again: its fit diverged, or its file was changed",
    )
