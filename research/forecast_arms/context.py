"""What lies before a window of hourly rows, thinned: some numbers per window, of each series or of the panel."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_DAY = 24
_SINGLE_DAYS = 28  # means of days so far back, then of weeks
_YEAR = 364 * _DAY  # the same weekday
_SIX_HOURS = 6


def components(values: Array, most: int) -> Array:
    """Return the largest principal components of (row, series), (row, component), each with a variance of 1."""
    centred = values - values.mean(0)
    vectors = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :most]
    found = centred @ vectors
    return np.asarray(found / found.std(0).clip(min=1e-6))


def context(values: Array, origins: NDArray[np.int64], first: int, last: int) -> Array:
    """Return means of the rows from ``last`` to ``first`` rows before the origins, (window, series, feature).

    They are of single days up to four weeks back, and of weeks before. If a year is among the rows, the day to come 52
    weeks ago is there in parts of six hours, less the mean of the week before it.

    Args:
        values: (row, series), 0 where missing.
        origins: (window,) rows of the first step of the forecast.
        first: rows before the origin at which the context ends.
        last: rows before the origin at which it begins; what lies before the data is 0.
    """
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])

    def mean(start: NDArray[np.int64], stop: NDArray[np.int64]) -> Array:
        start, stop = start.clip(0), stop.clip(0)
        return np.asarray((sums[stop] - sums[start]) / (stop - start).clip(1)[:, None])

    edges = [first]
    while (block := _DAY * (1 if edges[-1] < _SINGLE_DAYS * _DAY else 7)) + edges[-1] <= last:
        edges.append(edges[-1] + block)
    found = [mean(origins - far, origins - near) for near, far in pairwise(edges)]
    if last >= _YEAR:
        week = mean(origins - _YEAR - 7 * _DAY, origins - _YEAR)
        starts = [origins - _YEAR + hour for hour in range(0, _DAY, _SIX_HOURS)]
        found += [mean(start, start + _SIX_HOURS) - week for start in starts]
    return np.stack(found, axis=2)
