"""Which windows to forecast from."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows
from divecast.errors import ConfigError, DataError, warn_data

Moment = str | datetime | np.datetime64


def forecast_starts(windows: Windows, start: Moment | None, stop: Moment | None, every: int) -> NDArray[np.int64]:
    """Return the numbers, (window,), of the windows to forecast from; arguments as in ``DeepDIVE.forecast``.

    Raises:
        ConfigError: the arguments do not go together.
        DataError: no forecast can start there.
    """
    source = windows.source
    ends = source.offsets[1:][windows.segments]
    if source.clock is None:
        if start is not None or stop is not None:
            raise ConfigError("recordings have no clock: leave start and stop out; every > 1 rolls through them")
        behind = ends - windows.origins
        return np.flatnonzero(behind % every == 0 if every > 1 else behind == 0)
    if start is None:
        if stop is not None or every > 1:
            raise ConfigError("stop and every need a start: the first stamp to forecast from")
        return np.flatnonzero(windows.origins == ends)
    first = source.clock.row_of(start, after_end=True)
    last = len(source.values) if stop is None else source.clock.row_of(stop, after_end=True)
    found = np.flatnonzero(
        (windows.origins >= first) & (windows.origins <= last) & ((windows.origins - first) % every == 0)
    )
    if not len(found):
        raise DataError(
            f"no forecast can start from {start} to {stop or 'the end'}: before a start there must be "
            f"{windows.shape.lookback} rows; the clock has {source.clock}"
        )
    if windows.origins[found[0]] > first:
        begun = source.clock.at(windows.origins[found[:1]])[0]
        warn_data(
            f"before {start} there are no {windows.shape.lookback} rows; the first forecast starts at {begun} UTC"
        )
    return found
