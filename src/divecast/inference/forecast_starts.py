"""Selection of the windows to forecast from."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows, n_future
from divecast.data.sources.series_rows import SeriesRows
from divecast.errors import ConfigError, DataError, warn_data

Moment = str | datetime | np.datetime64


def forecast_starts(windows: Windows, start: Moment | None, stop: Moment | None, every: int) -> NDArray[np.int64]:
    """Return the indices, (window,), of the windows to forecast from.

    Args:
        windows: all windows of the data.
        start: as in ``DeepDIVE.forecast``; so are the others.
        stop: last forecast origin.
        every: rows between forecast origins.

    Raises:
        ConfigError: the arguments cannot be combined.
        DataError: no window ends in the time span.
    """
    source = windows.source
    if isinstance(source, SeriesRows):
        return _of_series(windows, source, start, stop, every)
    ends = source.offsets[1:][windows.segments]
    if source.clock is None:
        if start is not None or stop is not None:
            raise ConfigError(
                "Recordings have no clock, so a forecast of them has no start and stop",
                hint="Omit {start} and {stop}; {every} above 1 forecasts repeatedly within each recording",
                argument="start" if stop is None else "stop",
            )
        rows_left = ends - windows.origins
        return np.flatnonzero(rows_left % every == 0 if every > 1 else rows_left == 0)
    if start is None:
        if stop is not None or every > 1:
            raise ConfigError(
                "Rolling forecasts of a panel need the time of the first one", hint="Pass {start}", argument="start"
            )
        return np.flatnonzero(windows.origins == ends - n_future(source))
    first = source.clock.row_of(start, after_end=True)
    last = len(source.values) if stop is None else source.clock.row_of(stop, after_end=True)
    origins, lookback = windows.origins, windows.shape.lookback
    starts = np.flatnonzero((origins >= first) & (origins <= last) & ((origins - first) % every == 0))
    if not len(starts):
        raise _no_start(start, stop, f"it needs lookback={lookback} rows before, and the data have {source.clock}")
    if origins[starts[0]] > first:
        time = source.clock.at(origins[starts[:1]])[0]
        warn_data(
            f"There are fewer than lookback={lookback} rows before {start}: the first forecast starts at {time} UTC"
        )
    return starts


def _of_series(
    windows: Windows, source: SeriesRows, start: Moment | None, stop: Moment | None, every: int
) -> NDArray[np.int64]:
    """Return the indices of windows of independent series: of the last row of each, or from origins of all."""
    if start is None:
        if stop is not None or every > 1:
            raise ConfigError("Rolling forecasts need the time of the first one", hint="Pass {start}", argument="start")
        return np.flatnonzero(windows.origins == source.blocks.stop[windows.segments])
    clock = source.panel.clock
    first = clock.row_of(start, after_end=True)
    last = clock.length if stop is None else clock.row_of(stop, after_end=True)
    rows = source.blocks.panel_rows(windows.origins)
    starts = np.flatnonzero((rows >= first) & (rows <= last) & ((rows - first) % every == 0))
    if not len(starts):
        lookback = windows.shape.lookback
        why = f"no series has a value in the lookback={lookback} rows before, and the data have {clock}"
        raise _no_start(start, stop, why)
    return starts


def _no_start(start: Moment, stop: Moment | None, why: str) -> DataError:
    return DataError(
        f"No forecast can start from {start} to {stop or 'the end'}: {why}",
        hint="Choose a later {start}" if stop is None else "Choose a later {start} or {stop}",
        argument="start",
    )
