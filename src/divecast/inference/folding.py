"""Forecasts of independent series side by side: from windows of one series each to all series of a time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from divecast.data import Source, Windows
from divecast.data.sources.series_rows import SeriesRows
from divecast.inference.results import Floats, Forecast, Keys
from divecast.inference.results.keys import OwnKeys

Rows = NDArray[np.int64]

_WINDOWS_AT_ONCE = 4096


def by_time(windows: Windows) -> Iterator[Windows]:
    """Split the windows of independent series into pieces of some thousand, in order of time.

    Those of one time stay together, and so do those of which each is the last of its series.
    """
    times = _times(windows)
    order = np.argsort(times, kind="stable")
    bounds = np.append(np.flatnonzero(np.diff(times[order], prepend=-1)), len(order))
    first = 0
    for stop in bounds[1:]:
        if stop - first >= _WINDOWS_AT_ONCE or stop == len(order):
            yield windows.subset(np.sort(order[first:stop]))
            first = int(stop)


def n_folded(windows: Windows) -> int:
    """Return the number of windows of all series into which windows of one series each are folded."""
    return len(np.unique(_times(windows)))


def folded(windows: Windows, forecast: Forecast) -> Forecast:
    """Put the forecasts of independent series side by side.

    Args:
        windows: windows of one series each.
        forecast: their forecasts, (window, horizon, 1).

    Returns:
        Forecasts (time, horizon, series) of all series of the data, NaN where one has no window at a time.
    """
    return Forecast(
        _keys(windows, forecast.mean.shape[1]),
        _series_rows(windows).panel.channels,
        folded_values(windows, forecast.mean),
        forecast.levels,
        folded_values(windows, forecast.quantiles),
        folded_values(windows, forecast.paths),
    )


def folded_values(windows: Windows, values: Floats) -> Floats:
    """Put values of windows of one series each, (..., window, step, 1), side by side: (..., time, step, series)."""
    times, place = np.unique(_times(windows), return_inverse=True)
    n_series = len(_series_rows(windows).names)
    whole = np.full((*values.shape[:-3], len(times), values.shape[-2], n_series), np.nan, dtype=np.float32)
    whole[..., place, :, windows.segments] = np.moveaxis(values[..., 0], -2, 0)
    return whole


def from_own_ends(forecasts: Iterable[Forecast], ends: Rows, source: Source) -> Forecast:
    """Return one forecast of joint series from the last value of each.

    Args:
        forecasts: of all series, from windows at all of the origins.
        ends: (series,) origin of each.
        source: the panel.
    """
    parts = list(forecasts)
    at = {int(origin): (part, row) for part in parts for row, origin in enumerate(part.keys.origins)}
    first = parts[0]

    def picked(name: str) -> Floats:
        columns = [
            getattr(part, name)[..., row, :, series] for series, (part, row) in enumerate(at[int(end)] for end in ends)
        ]
        return np.stack(columns, axis=-1)[..., None, :, :]

    horizon, zero = first.mean.shape[1], np.zeros(len(ends), dtype=np.int64)
    keys = Keys.of(source, np.array([ends.max()]), zero[:1], range(-1, horizon))
    times = Keys.of(source, ends, zero, range(-1, horizon)).times
    return Forecast(
        replace(keys, own=OwnKeys(ends[None], times.T[None])),
        first.channels,
        picked("mean"),
        first.levels,
        picked("quantiles"),
        picked("paths"),
    )


def _keys(windows: Windows, horizon: int) -> Keys:
    """Return the keys of folded windows; of series that start at rows of their own, also those of each."""
    times, place = np.unique(_times(windows), return_inverse=True)
    shape = (len(times), len(_series_rows(windows).names))
    source, steps = _series_rows(windows), range(-1, horizon)
    rows = source.blocks.panel_rows(windows.origins)
    last = np.full(shape[0], rows.max(), dtype=np.int64)
    if not windows.own_origin:
        last[place] = rows
    keys = Keys.of(source.panel, last, np.zeros(len(last), dtype=np.int64), steps)
    if (rows == last[place]).all():
        return keys
    origins = np.broadcast_to(last[:, None], shape).copy()
    origins[place, windows.segments] = rows
    stamps = Keys.of(source.panel, origins.ravel(), np.zeros(origins.size, dtype=np.int64), steps).times
    own = OwnKeys(origins, stamps.reshape(*shape, len(steps)).swapaxes(1, 2))
    return replace(keys, own=own)


def _times(windows: Windows) -> Rows:
    """Return the number of the time of each window, (window,): the row of the panel, or 0 for all last windows."""
    rows = _series_rows(windows).blocks.panel_rows(windows.origins)
    return np.zeros_like(rows) if windows.own_origin else rows


def _series_rows(windows: Windows) -> SeriesRows:
    assert isinstance(windows.source, SeriesRows)  # noqa: S101  windows of an independent model
    return windows.source
