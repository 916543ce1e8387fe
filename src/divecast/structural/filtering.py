"""The Kalman filter of structural models over many series at once: forecasts and evidence at any row."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.structural.gains import Gains

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_SMALLEST = 1e-12  # of the mean square of the errors, over that of the values' distances from the first


@dataclass(frozen=True, eq=False, slots=True)
class Moment:
    """What the models say of the windows that begin at the same number of values.

    Attributes:
        windows: (window,) their numbers.
        mean: (model, window, horizon), in the units of the values that were read.
        variance: (model, window, horizon).
        evidence: (model, window) log-density of the values after the first, up to a constant.
    """

    windows: Ints
    mean: Doubles
    variance: Doubles
    evidence: Doubles


def filtered(values: Doubles, series: Ints, ends: Ints, gains: Gains, horizon: int) -> Iterator[Moment]:
    """Read series from the first value on, and yield what is expected after the ends of windows, in order.

    Args:
        values: (series, time) from the first value of each, NaN where missing and after the last one.
        series: (window,) series of each window.
        ends: (window,) number of rows before its first target, at least 1.
        gains: of the models.
        horizon: steps ahead.
    """
    n_models, first = len(gains.damping), values[:, :1]
    apart = (values - first).astype(np.float32)
    state = np.zeros((2 + gains.season, n_models, len(values)), np.float32)
    moved, errors = np.empty_like(state), np.empty(state.shape[1:], np.float32)
    squares, logs = np.zeros(errors.shape), np.zeros(errors.shape)
    damping = gains.damping.astype(np.float32)[:, None]
    known = ~np.isnan(apart)
    count, power = np.zeros(len(values)), np.zeros(len(values))
    latest = np.maximum.accumulate(np.where(known, np.arange(known.shape[1]), 0), axis=1)
    at_end = {int(end): np.flatnonzero(ends == end) for end in np.unique(ends)}
    for step in range(max(at_end) + 1):
        if (windows := at_end.get(step)) is not None:
            chosen, n = series[windows], np.maximum(count[series[windows]], 1.0)
            total = squares[:, chosen] + _SMALLEST * power[chosen] + np.finfo(np.float64).tiny
            mean = _ahead(state[:, :, chosen], damping, step, horizon, gains.season)
            age = step - 1 - latest[chosen, step - 1]
            spread = gains.spread_ahead(step, horizon + int(age.max()))[:, age[:, None] + np.arange(horizon)]
            yield Moment(
                windows,
                mean + first[chosen],
                (total / n)[:, :, None] * spread,
                -0.5 * (count[chosen] * np.log(total) + logs[:, chosen]),
            )
        if step == max(at_end):
            return
        place, at = gains.place(step), 2 + step % gains.season
        state[1] *= damping
        state[0] += state[1]
        there = known[:, step]
        np.subtract(apart[:, step], state[0], out=errors)
        errors -= state[at]
        errors[:, ~there] = 0.0
        if step:
            variance = gains.variance[place][:, None]
            squares += np.square(errors, dtype=np.float64) / variance
            logs += there * np.log(variance)
            count += there
            power += np.where(there, np.square(apart[:, step], dtype=np.float64), 0.0) / (step + 1.0)
        np.multiply(errors, gains.gain[place][:, :, None], out=moved)
        state += moved


def _ahead(state: NDArray[np.float32], damping: NDArray[np.float32], step: int, horizon: int, season: int) -> Doubles:
    """Return the expected values, (model, window, horizon), of states (state, model, window) before a step."""
    level, slope = state[0].astype(np.float64), state[1].astype(np.float64)
    mean = np.empty((*level.shape, horizon))
    for ahead in range(horizon):
        slope = slope * damping
        level = level + slope
        mean[:, :, ahead] = level + state[2 + (step + ahead) % season]
    return mean
