"""Section of the page: forecasts from a few origins, beside the observed values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows, seasons
from divecast.inference.predict import forecast_windows
from divecast.inference.results import Keys
from divecast.page.packed import Packed, pack
from divecast.page.scope import Scope, spread, times_of
from divecast.page.series import pick_series, room_for, shown_series

LEVELS = (0.05, 0.25, 0.75, 0.95)
"""Quantile levels: the bounds of the 90 % and the 50 % interval."""

_VALUES = 200_000
_MOST_ORIGINS = 12
_PAST = 4  # horizons of history shown before the forecast


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Forecasts from a few origins.

    Attributes:
        note: which origins and series are shown.
        origins: time of each first forecast step.
        series: names.
        typical: the series with the median error, shown first.
        times: (origin, past + horizon) text, or seconds since the start of a recording.
        n_past: rows before the first step.
        truth: (origin, past + horizon, series), original units.
        mean: (origin, horizon, series).
        quantiles: (level, origin, horizon, series) at ``LEVELS``.
    """

    note: str
    origins: tuple[str, ...]
    series: tuple[str, ...]
    typical: str
    times: tuple[tuple[Any, ...], ...]
    n_past: int
    truth: Packed
    mean: Packed
    quantiles: Packed


def forecasts_of(scope: Scope, windows: Windows) -> Forecasts:
    """Forecast from windows, using the known labels."""
    shape, channels = scope.fitted.shape, scope.fitted.channels
    n_past = past_of(scope)
    per_series = (n_past + 6 * shape.horizon) * len(windows)
    kept = pick_series(scope, (), room_for(2 * _VALUES, per_series, 1, len(channels)))
    forecast = forecast_windows(scope.fitted, windows, "known", LEVELS)
    keys = Keys.of(windows.source, windows.origins, windows.segments, range(-n_past, shape.horizon))
    truth = observed(windows, n_past, shape.horizon)
    error = np.abs(forecast.mean - truth[:, n_past:]) / scope.fitted.scale.unit
    series = shown_series(len(kept), len(channels), "the largest")
    return Forecasts(
        note=f"From {len(windows)} origins in {scope.part_name}, {series}.",
        origins=_starts(scope, windows),
        series=tuple(channels[channel] for channel in kept),
        typical=channels[kept[_median(error[:, :, kept])]],
        times=tuple(tuple(times_of(row)) for row in keys.stamps),
        n_past=n_past,
        truth=pack(truth[:, :, kept]),
        mean=pack(forecast.mean[:, :, kept]),
        quantiles=pack(forecast.quantiles[..., kept]),
    )


def past_of(scope: Scope) -> int:
    """Return the number of rows shown before a forecast."""
    return min(scope.fitted.shape.lookback, _PAST * scope.fitted.shape.horizon)


def origins_of(scope: Scope) -> Windows:
    """Return a few windows with known futures, and the one at the end of the data if the part has it."""
    shape, windows = scope.fitted.shape, scope.windows
    per_origin = (past_of(scope) + 6 * shape.horizon) * len(scope.fitted.channels)
    most = room_for(_VALUES, per_origin, 1, _MOST_ORIGINS)
    ends = windows.source.offsets[1:][windows.segments]
    known = np.flatnonzero(windows.origins + shape.horizon <= ends)
    if windows.source.clock is None:
        return windows.subset(_one_each(windows, known, most))
    if not len(known):
        return windows.subset(slice(-1, None))
    after = np.flatnonzero(windows.origins == ends)[: most - 1]
    return windows.subset(np.concatenate([_same_hour(scope, known, most - len(after)), after]))


def observed(windows: Windows, n_past: int, horizon: int) -> NDArray[np.float32]:
    """Return the observed values around origins, (window, past + horizon, channel); NaN after the segment's end."""
    rows = windows.origins[:, None] + np.arange(-n_past, horizon)
    ends = windows.source.offsets[1:][windows.segments][:, None]
    values = np.asarray(windows.source.values[np.minimum(rows, ends - 1)])
    return np.where((rows < ends)[:, :, None], values, np.float32(np.nan))


def _starts(scope: Scope, windows: Windows) -> tuple[str, ...]:
    after = windows.origins == windows.source.offsets[1:][windows.segments]
    texts = zip(scope.first_steps(windows), after, strict=True)
    return tuple(text + " (after the end of the data)" * bool(is_after) for text, is_after in texts)


def _median(error: NDArray[np.floating]) -> int:
    """Return the index of the channel with the median error; ``error`` is (window, horizon, channel)."""
    finite = np.isfinite(error)
    sums, counts = np.where(finite, error, 0.0).sum(axis=(0, 1)), finite.sum(axis=(0, 1))
    known = np.flatnonzero(counts)
    if not len(known):
        return 0
    order = known[np.argsort(sums[known] / counts[known], kind="stable")]
    return int(order[(len(order) - 1) // 2])


def _same_hour(scope: Scope, known: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return evenly spaced origins, whole days apart, so that all start at the same hour."""
    periods = seasons(scope.source.clock)
    day = periods[0] if periods and periods[0] < len(known) else 1
    daily = known[::-1][::day][::-1]
    return daily[spread(len(daily), most)]


def _one_each(windows: Windows, known: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the last known origin of evenly spaced recordings; the very last origin if none is known."""
    segments = windows.segments[known]
    last = known[np.append(np.flatnonzero(np.diff(segments)), len(segments) - 1)] if len(known) else known
    if not len(last):
        return np.array([len(windows) - 1])
    return last[spread(len(last), most)]
