"""Values of windows as columns of a long table, one row per window, channel and step."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from divecast.inference.results import Columns, Floats, Keys, merged


def long_columns(
    keys: Keys,
    channels: tuple[str, ...],
    of_window: Columns,
    steps: NDArray[np.int64],
    stamps: NDArray[np.generic],
    values: Mapping[str, Floats],
) -> Columns:
    """Return ``unique_id``, the data's columns for it, those of the window, ``step``, ``ds`` and the values.

    Args:
        keys: keys of the windows, which have the data's columns that name series.
        channels: names.
        of_window: columns of (window,).
        steps: (step,) numbers; 1 is the first step ahead.
        stamps: (window, step) times.
        values: columns of (window, step, channel).
    """
    n_windows, n_steps = stamps.shape
    shape = (n_windows, len(channels), n_steps)
    places = np.tile(np.repeat(np.arange(len(channels)), n_steps), n_windows)
    return merged(
        keys.series(channels, places),
        {name: np.repeat(column, len(channels) * n_steps) for name, column in of_window.items()},
        {
            "step": np.broadcast_to(steps, shape).reshape(-1),
            "ds": np.broadcast_to(stamps[:, None], shape).reshape(-1),
        },
        {name: array.swapaxes(1, 2).reshape(-1) for name, array in values.items()},
    )
