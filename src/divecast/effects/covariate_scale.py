"""In what units the values of a covariate count: from its mean, or that of each series, in spreads of the same."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Values
from divecast.effects.facts import ALL, RowSeries
from divecast.effects.terms import BEYOND, NEVER, Number

Sums = NDArray[Any]  # float64

LEAST_VALUES = 8
"""Values from which a covariate has a spread (our choice)."""

_CHANNELS_AT_ONCE = 256
_ENOUGH_VALUES = 1_000_000  # for quantiles and means; rows are skipped beyond that


def number_of(
    at: int, values: Values, quantiles: Sequence[float], trailing: int = 1, series: RowSeries | None = None
) -> Number:
    """Return a piecewise linear function with knots at quantiles of training values.

    Args:
        at: number of the covariate.
        values: (row,) or (row, channel).
        quantiles: where the knots are.
        trailing: rows over whose mean it goes.
        series: of each row, if the covariate differs by series and these follow one another.
    """
    centre, spread = _scale_of(values, series)
    skip = -(-values.size // _ENOUGH_VALUES)
    some, units = values[::skip], ALL if series is None else series.of[::skip]
    standard = (some.astype(np.float64) - _at(centre, units)) / _at(spread, units)
    knots = np.unique(np.quantile(standard[~np.isnan(standard)], quantiles))
    least, most = (
        float(pick((_extremes(values, series, extreme) - centre) / spread))
        for pick, extreme in ((np.nanmin, np.fmin), (np.nanmax, np.fmax))
    )
    lowest, highest = least - BEYOND, most + BEYOND
    inner = tuple(float(knot) for knot in knots if least < knot < most)
    plain = Number(at, _plain(centre), _plain(spread), inner, lowest, highest, (0.0,) * (1 + len(inner)), trailing)
    features = plain.of_values(some.astype(np.float32), units)
    means = features[~np.isnan(some)].mean(0, dtype=np.float64)
    return replace(plain, means=tuple(means.tolist()))


def scaled_by(
    number: Number, values: Values, series: RowSeries | None = None, known: NDArray[np.int64] | None = None
) -> Number:
    """Return the same function in the units of other values.

    Args:
        number: the function.
        values: (row, channel), or (row,) with the series of each row.
        series: of each row, if these follow one another.
        known: (series,) numbers of the series whose own units count, and -1 for others; None for none.
    """
    if known is None:
        centre, spread = _scale_of(values, series)
    else:
        centre, spread = (np.asarray(each)[known] for each in (number.centre, number.spread))
    if known is not None and (known < 0).any():
        of_new = _scale_of(values, series)
        centre, spread = (np.where(known < 0, new, own) for new, own in zip(of_new, (centre, spread), strict=True))
    return replace(number, centre=_plain(centre), spread=_plain(spread))


def varies(values: Values, series: RowSeries | None = None) -> bool:
    """Return whether values, (row,) or (row, channel), differ within the column of any channel or series."""
    return bool((_centre_and_spread(values, series)[1] > 0.0).any())


def _scale_of(values: Values, series: RowSeries | None) -> tuple[Sums, Sums]:
    """Return mean and standard deviation of values, ``NEVER`` for 0: () or (channel,) or (series,) float64."""
    centre, spread = _centre_and_spread(values, series)
    return np.nan_to_num(centre), np.where(spread > 0.0, spread, NEVER)


def _centre_and_spread(values: Values, series: RowSeries | None) -> tuple[Sums, Sums]:
    """Return the mean, NaN without values, and the standard deviation, likewise 0: () or (unit,) float64."""
    if series is not None:
        return _of_series(values, series)
    columns = values if values.ndim == 2 else values[:, None]
    centre, spread = np.full(columns.shape[1], np.nan), np.zeros(columns.shape[1])
    for first in range(0, columns.shape[1], _CHANNELS_AT_ONCE):
        some = slice(first, first + _CHANNELS_AT_ONCE)
        part = columns[:, some].astype(np.float64)
        known = ~np.isnan(part)
        n = np.maximum(known.sum(0), 1)
        mean = np.where(known, part, 0.0).sum(0) / n
        differ = (np.fmax.reduce(part) > np.fmin.reduce(part)) & (n >= LEAST_VALUES)
        off = np.where(known & differ, part - mean, 0.0)
        centre[some], spread[some] = np.where(known.any(0), mean, np.nan), np.sqrt((off**2).sum(0) / n)
    return (centre, spread) if values.ndim == 2 else (centre[0], spread[0])


def _of_series(values: Values, series: RowSeries) -> tuple[Sums, Sums]:
    known = ~np.isnan(values)
    of, some = series.of[known], values[known].astype(np.float64)
    n = np.bincount(of, minlength=series.n)
    least = np.maximum(n, 1)
    mean = np.bincount(of, some, series.n) / least
    spread = np.sqrt(np.bincount(of, (some - mean[of]) ** 2, series.n) / least)
    differ = _extremes(values, series, np.fmax) > _extremes(values, series, np.fmin)
    return np.where(n > 0, mean, np.nan), np.where(differ & (n >= LEAST_VALUES), spread, 0.0)


def _extremes(values: Values, series: RowSeries | None, extreme: np.ufunc) -> Values:
    """Return the least or the highest value, () or (channel,) or (series,), NaN without values."""
    if series is None:
        return np.asarray(extreme.reduce(values, axis=0))
    found = np.full(series.n, np.nan, dtype=values.dtype)
    first = np.flatnonzero(np.diff(series.of, prepend=-1))  # rows lie series by series
    found[series.of[first]] = extreme.reduceat(values, first)
    return found


def _at(numbers: Sums, units: Any) -> Sums:
    return numbers[units] if np.ndim(numbers) else numbers


def _plain(numbers: Sums) -> float | tuple[float, ...]:
    return tuple(numbers.tolist()) if np.ndim(numbers) else float(numbers)
