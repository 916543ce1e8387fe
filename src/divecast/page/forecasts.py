"""Forecasts beside what came, from a few origins, for a page."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows, seasons
from divecast.inference.predict import forecast_windows
from divecast.inference.results import Keys
from divecast.page.packed import Packed, pack
from divecast.page.scope import Scope, spread, times_of
from divecast.page.series import pick_series, room_for, said_of

LEVELS = (0.05, 0.25, 0.75, 0.95)
"""Probabilities of the quantiles: the ends of the 90 % and the 50 % interval."""

_VALUES = 200_000
_MOST_ORIGINS = 12
_PAST = 4  # horizons shown before the forecast


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Forecasts of a few origins.

    Attributes:
        note: what was chosen, in words.
        origins: when each starts, in words.
        series: names.
        typical: name of the series whose error is the median one, to show first.
        times: (origin, past + horizon) text, or seconds of a recording.
        n_past: rows before the first step.
        truth: (origin, past + horizon, series), original units.
        mean: (origin, horizon, series).
        quantiles: (level, origin, horizon, series), of ``LEVELS``.
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
    """Forecast from windows, with the labels that are known."""
    shape, channels = scope.fitted.shape, scope.fitted.channels
    n_past = past_of(scope)
    each = (n_past + 6 * shape.horizon) * len(windows)
    kept = pick_series(scope, (), room_for(2 * _VALUES, each, 1, len(channels)))
    found = forecast_windows(scope.fitted, windows, "known", LEVELS, 0)
    keys = Keys.of(windows.source, windows.origins, windows.segments, range(-n_past, shape.horizon))
    truth = observed(windows, n_past, shape.horizon)
    error = np.abs(found.mean - truth[:, n_past:]) / scope.fitted.scale.spread
    return Forecasts(
        note=f"From {len(windows)} origins in {scope.part_name}, {said_of(len(kept), len(channels), 'the largest')}.",
        origins=_starts(scope, windows),
        series=tuple(channels[at] for at in kept),
        typical=channels[kept[_median(error[:, :, kept])]],
        times=tuple(tuple(times_of(row)) for row in keys.stamps),
        n_past=n_past,
        truth=pack(truth[:, :, kept]),
        mean=pack(found.mean[:, :, kept]),
        quantiles=pack(found.quantiles[..., kept]),
    )


def past_of(scope: Scope) -> int:
    """Return how many rows before a forecast are shown."""
    return min(scope.fitted.shape.lookback, _PAST * scope.fitted.shape.horizon)


def origins_of(scope: Scope) -> Windows:
    """Choose a few windows of the part, the last with all its future known, and one after the end if there is."""
    shape, windows = scope.fitted.shape, scope.windows
    each = (past_of(scope) + 6 * shape.horizon) * len(scope.fitted.channels)
    most = room_for(_VALUES, each, 1, _MOST_ORIGINS)
    ends = windows.source.offsets[1:][windows.segments]
    known = np.flatnonzero(windows.origins + shape.horizon <= ends)
    if windows.source.clock is None:
        return windows.subset(_one_each(windows, known, most))
    if not len(known):
        return windows.subset(slice(-1, None))
    after = np.flatnonzero(windows.origins == ends)[: most - 1]
    return windows.subset(np.concatenate([_same_hour(scope, known, most - len(after)), after]))


def observed(windows: Windows, n_past: int, horizon: int) -> NDArray[np.float32]:
    """Return (window, past + horizon, channel) what was observed around origins; NaN beyond the segment's end."""
    rows = windows.origins[:, None] + np.arange(-n_past, horizon)
    ends = windows.source.offsets[1:][windows.segments][:, None]
    values = np.asarray(windows.source.values[np.minimum(rows, ends - 1)])
    return np.where((rows < ends)[:, :, None], values, np.float32(np.nan))


def _starts(scope: Scope, windows: Windows) -> tuple[str, ...]:
    after = windows.origins == windows.source.offsets[1:][windows.segments]
    texts = zip(scope.first_steps(windows), after, strict=True)
    return tuple(text + " (after the end of the data)" * bool(is_after) for text, is_after in texts)


def _median(error: NDArray[np.floating]) -> int:
    """Return the place of the channel whose mean of errors, (window, horizon, channel), is the median one."""
    seen = np.isfinite(error)
    sums, counts = np.where(seen, error, 0.0).sum(axis=(0, 1)), seen.sum(axis=(0, 1))
    known = np.flatnonzero(counts)
    if not len(known):
        return 0
    order = known[np.argsort(sums[known] / counts[known], kind="stable")]
    return int(order[(len(order) - 1) // 2])


def _same_hour(scope: Scope, known: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Spread origins over the known ones, whole days apart, so that they start at one hour."""
    periods = seasons(scope.source.clock)
    day = periods[0] if periods and periods[0] < len(known) else 1
    daily = known[::-1][::day][::-1]
    return daily[spread(len(daily), most)]


def _one_each(windows: Windows, known: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Take the last known origin of recordings spread over the part; the last of all where none is known."""
    segments = windows.segments[known]
    last = known[np.append(np.flatnonzero(np.diff(segments)), len(segments) - 1)] if len(known) else known
    if not len(last):
        return np.array([len(windows) - 1])
    return last[spread(len(last), most)]
