"""In what units the values of a covariate count: from its mean, or that of each series, in spreads of the same."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Values
from divecast.effects.terms import BEYOND, Number

Sums = NDArray[Any]  # float64

_CHANNELS_AT_ONCE = 256
_ENOUGH_VALUES = 1_000_000  # for quantiles and means; rows are skipped beyond that


def number_of(at: int, values: Values, quantiles: Sequence[float], trailing: int = 1) -> Number:
    """Return a piecewise linear function with knots at quantiles of training values, (row,) or (row, channel)."""
    centre, spread = _scale_of(values)
    some = values[:: -(-values.size // _ENOUGH_VALUES)]
    standard = (some.astype(np.float64) - centre) / spread
    knots = np.unique(np.quantile(standard[~np.isnan(standard)], quantiles))
    least, most = (
        float(pick((extreme.reduce(values, axis=0) - centre) / spread))
        for pick, extreme in ((np.nanmin, np.fmin), (np.nanmax, np.fmax))
    )
    lowest, highest = least - BEYOND, most + BEYOND
    inner = tuple(float(knot) for knot in knots if least < knot < most)
    plain = Number(at, _plain(centre), _plain(spread), inner, lowest, highest, (0.0,) * (1 + len(inner)), trailing)
    features = plain.of_values(some.astype(np.float32))
    means = features[~np.isnan(some)].mean(0, dtype=np.float64)
    return replace(plain, means=tuple(means.tolist()))


def _scale_of(values: Values) -> tuple[Sums, Sums]:
    """Return mean and standard deviation of values, (row,) or (row, channel), without 0: () or (channel,) float64.

    A channel that does not vary, or has no values, has the median spread of the others.
    """
    centre, spread = _centre_and_spread(values)
    varies = spread > 0.0
    usual = float(np.median(spread[varies])) if varies.any() else 1.0
    return np.nan_to_num(centre), np.where(varies, spread, usual)


def _centre_and_spread(values: Values) -> tuple[Sums, Sums]:
    """Return the mean, NaN without values, and the standard deviation, likewise 0: () or (channel,) float64."""
    columns = values if values.ndim == 2 else values[:, None]
    centre, spread = np.full(columns.shape[1], np.nan), np.zeros(columns.shape[1])
    for first in range(0, columns.shape[1], _CHANNELS_AT_ONCE):
        some = slice(first, first + _CHANNELS_AT_ONCE)
        part = columns[:, some].astype(np.float64)
        known = ~np.isnan(part)
        n = np.maximum(known.sum(0), 1)
        mean = np.where(known, part, 0.0).sum(0) / n
        off = np.where(known & (np.fmax.reduce(part) > np.fmin.reduce(part)), part - mean, 0.0)
        centre[some], spread[some] = np.where(known.any(0), mean, np.nan), np.sqrt((off**2).sum(0) / n)
    return (centre, spread) if values.ndim == 2 else (centre[0], spread[0])


def _plain(numbers: Sums) -> float | tuple[float, ...]:
    return tuple(numbers.tolist()) if np.ndim(numbers) else float(numbers)


def varies(values: Values) -> bool:
    """Return whether values, (row,) or (row, channel), differ within the column of any channel."""
    return bool((_centre_and_spread(values)[1] > 0.0).any())


def scaled_by(number: Number, values: Values) -> Number:
    """Return the same function in the units of other values, (row, channel)."""
    centre, spread = _scale_of(values)
    return replace(number, centre=_plain(centre), spread=_plain(spread))
