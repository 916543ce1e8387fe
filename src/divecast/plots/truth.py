"""The values that were observed around a forecast."""

from typing import Any

import numpy as np

from divecast.data import Source, read_source
from divecast.errors import DataError
from divecast.inference.results import Floats, Forecast
from divecast.plots.narrow import Ints


def source_of(forecast: Forecast, data: Any) -> Source:
    """Return the rows that a forecast counts, its channels in its order.

    Args:
        forecast: of these data, or of the same that ended earlier.
        data: a panel, recordings, a table, or a path.

    Raises:
        DataError: the data lack a channel, or do not have its windows at its times.
    """
    source: Source = read_source(data)
    absent = [name for name in forecast.channels if name not in source.channels]
    if absent:
        raise DataError(f"expected the channels of the forecast, the data have no {', '.join(map(repr, absent[:5]))}")
    source = source.select(forecast.channels)
    keys, advice = forecast.keys, "give the data that were forecast, or the same rows with more after them"
    if (source.clock is None) != (keys.recordings is not None):
        raise DataError(f"expected {'a panel' if keys.recordings is None else 'recordings'}, as forecast; {advice}")
    if source.clock is not None:
        found = source.clock.local(keys.origins - 1)
        other = np.flatnonzero(found != keys.stamps[:, 0])
        if len(other):
            stamp = keys.stamps[other[0], 0]
            raise DataError(f"expected row {keys.origins[other[0]] - 1} at {stamp}, got {found[other[0]]}; {advice}")
    elif missing := set(keys.recordings if keys.recordings is not None else ()) - set(source.names):
        raise DataError(f"the data have no recording {min(missing)!r}; {advice}")
    return source


def segments_of(forecast: Forecast, source: Source) -> Ints:
    """Return the number of the recording of each window, (window,); 0 for a panel."""
    if forecast.keys.recordings is None:
        return np.zeros(len(forecast.keys.origins), dtype=np.int64)
    places = {name: at for at, name in enumerate(source.names)}
    return np.array([places[name] for name in forecast.keys.recordings], dtype=np.int64)


def truth_of(source: Source, origins: Ints, segments: Ints, steps: range) -> Floats:
    """Return the values at steps from the origins, (window, step, channel); NaN outside of a recording.

    Args:
        source: rows.
        origins: (window,) row of the first step ahead, step 0 here.
        segments: (window,).
        steps: from the origin; -1 is the last row of the window.
    """
    rows = origins[:, None] + np.asarray(steps, dtype=np.int64)
    inside = (rows >= source.offsets[segments][:, None]) & (rows < source.offsets[segments + 1][:, None])
    found: Floats = np.asarray(source.values[np.where(inside, rows, source.offsets[segments][:, None])])
    return np.where(inside[..., None], found, np.float32(np.nan))
