"""The observed values around a forecast."""

from typing import Any

import numpy as np

from divecast.data import Recordings, Source, as_panel
from divecast.errors import DataError
from divecast.inference.results import Floats, Forecast
from divecast.plots.narrow import Ints

_HINT = "Pass the data that were forecast, or the same rows with more at the end"


def source_of(forecast: Forecast, data: Any) -> Source:
    """Return the data that were forecast, with the channels in the forecast's order.

    Args:
        forecast: of these data, or of their first rows.
        data: a panel, recordings, a table, or a path.

    Raises:
        DataError: the data lack a channel, or have other rows at the times of the windows.
    """
    source: Source = data if isinstance(data, Recordings) else as_panel(data)
    absent = [name for name in forecast.channels if name not in source.channels]
    if absent:
        raise DataError(f"The data lack channels of the forecast: {', '.join(map(repr, absent[:5]))}", argument="data")
    source = source.select(forecast.channels)
    keys = forecast.keys
    if (source.clock is None) != (keys.recordings is not None):
        kinds = ("a panel", "recordings")
        expected, found = kinds if keys.recordings is None else kinds[::-1]
        raise DataError(expected=expected, found=found, hint=_HINT, argument="data")
    if source.clock is not None:
        stamps = source.clock.local(keys.origins - 1)
        other = np.flatnonzero(stamps != keys.stamps[:, 0])
        if len(other):
            first = other[0]
            raise DataError(
                f"Row {keys.origins[first] - 1} is not that of the forecast",
                expected=str(keys.stamps[first, 0]),
                found=str(stamps[first]),
                hint=_HINT,
                argument="data",
            )
    elif missing := set(keys.recordings if keys.recordings is not None else ()) - set(source.names):
        raise DataError(f"The data have no recording {min(missing)!r}", hint=_HINT, argument="data")
    return source


def segments_of(forecast: Forecast, source: Source | None) -> Ints:
    """Return the index of each window's recording, (window,); 0 for a panel.

    Args:
        forecast: forecasts.
        source: whose recordings are counted; None to count those of the forecast.
    """
    recordings = forecast.keys.recordings
    if recordings is None:
        return np.zeros(len(forecast.keys.origins), dtype=np.int64)
    names = list(dict.fromkeys(recordings)) if source is None else source.names
    index = {name: place for place, name in enumerate(names)}
    return np.array([index[name] for name in recordings], dtype=np.int64)


def truth_of(source: Source, origins: Ints, segments: Ints, steps: range) -> Floats:
    """Return the values at steps from the origins, (window, step, channel); NaN outside of a recording.

    Args:
        source: the data.
        origins: (window,) row of the first step ahead, which is step 0.
        segments: (window,) index of the recording.
        steps: relative to the origin; -1 is the last row of the window.
    """
    rows = origins[:, None] + np.asarray(steps, dtype=np.int64)
    inside = (rows >= source.offsets[segments][:, None]) & (rows < source.offsets[segments + 1][:, None])
    values: Floats = np.asarray(source.values[np.where(inside, rows, source.offsets[segments][:, None])])
    return np.where(inside[..., None], values, np.float32(np.nan))
